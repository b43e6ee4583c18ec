import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeCertificates } from './ldap/certificates.ts';
import { type Fault, type Handler, type Recorded, startServer } from './server.ts';

async function started(handler: Handler = ({ path }) => ({ status: 200, body: { path } })) {
  const server = await startServer(handler, { now: () => 42 });
  onTestFinished(() => server.close());
  return server;
}

const fault = (path: string, rest: Omit<Fault, 'when'>): Fault => ({
  when: (request) => request.path === path,
  ...rest,
});

test('every request is recorded with its query apart, its body and the injected time', async () => {
  const server = await started();
  await fetch(`${server.origin}/a%20b?x=1&x=2?`, { method: 'POST', body: 'text', headers: { 'x-id': '7' } });
  const { headers, query, bytes, ...request } = server.requests[0] as Recorded;
  expect(request).toEqual({ method: 'POST', path: '/a%20b', body: 'text', at: 42 });
  expect([query.getAll('x'), bytes.toString()]).toEqual([['1', '2?'], 'text']);
  expect(headers['x-id']).toBe('7');
});

test('text, bytes and objects are each answered as what they are', async () => {
  const bodies: Record<string, string | Buffer | object> = {
    '/text': 'as it is',
    '/bytes': Buffer.from([0xff, 0x00]),
    '/object': { a: 1 },
  };
  const server = await started(({ path }) => ({
    status: 203,
    headers: { 'x-a': 'b' },
    body: bodies[path] ?? '',
  }));
  const text = await fetch(`${server.origin}/text`);
  expect([text.status, text.headers.get('x-a'), await text.text()]).toEqual([203, 'b', 'as it is']);
  const bytes = await fetch(`${server.origin}/bytes`);
  expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([0xff, 0x00]);
  const object = await fetch(`${server.origin}/object`);
  expect(object.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await object.json()).toEqual({ a: 1 });
});

test('an answering fault strikes the nth match alone, and the request is not handled', async () => {
  const handled: string[] = [];
  const server = await started(({ path }) => {
    handled.push(path);
    return { status: 200, body: {} };
  });
  server.addFault(fault('/a', { nth: 2, effect: { kind: 'answer', answer: { status: 503, body: 'no' } } }));
  const statuses: number[] = [];
  for (const path of ['/a', '/b', '/a', '/a']) statuses.push((await fetch(server.origin + path)).status);
  expect(statuses).toEqual([200, 200, 503, 200]);
  expect(handled).toEqual(['/a', '/b', '/a']);
});

test('a fault without a number strikes every match until faults are cleared, the first one given first', async () => {
  const server = await started();
  const answering = (status: number) => ({ kind: 'answer', answer: { status, body: '' } }) as const;
  server.addFault(fault('/a', { effect: answering(503) }));
  server.addFault(fault('/a', { effect: answering(500) }));
  const statuses: number[] = [];
  for (const path of ['/a', '/a', '/b', '/a']) statuses.push((await fetch(server.origin + path)).status);
  server.clearFaults();
  statuses.push((await fetch(`${server.origin}/a`)).status);
  expect(statuses).toEqual([503, 503, 200, 503, 200]);
});

test.each([
  ['lose', 1],
  ['drop', 0],
] as const)('to %s an answer handles the request %i times and gives none', async (kind, times) => {
  let handled = 0;
  const server = await started(() => {
    handled += 1;
    return { status: 200, body: {} };
  });
  server.addFault(fault('/a', { effect: { kind } }));
  await expect(fetch(`${server.origin}/a`)).rejects.toThrow();
  expect([handled, server.requests.length]).toEqual([times, 1]);
  server.clearFaults();
  expect((await fetch(`${server.origin}/a`)).status).toBe(200);
});

test.each([0, 3])('a body cut after %i bytes announces the whole length', async (bytes) => {
  const server = await started(() => ({ status: 200, body: 'ten bytes!' }));
  server.addFault(fault('/a', { effect: { kind: 'truncate', bytes } }));
  const response = await fetch(`${server.origin}/a`);
  expect(response.headers.get('content-length')).toBe('10');
  await expect(response.text()).rejects.toThrow();
});

test('a hanging request stays open until the server is closed', async () => {
  const server = await started();
  server.addFault(fault('/a', { effect: { kind: 'hang' } }));
  const end = fetch(`${server.origin}/a`).then(
    () => 'answered',
    () => 'broken',
  );
  await fetch(`${server.origin}/b`);
  expect(await Promise.race([end, 'open'])).toBe('open');
  await server.close();
  expect(await end).toBe('broken');
});

test('the peak is the highest number of requests in flight at once', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await started(async ({ path }) => {
    if (path === '/wait') await gate;
    return { status: 200, body: {} };
  });
  for (let n = 0; n < 20; n += 1) await (await fetch(`${server.origin}/`)).text();
  expect(server.peak).toBe(1);
  const waiting = [1, 2, 3].map(() => fetch(`${server.origin}/wait`));
  while (server.requests.length < 23) await new Promise(setImmediate);
  release();
  await Promise.all(waiting);
  expect(server.peak).toBe(3);
});

test('a handler that throws is a 500 that says why', async () => {
  const server = await started(() => {
    throw new Error('the handler fell');
  });
  const response = await fetch(`${server.origin}/`);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('the handler fell');
});

test('a request can be met by an edit before it is handled, or after it and before its answer', async () => {
  let value = 'first';
  const server = await started(() => ({ status: 200, body: value }));
  const ask = async (method: string, path: string) =>
    (await fetch(`${server.origin}${path}`, { method })).text();
  server.onRequest({ method: 'POST', path: /^\/b/, nth: 2 }, async ({ path }) => {
    await Promise.resolve();
    value = `before ${path}`;
  });
  server.onRequest(
    { path: '/after' },
    () => {
      value = 'later';
    },
    'after',
  );
  expect(await ask('GET', '/b')).toBe('first');
  expect(await ask('POST', '/b/1')).toBe('first');
  expect(await ask('POST', '/a')).toBe('first');
  expect(await ask('POST', '/b/2')).toBe('before /b/2');
  expect(await ask('GET', '/after')).toBe('before /b/2');
  expect(await ask('POST', '/b/3')).toBe('later');
});

test('an edit does not happen at a request that is never handled', async () => {
  let edits = 0;
  const server = await started();
  server.onRequest({}, () => {
    edits += 1;
  });
  server.addFault({ nth: 1, effect: { kind: 'answer', answer: { status: 503, body: '' } } });
  expect((await fetch(server.origin)).status).toBe(503);
  expect(edits).toBe(0);
  expect((await fetch(server.origin)).status).toBe(200);
  expect(edits).toBe(1);
});

test.each([
  ['the right certificate', undefined, undefined],
  ['an expired certificate', 'expired', 'CERT_HAS_EXPIRED'],
  ['the certificate of another host', 'other-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
] as const)('a server with %s is taken or refused by who knows its authority', async (_name, fault, code) => {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const { certificate, caPath, otherCaPath } = await makeCertificates(folder, fault);
  const server = await startServer(() => ({ status: 200, body: 'fine' }), { certificate });
  onTestFinished(() => Promise.all([server.close(), rm(folder, { recursive: true })]).then(() => undefined));
  const ask = async (path: string) => {
    const asked = request(server.origin, { ca: await readFile(path) }).end();
    return once(asked, 'response').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
  };
  expect(await ask(caPath)).toBe(code);
  expect(await ask(otherCaPath)).toBe(
    fault === 'expired' ? 'CERT_HAS_EXPIRED' : 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  );
});
