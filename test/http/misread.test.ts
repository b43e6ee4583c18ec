import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Decision } from '../../src/engine/model.ts';
import { contextOf, httpFunction } from '../../src/http/function.ts';
import { commonSettings } from '../../src/jobs/common-settings.ts';
import { defineJob } from '../../src/jobs/define-job.ts';
import { parseStrictJson } from '../../src/platform/strict-json.ts';
import { decision } from '../fixtures.ts';

let runs = 0;
let writes = 0;
let release: () => void = () => undefined;
let hold: Promise<void> | undefined;
const job = defineJob({
  name: 'a-job',
  description: 'A job for tests.',
  functionName: 'misread',
  kinds: ['revoke'],
  settings: commonSettings(240),
  crossChecks: () => [],
  describe: () => '',
  build: () => ({
    collect: async () => {
      runs += 1;
      await hold;
      return [decision({ kind: 'revoke' })];
    },
    resolve: (decisions: readonly Decision<string>[]) => ({ decisions, notes: [] }),
    subjects: () => [],
    identity: { target: {}, compare: () => 0, hashInput: ({ account }) => ({ account }) },
    checkSafety: () => ({ limits: [], objections: [] }),
    target: () => ({
      begin: async () => ({
        probes: [],
        write: async () => {
          writes += 1;
          return { result: 'applied', sent: true };
        },
        verify: async (results) => ({ results, failures: [], notes: [] }),
      }),
    }),
    checks: () => [],
    gauges: () => ({}),
  }),
});
const log = { write: () => undefined };
http(
  'misread',
  httpFunction(job, (request) => ({ ...contextOf(request), log })),
);
const server = getTestServer('misread');
let port = 0;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  runs = 0;
  writes = 0;
  hold = undefined;
  vi.stubEnv('MODE', 'enforce');
  vi.stubEnv('LOG_LEVEL', 'error');
});
afterEach(() => vi.unstubAllEnvs());

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Sends exactly these headers: no content type unless named. */
async function send({ method = 'POST', path = '/', headers = {}, body }: Sent) {
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  sent.on('error', () => undefined);
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const content = await text(answer);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    report: content === '' ? {} : JSON.parse(content),
  };
}

const DRY = '{"dryRun":true}';
const length = { 'content-length': `${DRY.length}` };
const chunked = { 'transfer-encoding': 'chunked' };

describe('a body that is announced is read, whatever its content type', () => {
  test.each<readonly [string, Record<string, string>]>([
    ['no content type', length],
    ['no content type, chunked', chunked],
    ['an empty content type', { ...length, 'content-type': '' }],
    ['the content type json', { ...length, 'content-type': 'json' }],
    ['a form content type', { ...length, 'content-type': 'application/x-www-form-urlencoded' }],
    [
      'a JSON content type in an unknown charset',
      { ...length, 'content-type': 'application/json; charset=x' },
    ],
    ['a multipart content type', { ...chunked, 'content-type': 'multipart/form-data' }],
  ])('%s', async (_, headers) => {
    const { status, report } = await send({ headers, body: DRY });
    expect([status, report.outcome, writes]).toEqual([200, 'planned', 0]);
  });

  test('a wrong approval without a content type is refused', async () => {
    const body = `{"approve":"sha256:${'b'.repeat(64)}","reason":"x"}`;
    const { status, report } = await send({ headers: { 'content-length': `${body.length}` }, body });
    expect([status, report.outcome, writes]).toEqual([409, 'refused', 0]);
  });

  test.each<readonly [string, Sent, number]>([
    [
      'broken JSON of a JSON content type',
      { body: '{"dryRun":', headers: { 'content-type': 'application/json' } },
      400,
    ],
    ['broken JSON, chunked', { body: '{', headers: chunked }, 400],
    ['white space', { body: ' ', headers: { 'content-length': '1' } }, 400],
    ['an announced body that is empty', { headers: chunked }, 400],
    ['bytes that are not UTF-8', { body: Uint8Array.of(0x22, 0xff, 0x22), headers: chunked }, 400],
    ['a repeated key', { body: '{"dryRun":true,"dryRun":false}', headers: chunked }, 400],
    [
      'a repeated key in another spelling',
      { body: '{"dryRun":true,"dry\\u0052un":false}', headers: chunked },
      400,
    ],
    ['a compressed body', { body: DRY, headers: { ...length, 'content-encoding': 'gzip' } }, 400],
    ['a body of GET', { method: 'GET', body: DRY, headers: length }, 400],
    ['more than 1 MiB', { body: `{"reason":"${'x'.repeat(2 ** 20)}"}`, headers: chunked }, 413],
  ])('%s starts no run and is answered with a JSON report', async (_, sent, status) => {
    const answer = await send(sent);
    expect(answer.status).toBe(status);
    expect(answer.report).toMatchObject({ outcome: 'invalid-request', run: { mode: 'enforce' } });
    expect([runs, writes]).toEqual([0, 0]);
  });
});

