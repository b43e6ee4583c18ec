import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../sandbox/server.ts';

const CLIENT = `
  import { createHttpClient } from './src/platform/http-client.ts';
  import { testRun } from './test/fixtures.ts';
  const send = createHttpClient({ name: 'growthbook', root: process.env.ROOT }, testRun());
  const answer = await send({ method: 'GET', path: '/members' });
  console.log(answer.status);
`;

/** Runs the HTTP client in a process of its own: Node reads the variables of a proxy when it starts. */
async function requestWith(environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', CLIENT], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trim();
}

async function proxyAndServer() {
  const proxy = await startServer(() => ({ status: 203, body: '{}' }));
  const server = await startServer(() => ({ status: 200, body: '{}' }));
  onTestFinished(async () => {
    await Promise.all([proxy.close(), server.close()]);
  });
  return { proxy, server };
}

test('NODE_USE_ENV_PROXY=1 sends requests by the proxy', async () => {
  const { proxy } = await proxyAndServer();
  const environment = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.origin, ROOT: 'http://gb.example.org' };
  expect(await requestWith(environment)).toBe('203');
  expect(proxy.requests).toHaveLength(1);
});

test('NO_PROXY names hosts that are asked directly', async () => {
  const { proxy, server } = await proxyAndServer();
  const environment = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy.origin,
    NO_PROXY: '127.0.0.1',
    ROOT: server.origin,
  };
  expect(await requestWith(environment)).toBe('200');
  expect(proxy.requests).toHaveLength(0);
});

test('without NODE_USE_ENV_PROXY no proxy is used', async () => {
  const { proxy, server } = await proxyAndServer();
  expect(await requestWith({ HTTP_PROXY: proxy.origin, ROOT: server.origin })).toBe('200');
  expect(proxy.requests).toHaveLength(0);
});
