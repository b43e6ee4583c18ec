import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { exchange, TooLargeError } from '../../src/platform/http-exchange.ts';
import { type Answer, startServer } from '../sandbox/server.ts';

const TEXT = 'x'.repeat(50_000);

/** Asks a server that gives this answer, once. */
async function ask(answer: Answer, limits: { readonly timeoutMs?: number; readonly maxBytes?: number } = {}) {
  const server = await startServer(() => answer);
  onTestFinished(() => server.close());
  const url = new URL(`${server.origin}/a`);
  return await exchange({ method: 'GET', url, headers: {}, timeoutMs: 5000, maxBytes: 100_000, ...limits });
}

const packed = (encoding: string, body: Uint8Array): Answer => ({
  status: 200,
  headers: { 'content-encoding': encoding },
  body: Buffer.from(body),
});

test.each([
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['identity', Buffer.from(TEXT)],
])('an answer in %s is unpacked', async (encoding, body) => {
  const { status, body: found } = await ask(packed(encoding, body));
  expect([status, Buffer.from(found).toString()]).toEqual([200, TEXT]);
});

test.each([
  ['gzip', gzipSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
])('%s that ends early is no answer', async (encoding, body) => {
  const error = await ask(packed(encoding, body.subarray(0, body.length - 9))).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ code: expect.any(String) });
});

test.each(['gzip', 'br', 'deflate'])('an empty answer in %s is empty', async (encoding) => {
  expect((await ask(packed(encoding, Buffer.alloc(0)))).body).toHaveLength(0);
});

test.each(['gzip', 'br', 'deflate'])(
  'a small answer in %s that unpacks to more than allowed is refused',
  async (encoding) => {
    const pack = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }[encoding] ?? gzipSync;
    await expect(ask(packed(encoding, pack(TEXT)), { maxBytes: 49_999 })).rejects.toThrow(TooLargeError);
    expect((await ask(packed(encoding, pack(TEXT)), { maxBytes: 50_000 })).body).toHaveLength(50_000);
  },
);

test('a host that accepts and stays silent is left at the time limit', async () => {
  const { createServer } = await import('node:net');
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };
  const asked = exchange({
    method: 'GET',
    url: new URL(`http://127.0.0.1:${port}/`),
    headers: {},
    timeoutMs: 30,
    maxBytes: 10,
  });
  await expect(asked).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'no whole answer within 30 ms',
  });
});
