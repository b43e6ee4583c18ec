import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { testRun } from '../fixtures.ts';
import { makeCertificates } from '../sandbox/ldap/certificates.ts';
import { startServer as startPlainServer } from '../sandbox/server.ts';

/** A server whose certificate is of an authority that nobody knows. `requests` counts what it was asked. */
async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'muster-https-'));
  const { certPath, keyPath } = await makeCertificates(folder);
  const counted = { requests: 0 };
  const tls = { cert: await readFile(certPath), key: await readFile(keyPath) };
  const server = createServer(tls, (_, response) => {
    counted.requests += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  return { counted, root: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test.each([undefined, '0'])(
  'a certificate of an unknown authority is never accepted, NODE_TLS_REJECT_UNAUTHORIZED=%s',
  async (value) => {
    const { counted, root } = await startServer();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const send = createHttpClient({ name: 'growthbook', root }, testRun());
    await expect(send({ method: 'GET', path: '/a', retries: 0 })).rejects.toThrow(/certificate/);
    expect(counted.requests).toBe(0);
  },
);

test('a certificate that nobody knows is tried twice where somebody waits at a terminal', async () => {
  const { root } = await startServer();
  const run = testRun();
  const send = createHttpClient({ name: 'test', root }, { ...run, interactive: true });
  await expect(send({ method: 'GET', path: '/' })).rejects.toThrow(/no answer: .*certificate/i);
  expect(run.clock.slept).toHaveLength(1);
});

test('a server that does not speak TLS is tried twice where somebody waits at a terminal', async () => {
  const { origin, close } = await startPlainServer(() => ({ status: 200, body: '' }));
  onTestFinished(close);
  const run = testRun();
  const root = origin.replace('http:', 'https:');
  const send = createHttpClient({ name: 'test', root }, { ...run, interactive: true });
  await expect(send({ method: 'GET', path: '/' })).rejects.toThrow('no answer');
  expect(run.clock.slept).toHaveLength(1);
});
