import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Decision } from '../../src/engine/model.ts';
import { contextOf, httpFunction } from '../../src/http/function.ts';
import { readRequest } from '../../src/http/request.ts';
import { commonSettings } from '../../src/jobs/common-settings.ts';
import { defineJob } from '../../src/jobs/define-job.ts';
import { InvalidRequestError, SourceError } from '../../src/platform/errors.ts';
import { decision } from '../fixtures.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const APPROVED = { hash: HASH, reason: 'x', target: { api: 'a' }, changes: [] };
const PLAN = JSON.stringify({
  format: 1,
  run: { job: 'a-job', startedAt: '1970-01-01T00:00:00.000Z' },
  target: { api: 'a' },
  planHash: HASH,
  changes: [],
});
const call = (method: string, url = '/', body: string | Uint8Array = '') =>
  readRequest({ method, url, body: Buffer.from(body), job: 'a-job', now: 0 });
function refused(act: () => unknown): InvalidRequestError {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what a request asks for', () => {
  test.each([
    ['GET', '/', undefined, { dryRun: true }],
    ['GET', '/?dryRun=true', undefined, { dryRun: true }],
    ['GET', '/', '', { dryRun: true }],
    ['POST', '/', undefined, { dryRun: false }],
    ['POST', '/', '', { dryRun: false }],
    ['POST', '/', '{}', { dryRun: false }],
    ['POST', '/?dryRun=true', undefined, { dryRun: true }],
    ['POST', '/?dryRun=false', undefined, { dryRun: false }],
    ['POST', '/', '{"dryRun":true}', { dryRun: true }],
    ['POST', '/', '{"dryRun":false}', { dryRun: false }],
    ['POST', '/?dryRun=true', '{"dryRun":false}', { dryRun: true }],
    ['POST', '/?dryRun=false', '{"dryRun":true}', { dryRun: true }],
    ['POST', '/?dryRun=true', '{"dryRun":true}', { dryRun: true }],
    [
      'POST',
      '/',
      `{"approve":"${HASH}","reason":" team dissolved "}`,
      { dryRun: false, approval: { hash: HASH, reason: 'team dissolved' } },
    ],
    [
      'POST',
      '/?dryRun=true',
      `{"approve":"${HASH}","reason":"x"}`,
      { dryRun: true, approval: { hash: HASH, reason: 'x' } },
    ],
    ['GET', '/?only=ann%40example.org', undefined, { dryRun: true, only: 'ann@example.org' }],
    ['GET', '/?check', undefined, { dryRun: true, check: true }],
    ['GET', '/?explain=Ann+Example', undefined, { dryRun: true, explain: 'Ann Example' }],
    ['GET', '/?dryRun=true&only=ann', undefined, { dryRun: true, only: 'ann' }],
    ['POST', '/?only=ann', undefined, { dryRun: false, only: 'ann' }],
    ['POST', '/', '{"only":"ann"}', { dryRun: false, only: 'ann' }],
    ['POST', '/', `{"plan":${PLAN},"reason":"x"}`, { dryRun: false, approval: APPROVED }],
  ])('%s %s %s', (method, url, body, expected) => {
    expect(call(method, url, body)).toEqual(expected);
  });

  test.each([
    ['an unknown parameter', 'POST', '/?dryrun=true', undefined],
    ['an unknown parameter of a GET', 'GET', '/?force=true', undefined],
    ['an unknown parameter beside a known one', 'POST', '/?dryRun=true&x=1', undefined],
    ['an approval in the query', 'POST', `/?approve=${HASH}`, undefined],
    ['an empty dryRun', 'POST', '/?dryRun', undefined],
    ['a wrong dryRun', 'POST', '/?dryRun=1', undefined],
    ['dryRun in capitals', 'POST', '/?dryRun=TRUE', undefined],
    ['dryRun twice', 'POST', '/?dryRun=true&dryRun=true', undefined],
    ['dryRun twice and at odds', 'POST', '/?dryRun=true&dryRun=false', undefined],
    ['explain in a POST', 'POST', '/?explain=ann', undefined],
    ['explain and only', 'GET', '/?explain=ann&only=ann', undefined],
    ['check with a value', 'GET', '/?check=1', undefined],
    ['check and explain', 'GET', '/?check&explain=ann', undefined],
    ['check in a POST', 'POST', '/?check', undefined],
    ['an empty explain', 'GET', '/?explain=', undefined],
    ['a name of blanks', 'GET', '/?only=%20', undefined],
    ['a name that is too long', 'GET', `/?only=${'x'.repeat(501)}`, undefined],
    ['a name that is not UTF-8', 'GET', '/?only=%ff', undefined],
    ['only twice', 'POST', '/?only=ann', '{"only":"ann"}'],
    ['a parameter in capitals', 'GET', '/?ONLY=ann', undefined],
    ['an empty parameter', 'GET', '/?only=ann&', undefined],
    ['a plan without a reason', 'POST', '/', `{"plan":${PLAN}}`],
    ['a plan and a hash', 'POST', '/', `{"plan":${PLAN},"approve":"${HASH}","reason":"x"}`],
    ['a plan that is no report', 'POST', '/', '{"plan":{"changes":[]},"reason":"x"}'],
    ['a GET that asks for a write', 'GET', '/?dryRun=false', undefined],
    ['a GET with a body', 'GET', '/', '{}'],
    ['text', 'POST', '/', 'dryRun=true'],
    ['broken JSON', 'POST', '/', '{"dryRun":'],
    ['bytes that are no text', 'POST', '/', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['a list', 'POST', '/', '[]'],
    ['null', 'POST', '/', 'null'],
    ['a word', 'POST', '/', '"dryRun"'],
    ['an unknown key', 'POST', '/', '{"dry_run":true}'],
    ['a key of the prototype', 'POST', '/', '{"__proto__":{"dryRun":true}}'],
    ['dryRun as text', 'POST', '/', '{"dryRun":"true"}'],
    ['dryRun null', 'POST', '/', '{"dryRun":null}'],
    ['an approval without a reason', 'POST', '/', `{"approve":"${HASH}"}`],
    ['a reason without an approval', 'POST', '/', '{"reason":"x"}'],
    ['an empty reason', 'POST', '/', `{"approve":"${HASH}","reason":" "}`],
    [
      'a reason of more than 500 characters',
      'POST',
      '/',
      `{"approve":"${HASH}","reason":"${'x'.repeat(501)}"}`,
    ],
    ['a hash without its prefix', 'POST', '/', `{"approve":"${'a'.repeat(64)}","reason":"x"}`],
    ['a hash that is too short', 'POST', '/', `{"approve":"${HASH.slice(0, -1)}","reason":"x"}`],
    ['a hash in capitals', 'POST', '/', `{"approve":"sha256:${'A'.repeat(64)}","reason":"x"}`],
  ])('is not understood with %s: 400', (_, method, url, body) => {
    const error = refused(() => call(method, url, body));
    expect(error.status).toBe(400);
    expect(error.message).toMatch(/^(?:request|plan file): /);
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'get', 'post'])('no %s: 405', (method) => {
    expect(refused(() => call(method)).status).toBe(405);
  });

  test('all faults of a body are reported at once', () => {
    const { message } = refused(() => call('POST', '/', '{"dryRun":1,"approve":"x","more":1}'));
    for (const name of ['dryRun', 'approve', 'more']) expect(message).toContain(name);
  });
});

