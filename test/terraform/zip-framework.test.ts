import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Framework, startFramework } from '../sandbox/framework.ts';
import { unpackZip } from './unpacked-zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-framework-'));
const json = { 'content-type': 'application/json' };

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The id of a run, times and durations. */
const OF_ONE_RUN = /[0-9a-f-]{36}|\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z| UTC)|"durationMs": *\d+|\d+ ms/g;

/** The answer to a request, without what differs from run to run. */
async function answer(
  { origin }: Framework,
  { method = 'POST', path = '/', headers = {}, body }: Sent,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sent = request(`${origin}${path}`, { method, headers, agent: false }, async (response) => {
    const { date: _, etag, 'content-length': length, ...others } = response.headers;
    const body = (await text(response)).replaceAll(OF_ONE_RUN, '…');
    resolve({
      status: response.statusCode,
      headers: { ...others, hasTag: etag !== undefined },
      hasLength: length !== undefined,
      body,
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return await promise;
}

describe('the framework of the zip answers as the framework from the registry', () => {
  let ofZip: Framework;
  let ofRegistry: Framework;
  beforeAll(async () => {
    await unpackZip(folder);
    [ofZip, ofRegistry] = await Promise.all([
      startFramework('growthbookRoles', {}, folder),
      startFramework('growthbookRoles', {}),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([ofZip?.close(), ofRegistry?.close()]);
    rmSync(folder, { recursive: true });
  });

  const REQUESTS: Readonly<Record<string, Sent>> = {
    'a GET': { method: 'GET' },
    'a HEAD': { method: 'HEAD' },
    'an OPTIONS': { method: 'OPTIONS' },
    'a DELETE': { method: 'DELETE' },
    'a GET of the icon': { method: 'GET', path: '/favicon.ico' },
    'a GET of what robots read': { method: 'GET', path: '/robots.txt' },
    'a GET of another path with a question': {
      method: 'GET',
      path: '/a/b?explain=ada@example.org&explain=x',
    },
    'a GET of a path that is not encoded well': { method: 'GET', path: '/%' },
    'a GET that wants HTML': { method: 'GET', headers: { accept: 'text/html' } },
    'a GET that wants no type that there is': { method: 'GET', headers: { accept: 'image/png' } },
    'a POST without a body': {},
    'a POST of JSON': { headers: json, body: '{"dryRun":true}' },
    'a POST of JSON as Cloud Scheduler sends it': {
      headers: { 'content-type': 'application/octet-stream' },
      body: '{"dryRun":true}',
    },
    'a POST of JSON that ends early': { headers: json, body: '{"dryRun":' },
    'a POST of JSON in UTF-16': {
      headers: { 'content-type': 'application/json; charset=utf-16le' },
      body: Buffer.from('{"dryRun":true}', 'utf16le'),
    },
    'a POST of JSON in no character set': {
      headers: { 'content-type': 'application/json; charset=klingon' },
      body: '{}',
    },
    'a POST of text in Shift JIS': {
      headers: { 'content-type': 'text/plain; charset=shift_jis' },
      body: Buffer.from([0x82, 0xa0]),
    },
    'a POST of a form': {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a[b][]=1&dryRun=true',
    },
    'a POST of compressed JSON': {
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync('{"dryRun":true}'),
    },
    'a POST of JSON compressed with Brotli': {
      headers: { ...json, 'content-encoding': 'br' },
      body: brotliCompressSync('{"dryRun":true}'),
    },
    'a POST in an unknown encoding': { headers: { ...json, 'content-encoding': 'lz4' }, body: 'x' },
    'a POST of what is not compressed': {
      headers: { ...json, 'content-encoding': 'gzip' },
      body: 'not gzip',
    },
    'a POST of a CloudEvent': {
      headers: { ...json, 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 'x', 'ce-source': 'y' },
      body: '{}',
    },
  };

  it.each(Object.entries(REQUESTS))('%s', async (_, sent) => {
    const [one, other] = [await answer(ofZip, sent), await answer(ofRegistry, sent)];
    expect(one).toEqual(other);
    expect(one).toHaveProperty('status', expect.any(Number));
  });

  it('prints the same lines', () => {
    const events = ({ output }: Framework) => output().match(/"event":"[^"]+"|"message":"[^"]+"/g);
    expect(events(ofZip)).toEqual(events(ofRegistry));
    expect(events(ofZip)?.length).toBeGreaterThan(5);
  });
});
