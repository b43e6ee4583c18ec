import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type Recorded, startServer } from '../server.ts';
import { changingJson, gzipBomb } from './bodies.ts';
import { credentialsOf, ECHO_ENCODINGS } from './echo.ts';
import { effectOf } from './fault.ts';
import { HTTP_FAULTS } from './http-faults.ts';

const TRUTH = { members: [{ id: 'u_1', name: 'Zoë' }], text: 'x'.repeat(200) };
const PATIENCE_MS = 400;

async function faulty(name: string) {
  const fault = HTTP_FAULTS.find((one) => one.name === name);
  if (!fault) throw new Error(`no fault has this name: ${name}`);
  const handled: Recorded[] = [];
  const server = await startServer((one) => {
    handled.push(one);
    return { status: 200, body: TRUTH };
  });
  onTestFinished(() => server.close());
  server.addFault({ effect: effectOf(fault) });
  return { server, handled };
}

/** Whether the true answer arrives whole while somebody waits for it. */
async function arrives(origin: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${origin}/api`, { signal, redirect: 'manual' });
    return response.status === 200 && (await response.text()) === JSON.stringify(TRUTH);
  } catch {
    return false;
  }
}

test('every fault has a name of its own', () => {
  const names = HTTP_FAULTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(120);
});

test.each(HTTP_FAULTS.filter(({ name }) => !name.startsWith('echo')))(
  '$name: the request is handled ($handled), and its true answer arrives whole ($whole)',
  async ({ name, handled: isHandled, whole }) => {
    const { server, handled } = await faulty(name);
    expect(await arrives(server.origin)).toBe(whole);
    expect(handled.length).toBe(isHandled ? 1 : 0);
  },
);

test.each([
  ['reset before the answer', 'ECONNRESET'],
  ['reset after the request was carried out', 'ECONNRESET'],
  ['closed before the answer', 'ECONNRESET'],
  ['another protocol', 'HPE_'],
  ['two lengths', 'HPE_'],
  ['headers of a megabyte', 'HPE_HEADER_OVERFLOW'],
])('%s is %s to a client', async (name, code) => {
  const { server } = await faulty(name);
  const asked = request(`${server.origin}/api`);
  asked.end();
  const [error] = (await once(asked, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toContain(code);
});

test('a page is HTML with a title, and a limit has its header', async () => {
  const { server } = await faulty('status 502 with a page');
  const page = await fetch(server.origin);
  expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('<title>502 Bad Gateway</title>');
  const other = await faulty('limited, Retry-After in epoch seconds');
  const wait = Number((await fetch(other.server.origin)).headers.get('retry-after'));
  expect(wait).toBeGreaterThan(1_700_000_000);
});

test.each(['', ")]}'\n"])(
  'the JSON of a true answer can be changed, after the first line %j too',
  async (first) => {
    const server = await startServer(() => ({ status: 200, body: `${first}{"members":[1,2]}` }));
    onTestFinished(() => server.close());
    const isShort = changingJson('a page short', (json) => ({ ...(json as object), members: [1] }));
    server.addFault({ nth: 2, effect: effectOf(isShort) });
    const ask = async () => (await fetch(server.origin)).text();
    expect(await ask()).toBe(`${first}{"members":[1,2]}`);
    expect(await ask()).toBe(`${first}{"members":[1]}`);
  },
);

test('a gzip bomb of so many members becomes so many times 16 MiB', () => {
  expect(gunzipSync(gzipBomb(2)).length).toBe(32 * 2 ** 20);
  expect(gzipBomb(64).length).toBeLessThan(2 ** 21);
});

test('a huge body goes on for as long as it is read', async () => {
  const { server } = await faulty('a huge body');
  const response = await fetch(server.origin);
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > 20 * 2 ** 20) break;
  }
  expect(bytes).toBeGreaterThan(20 * 2 ** 20);
});

const sent = (init: RequestInit & { query?: string }): Promise<readonly string[]> =>
  startServer((one) => ({ status: 200, body: [...credentialsOf(one)] })).then(async (server) => {
    onTestFinished(() => server.close());
    const response = await fetch(`${server.origin}/${init.query ?? ''}`, init);
    return (await response.json()) as readonly string[];
  });

test('the credentials of a request are found wherever clients put them', async () => {
  expect(await sent({ headers: { authorization: 'Bearer secret_a' } })).toEqual(['secret_a']);
  expect(await sent({ headers: { 'private-token': 'glpat-b' } })).toEqual(['glpat-b']);
  const basic = Buffer.from('ann:pass:word').toString('base64');
  const found = await sent({ headers: { authorization: `Basic ${basic}` } });
  expect(found).toEqual([basic, 'ann:pass:word', 'pass:word']);
  const oauth = 'OAuth oauth_consumer_key="key", oauth_token="token"';
  expect(await sent({ headers: { authorization: oauth } })).toEqual(expect.arrayContaining(['key', 'token']));
  const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) });
  expect(await sent(form({ 'api.token': 'api-c' }))).toEqual(['api-c']);
  expect(await sent(form({ params: JSON.stringify({ __conduit__: { token: 'api-d' } }) }))).toEqual([
    'api-d',
  ]);
});

test.each(Object.entries(ECHO_ENCODINGS))(
  'an echo in %s repeats the credential so',
  async (encoding, write) => {
    const secret = 'se"cr/et+<é>';
    const { server, handled } = await faulty(`echo (${encoding}) in a text`);
    const body = new URLSearchParams({ 'api.token': secret });
    const asked = request(`${server.origin}/api`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    asked.end(body.toString());
    const [response] = await once(asked, 'response');
    expect(await text(response)).toBe(`not allowed: ${write(secret)}`);
    expect(handled).toEqual([]);
  },
);

test('encodings are those of the standards', () => {
  const all = Object.fromEntries(Object.entries(ECHO_ENCODINGS).map(([name, write]) => [name, write('a/"')]));
  expect(all).toEqual({
    raw: 'a/"',
    percent: 'a%2F%22',
    'percent, every byte': '%61%2F%22',
    'percent, every byte in lower case': '%61%2f%22',
    json: 'a\\/\\"',
    'json, every character': '\\u0061\\u002f\\u0022',
    html: 'a&#47;&#34;',
    'html, every character': '&#x61;&#x2f;&#x22;',
    base64: 'YS8i',
    base64url: 'YS8i',
  });
});