/** What the next run of the job decides, or throws. */
const toy: { decisions: readonly Decision<string>[]; fault?: Error; runs: number; objects: boolean } = {
  decisions: [],
  runs: 0,
  objects: false,
};
const written: string[] = [];
const job = defineJob({
  name: 'a-job',
  description: 'A job for tests.',
  functionName: 'aJob',
  kinds: ['revoke', 'unchanged'],
  settings: commonSettings(240),
  crossChecks: () => [],
  describe: (from, to) => `${from} → ${to}`,
  build: () => ({
    collect: async () => {
      toy.runs += 1;
      if (toy.fault) throw toy.fault;
      return toy.decisions;
    },
    resolve: (decisions: readonly Decision<string>[]) => ({ decisions, notes: [] }),
    subjects: () => [],
    identity: { target: {}, compare: () => 0, hashInput: ({ account }) => ({ account }) },
    checkSafety: () => ({
      limits: [],
      objections: toy.objects
        ? [{ name: 'revokes', found: 2, allowed: 1, message: 'too many', overridable: true }]
        : [],
    }),
    target: () => ({
      begin: async () => ({
        probes: [],
        write: async ({ account }) => {
          written.push(account);
          return { result: 'applied', sent: true };
        },
        verify: async (results) => ({ results, failures: [], notes: [] }),
      }),
    }),
    checks: () => [],
    gauges: () => ({}),
  }),
});
const logged: string[] = [];
const log = { write: (line: string) => void logged.push(line) };
http(
  'aJob',
  httpFunction(job, (request) => ({ ...contextOf(request), log })),
);
const server = getTestServer('aJob');
let origin = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  toy.decisions = [decision({ kind: 'revoke' })];
  delete toy.fault;
  toy.runs = 0;
  toy.objects = false;
  written.length = 0;
  vi.stubEnv('MODE', 'enforce');
  vi.stubEnv('LOG_LEVEL', 'error');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const ask = async (
  method: string,
  path = '/',
  init: { body?: string; headers?: Record<string, string> } = {},
) => {
  const response = await fetch(`${origin}${path}`, { method, ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
};
const reportIn = ({ text }: { text: string }): Record<string, unknown> => JSON.parse(text);
const json = { 'content-type': 'application/json' };

describe('over HTTP', () => {
  test('GET answers the plan and never writes, though the function enforces', async () => {
    const answer = await ask('GET');
    expect(answer.status).toBe(200);
    expect(reportIn(answer)).toMatchObject({
      outcome: 'planned',
      exitCode: 0,
      run: { dryRun: true, job: 'a-job' },
    });
    expect(written).toEqual([]);
  });

  test('POST applies', async () => {
    const answer = await ask('POST');
    expect([answer.status, reportIn(answer).outcome, written]).toEqual([200, 'applied', ['u_1']]);
  });

  test.each([
    ['?dryRun=true', '/?dryRun=true', {}],
    ['{"dryRun":true}', '/', { body: '{"dryRun":true}', headers: json }],
    [
      '{"dryRun":true} of another content type',
      '/',
      { body: '{"dryRun":true}', headers: { 'content-type': 'text/plain' } },
    ],
  ])('POST with %s is dry', async (_, path, init) => {
    const answer = await ask('POST', path, init);
    expect([answer.status, reportIn(answer).outcome, written]).toEqual([200, 'planned', []]);
  });

  test('POST with an empty MODE is a settings fault, and writes nothing', async () => {
    vi.stubEnv('MODE', '');
    expect([reportIn(await ask('POST')).outcome, written]).toEqual(['invalid-settings', []]);
  });

  test.each([undefined, 'observe'])('POST observes where MODE is %j', async (mode) => {
    vi.stubEnv('MODE', mode);
    const answer = await ask('POST');
    expect(reportIn(answer)).toMatchObject({ outcome: 'planned', run: { mode: 'observe', dryRun: true } });
    expect(written).toEqual([]);
  });

  test('POST applies with an approval of the very plan that was shown', async () => {
    toy.objects = true;
    const shown = await ask('POST');
    expect(shown.status).toBe(409);
    const { planHash } = reportIn(shown);
    const body = JSON.stringify({ approve: planHash, reason: 'team dissolved' });
    const answer = await ask('POST', '/', { body, headers: json });
    expect(answer.status).toBe(200);
    expect(reportIn(answer)).toMatchObject({
      outcome: 'applied',
      approved: { hash: planHash, reason: 'team dissolved' },
    });
  });
});

describe('status codes', () => {
  test.each([
    ['GET', 'unchanged', { decisions: [] }, 200, 0],
    ['GET', 'refused', { objects: true }, 409, 2],
    ['POST', 'refused', { objects: true }, 409, 2],
    ['GET', 'source-failed', { fault: new SourceError('ldap is down') }, 502, 3],
    ['POST', 'failed', { fault: new TypeError('a bug') }, 500, 1],
  ] as const)('%s, %s', async (method, outcome, over, status, exitCode) => {
    Object.assign(toy, over);
    const answer = await ask(method);
    expect(answer.status).toBe(status);
    expect(reportIn(answer)).toMatchObject({ outcome, exitCode });
    expect(written).toEqual([]);
  });

  test('invalid settings are 500, exit 4, reported at each request, and no run', async () => {
    vi.stubEnv('MODE', 'perhaps');
    vi.stubEnv('SYNC_DEADLINE_SECONDS', '0');
    const answer = await ask('POST');
    expect(answer.status).toBe(500);
    expect(reportIn(answer)).toMatchObject({ outcome: 'invalid-settings', exitCode: 4 });
    expect(reportIn(answer).error).toMatch(/MODE.*SYNC_DEADLINE_SECONDS/);
    expect(toy.runs).toBe(0);
    vi.stubEnv('MODE', 'enforce');
    vi.stubEnv('SYNC_DEADLINE_SECONDS', '10');
    expect((await ask('POST')).status).toBe(200);
  });

  test.each([
    ['an unknown parameter', '/?x=1', {}],
    ['a wrong value', '/?dryRun=maybe', {}],
    ['an unknown key', '/', { body: '{"x":1}', headers: json }],
    ['text of another content type', '/', { body: 'dryRun=true', headers: { 'content-type': 'text/plain' } }],
    [
      'a form',
      '/',
      { body: 'dryRun=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
  ])('%s is a 400 in the report’s own shape, and no run', async (_, path, init) => {
    const answer = await ask('POST', path, init);
    expect(answer.status).toBe(400);
    expect(toy.runs).toBe(0);
    expect(reportIn(answer)).toMatchObject({
      outcome: 'invalid-request',
      exitCode: 4,
      planHash: null,
      changes: [],
      error: expect.any(String),
    });
  });

  test.each(['PUT', 'PATCH', 'DELETE'])(
    '%s is a 405 that says what is allowed, and no run',
    async (method) => {
      const answer = await ask(method);
      expect([answer.status, answer.headers.get('allow'), toy.runs]).toEqual([405, 'GET, POST', 0]);
      expect(reportIn(answer)).toMatchObject({ outcome: 'invalid-request' });
    },
  );

  test('a second enforcing request at the same time is skipped: 200, exit 5; a dry one is not', async () => {
    let release = () => undefined as undefined;
    const held = new Promise<void>((resolve) => {
      release = () => void resolve();
    });
    const decisions = toy.decisions;
    let began = () => undefined as undefined;
    const beginning = new Promise<void>((resolve) => {
      began = () => void resolve();
    });
    const collected = Object.getOwnPropertyDescriptor(toy, 'decisions');
    Object.defineProperty(toy, 'decisions', {
      configurable: true,
      get: () => {
        began();
        return held.then(() => decisions);
      },
    });
    const first = ask('POST');
    await beginning;
    if (collected) Object.defineProperty(toy, 'decisions', collected);
    const second = await ask('POST');
    const dry = await ask('GET');
    release();
    expect([second.status, reportIn(second).outcome, reportIn(second).exitCode]).toEqual([200, 'skipped', 5]);
    expect(reportIn(dry).outcome).toBe('planned');
    expect(reportIn(await first).outcome).toBe('applied');
    expect(written).toEqual(['u_1']);
  });
});

describe('representations', () => {
  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/plain', 'text/plain'],
    ['text/*', 'text/plain'],
    ['text/plain, application/json;q=0.5', 'text/plain'],
    ['text/plain;q=0.5, application/json', 'application/json'],
    ['text/html', 'text/html'],
    ['text/markdown', 'text/markdown'],
    ['text/html;q=0.9, text/markdown', 'text/markdown'],
    ['image/png, */*;q=0.1', 'application/json'],
  ])('Accept %s: %s', async (accept, type) => {
    const { status, headers, text } = await ask('GET', '/', { headers: accept ? { accept } : {} });
    expect([status, headers.get('content-type')?.split(';')[0]]).toEqual([200, type]);
    expect(text.startsWith('{')).toBe(type === 'application/json');
  });

  test.each(['image/png', 'application/xml', 'text/csv, image/*'])(
    'Accept %s, which names none of the four: 406',
    async (accept) => {
      const { status, text } = await ask('GET', '/', { headers: { accept } });
      expect(status).toBe(406);
      expect(text).toContain('allowed application/json, text/plain, text/markdown, text/html');
      expect(toy.runs).toBe(0);
    },
  );

  test('the page has a content policy, and nothing is sniffed', async () => {
    const { headers } = await ask('GET', '/', { headers: { accept: 'text/html' } });
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('the text has the change and the hash, and no colour', async () => {
    const { text } = await ask('GET', '/', { headers: { accept: 'text/plain' } });
    expect(text).toContain('ann@example.org  old → new');
    expect(text).toMatch(/sha256:[0-9a-f]{64}/);
    expect(text).not.toContain(String.fromCharCode(27));
  });

  test('an invalid request is answered in text if text is wanted', async () => {
    const { status, text } = await ask('POST', '/?x=1', { headers: { accept: 'text/plain' } });
    expect(status).toBe(400);
    expect(text).toContain('invalid-request');
  });

  test('each line of the log names the execution, as the platform counts them', async () => {
    logged.length = 0;
    vi.stubEnv('LOG_LEVEL', 'info');
    await ask('GET', '/', { headers: { 'function-execution-id': 'an-execution' } });
    expect(logged.length).toBeGreaterThan(1);
    for (const line of logged)
      expect(JSON.parse(line)['logging.googleapis.com/labels']).toEqual({ execution_id: 'an-execution' });
  });

  test('nothing is stored on the way', async () => {
    expect((await ask('GET')).headers.get('cache-control')).toBe('no-store');
  });
});