describe('an address that is not exactly the function’s', () => {
  test.each(
    ['/plan', '//', '/./', '/%2F', '/%3FdryRun=true', '/index.html', '/plan?dryRun=true'].flatMap((path) =>
      ['GET', 'POST', 'PUT'].map((method) => [method, path] as const),
    ),
  )('%s %s is 404 with a report, and no run', async (method, path) => {
    const { status, report } = await send({ method, path });
    expect([status, report.outcome, runs]).toEqual([404, 'invalid-request', 0]);
    expect(report.error).toContain('allowed /');
  });

  test.each([
    '/??dryRun=true',
    '/?dryRun=true&dryRun=true',
    '/?dryRun=true&',
    '/?&dryRun=true',
    '/?dryRun',
    '/?dryRun=',
    '/?dryRun=TRUE',
    '/?dryrun=true',
    '/?dry%52un=true',
    '/?dryRun=true?',
    '/?dryRun=true%00',
    '/?x=1',
  ])('POST %s is 400, and no run', async (path) => {
    const { status, report } = await send({ path });
    expect([status, report.outcome, runs]).toEqual([400, 'invalid-request', 0]);
  });

  test('every answer forbids guessing its content type', async () => {
    const answers = await Promise.all([
      send({ method: 'GET' }),
      send({ path: '/x' }),
      send({ body: '{', headers: chunked }),
    ]);
    expect(answers.map(({ headers }) => headers['x-content-type-options'])).toEqual([
      'nosniff',
      'nosniff',
      'nosniff',
    ]);
  });
});

describe('plans at once', () => {
  test('are two at most, and a run that writes does not wait for them', async () => {
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const plans = Array.from({ length: 5 }, (_, n) =>
      send(n % 2 === 0 ? { method: 'GET' } : { body: DRY, headers: length }),
    );
    await vi.waitFor(() => expect(runs).toBe(2));
    const writing = send({});
    await vi.waitFor(() => expect(runs).toBe(3));
    release();
    expect((await writing).report.outcome).toBe('applied');
    expect((await Promise.all(plans)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('that find no place within the time limit are 503 with Retry-After', async () => {
    vi.stubEnv('SYNC_DEADLINE_SECONDS', '1');
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = [send({ method: 'GET' }), send({ method: 'GET' })];
    await vi.waitFor(() => expect(runs).toBe(2));
    const late = await send({ method: 'GET' });
    release();
    await Promise.all(first);
    expect([late.status, late.headers['retry-after'], late.report.outcome]).toEqual([
      503,
      '30',
      'invalid-request',
    ]);
  });
});

test('a body of 40,000 keys is parsed within a second of processor time', () => {
  const body = (keys: number) =>
    Buffer.from(`{${Array.from({ length: keys }, (_, n) => `"k${n}":[{"a":1}]`).join(',')}}`);
  const steps = (keys: number) => {
    const start = process.cpuUsage();
    parseStrictJson('the body', body(keys));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  steps(1000);
  expect(steps(40_000)).toBeLessThan(1_000_000);
});
