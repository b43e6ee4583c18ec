import { expect, onTestFinished, test } from 'vitest';
import { startStorage } from './storage.ts';

const NOW = Date.UTC(2026, 5, 1, 12);

interface Listed {
  readonly items?: readonly { readonly name: string }[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

async function storage() {
  const server = await startStorage({ now: () => NOW });
  onTestFinished(() => server.close());
  const headers = { authorization: 'Bearer ya29.sandbox' };
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${server.origin}${path}`, { ...init, headers: { ...headers, ...init.headers } });
  const put = (name: string, body: string | Uint8Array<ArrayBuffer>, more = '', type = 'application/json') =>
    call(`/upload/storage/v1/b/reports/o?uploadType=media&name=${encodeURIComponent(name)}${more}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
  const object = (name: string) => `/storage/v1/b/reports/o/${encodeURIComponent(name)}`;
  const list = async (query: string) =>
    (await (await call(`/storage/v1/b/reports/o?${query}`)).json()) as Listed;
  return { server, call, put, object, list };
}

const names = ({ items = [] }: Listed) => items.map(({ name }) => name);

test('an object is uploaded, read with its type, described, and deleted', async () => {
  const { server, call, put, object } = await storage();
  const { generation } = (await (await put('a/b.json', '{"x":"é"}')).json()) as { generation: string };
  const read = await call(`${object('a/b.json')}?alt=media`);
  expect([
    read.headers.get('content-type'),
    read.headers.get('x-goog-generation'),
    await read.text(),
  ]).toEqual(['application/json', generation, '{"x":"é"}']);
  expect(await (await call(object('a/b.json'))).json()).toMatchObject({
    bucket: 'reports',
    name: 'a/b.json',
    generation,
    size: '10',
    updated: '2026-06-01T12:00:00.000Z',
    contentType: 'application/json',
  });
  expect((await call(object('a/b.json'), { method: 'DELETE' })).status).toBe(204);
  expect((await call(object('a/b.json'))).status).toBe(404);
  expect(server.reports.size).toBe(0);
});

test('bytes that are no text come back as they were', async () => {
  const { call, put, object } = await storage();
  const bytes = new Uint8Array([0x1f, 0x8b, 0xff, 0x00]);
  await put('report.gz', bytes, '', 'application/gzip');
  const read = await call(`${object('report.gz')}?alt=media`);
  expect([...new Uint8Array(await read.arrayBuffer())]).toEqual([...bytes]);
});

test('of two writers who expect nothing one succeeds', async () => {
  const { put } = await storage();
  const both = await Promise.all([
    put('a', '1', '&ifGenerationMatch=0'),
    put('a', '2', '&ifGenerationMatch=0'),
  ]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
});

test('objects are listed by prefix in the order of their names, a page at a time', async () => {
  const { put, list } = await storage();
  for (const name of ['b/2', 'a/3', 'a/10', 'a/é', 'c']) await put(name, '{}');
  expect(names(await list('prefix=a/'))).toEqual(['a/10', 'a/3', 'a/é']);
  expect(names(await list('prefix=a/&startOffset=a/3'))).toEqual(['a/3', 'a/é']);
  const first = await list('maxResults=2');
  expect([names(first), typeof first.nextPageToken]).toEqual([['a/10', 'a/3'], 'string']);
  const second = await list(`maxResults=2&pageToken=${first.nextPageToken}`);
  expect(names(second)).toEqual(['a/é', 'b/2']);
  const last = await list(`maxResults=2&pageToken=${second.nextPageToken}`);
  expect([names(last), last.nextPageToken]).toEqual([['c'], undefined]);
  expect(await list('prefix=z')).toEqual({ kind: 'storage#objects' });
});

test('with a delimiter, what lies deeper is listed as a prefix', async () => {
  const { put, list } = await storage();
  for (const name of ['r/1/a', 'r/1/b', 'r/2/a', 'r/top']) await put(name, '{}');
  const listed = await list('prefix=r/&delimiter=/');
  expect([names(listed), listed.prefixes]).toEqual([['r/top'], ['r/1/', 'r/2/']]);
});

test('a bucket that is not there, and a caller without a token, are refused', async () => {
  const { server, call } = await storage();
  expect((await call('/storage/v1/b/other/o')).status).toBe(404);
  expect((await fetch(`${server.origin}/storage/v1/b/reports/o`)).status).toBe(401);
});
