import type { Exchange } from '../server.ts';
import { type HttpFault, spoiling, trueAnswer, writeRaw } from './fault.ts';

const unhandled = (name: string, act: HttpFault['act']): HttpFault => ({
  name,
  handled: false,
  whole: false,
  act,
});

const reset = ({ response }: Exchange) => void response.socket?.resetAndDestroy();
const close = ({ response }: Exchange) => void response.socket?.destroy();

/** Announces the whole of the true answer, sends half of its body, and then does something else. */
async function halfBody(exchange: Exchange, then: (exchange: Exchange) => void): Promise<void> {
  const { response } = exchange;
  const { status, headers, bytes } = await trueAnswer(exchange);
  response.writeHead(status, headers);
  response.flushHeaders();
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => then(exchange));
}

/** Has `step` done every so many milliseconds until it returns false or the connection ends. */
function repeat({ response }: Exchange, ms: number, step: () => boolean): void {
  const timer = setInterval(() => {
    if (!step()) clearInterval(timer);
  }, ms);
  response.once('close', () => clearInterval(timer));
}

const DRIPS = 20;

async function slowDrip(exchange: Exchange): Promise<void> {
  const { response } = exchange;
  const { status, headers, bytes } = await trueAnswer(exchange);
  response.writeHead(status, headers);
  const size = Math.max(1, Math.ceil(bytes.length / DRIPS));
  let sent = 0;
  repeat(exchange, 5, () => {
    response.write(bytes.subarray(sent, sent + size));
    sent += size;
    if (sent < bytes.length) return true;
    response.end();
    return false;
  });
}

/** White space, a byte at a time, which never becomes a body. */
function endlessDrip(exchange: Exchange): void {
  const { response } = exchange;
  response.writeHead(200, { 'content-type': 'application/json' });
  repeat(exchange, 20, () => response.write(' ') || true);
}

const HALF_CHUNK =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{"mem';

/** Faults of the connection: it ends, stalls or crawls. */
export const CONNECTION_FAULTS: readonly HttpFault[] = [
  unhandled('reset before the answer', reset),
  unhandled('closed before the answer', close),
  unhandled('no answer, and the connection stays', () => undefined),
  spoiling('reset after the request was carried out', async (exchange) => {
    await exchange.handle();
    reset(exchange);
  }),
  spoiling('closed after the request was carried out', async (exchange) => {
    await exchange.handle();
    close(exchange);
  }),
  spoiling('reset in the middle of the body', (exchange) => halfBody(exchange, reset)),
  spoiling('closed in the middle of the body', (exchange) => halfBody(exchange, close)),
  spoiling('a stall in the middle of the body', (exchange) => halfBody(exchange, () => undefined)),
  unhandled('a stall after the headers', ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.flushHeaders();
  }),
  unhandled('closed in the middle of a chunk', (exchange) =>
    writeRaw(exchange, HALF_CHUNK, () => close(exchange)),
  ),
  unhandled('an endless drip', endlessDrip),
  { name: 'a slow drip', handled: true, whole: true, act: slowDrip },
];
