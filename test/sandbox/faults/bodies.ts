import { gzipSync } from 'node:zlib';
import type { Answer, Exchange } from '../server.ts';
import { answering, type HttpFault, spoiling, trueAnswer, writeRaw } from './fault.ts';
import { htmlPage } from './statuses.ts';

const json = (body: string, headers: Answer['headers'] = {}): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body,
});

const MEMBER = 16 * 2 ** 20;
const bombs = new Map<number, Buffer>();

/** Gzip that becomes so many times 16 MiB of white space. */
export function gzipBomb(times: number): Buffer {
  const bomb =
    bombs.get(times) ?? Buffer.concat(Array(times).fill(gzipSync(Buffer.alloc(MEMBER, ' '), { level: 9 })));
  bombs.set(times, bomb);
  return bomb;
}

/** Sends white space for as long as somebody reads, up to so many bytes. */
function hugeBody({ response }: Exchange, size: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const piece = Buffer.alloc(2 ** 20, ' ');
  let sent = 0;
  const more = () => {
    while (sent < size) {
      sent += piece.length;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end('{}');
  };
  more();
}

async function sendTrue(exchange: Exchange, change: (bytes: Buffer) => Buffer, more: Answer['headers'] = {}) {
  const { status, headers, bytes } = await trueAnswer(exchange);
  const changed = change(bytes);
  exchange.response.writeHead(status, { ...headers, 'content-length': changed.length, ...more }).end(changed);
}

const PROTECTION = ")]}'\n";

/** The true answer with its JSON changed: a wrong type in a field, a page short, a page twice. Gerrit's first line stays. */
export const changingJson = (name: string, change: (json: unknown) => unknown): HttpFault =>
  spoiling(name, (exchange) =>
    sendTrue(exchange, (bytes) => {
      const text = bytes.toString();
      const [first, rest] = text.startsWith(PROTECTION)
        ? [PROTECTION, text.slice(PROTECTION.length)]
        : ['', text];
      return Buffer.from(`${first}${JSON.stringify(change(JSON.parse(rest)))}`);
    }),
  );

const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));
const notUtf8 = (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  changed[Math.floor(changed.length / 2)] = 0xff;
  return changed;
};

/** Bodies that are not what they should be. */
export const BODY_FAULTS: readonly HttpFault[] = [
  answering('an empty body', json('')),
  answering('a page with status 200', htmlPage(200, 'Sign in')),
  ...['null', '[]', '{}', '"text"', '0', 'NaN', '{"a":1}{"a":1}', "{'a':1}"].map((body) =>
    answering(`the body ${body}`, json(body)),
  ),
  answering('JSON nested 200,000 deep', json('['.repeat(200_000))),
  answering('a body of NUL', json('\0'.repeat(100))),
  answering('a body in UTF-16', { ...json(''), body: Buffer.from('\ufeff{}', 'utf16le') }),
  spoiling('half of the body, with its true length', (exchange) => sendTrue(exchange, half)),
  spoiling('a body that is not UTF-8', (exchange) => sendTrue(exchange, notUtf8)),
  spoiling('a gzip that is cut', (exchange) =>
    sendTrue(exchange, (bytes) => half(gzipSync(bytes)), { 'content-encoding': 'gzip' }),
  ),
  spoiling('a gzip that is none', (exchange) =>
    sendTrue(exchange, (bytes) => bytes, { 'content-encoding': 'gzip' }),
  ),
  answering('a gzip bomb', () => ({ ...json('', { 'content-encoding': 'gzip' }), body: gzipBomb(64) })),
  { name: 'a huge body', handled: false, whole: false, act: (exchange) => hugeBody(exchange, 2 ** 30) },
  {
    name: 'a gzip that is whole',
    handled: true,
    whole: true,
    act: (exchange) => sendTrue(exchange, (bytes) => gzipSync(bytes), { 'content-encoding': 'gzip' }),
  },
];

const raw = (name: string, text: string): HttpFault => ({
  name,
  handled: false,
  whole: false,
  act: (exchange) => writeRaw(exchange, text, () => exchange.response.socket?.end()),
});

const OK = 'HTTP/1.1 200 OK\r\n';

/** Bytes that are no HTTP, or HTTP that contradicts itself. */
export const PROTOCOL_FAULTS: readonly HttpFault[] = [
  raw('another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n'),
  raw('a body without headers', '{"members":[]}\r\n\r\n'),
  raw('a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'),
  raw('a control character in a header', `${OK}X-A: \u0001\r\ncontent-length: 2\r\n\r\n{}`),
  raw('two lengths', `${OK}content-length: 2\r\ncontent-length: 20\r\n\r\n{}`),
  raw('a negative length', `${OK}content-length: -2\r\n\r\n{}`),
  raw('a chunk of no size', `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
  raw('headers of a megabyte', `${OK}x-a: ${'a'.repeat(2 ** 20)}\r\ncontent-length: 2\r\n\r\n{}`),
];
