import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Framework, startFramework } from '../sandbox/framework.ts';
import { ldapEntries } from '../sandbox/growthbook/example.ts';
import { type GrowthBookSandbox, startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import { hasSlapd, type Slapd, startSlapd } from '../sandbox/ldap/slapd.ts';
import { open, test } from './harness.ts';

const slapdIsHere = await hasSlapd();
/** More than all runs of this file need in a minute of real time. */
const REQUESTS_PER_MINUTE = 600;
const READER = { dn: 'cn=reader,dc=wikimedia,dc=org', password: 'sandbox' };

test.runIf(process.env.CI)('in CI a real slapd is there', () => {
  expect(slapdIsHere).toBe(true);
});

/** A real slapd over StartTLS, the rest of the embedded sandbox, and the functions-framework's own binary. Needs Debian's package slapd. */
describe.skipIf(!slapdIsHere)('the function, served as in production', () => {
  let slapd: Slapd;
  let sandbox: GrowthBookSandbox;
  let enforcing: Framework;
  let observing: Framework;

  beforeAll(async () => {
    [slapd, sandbox] = await Promise.all([
      startSlapd({ entries: ldapEntries(), bind: [READER], anonymous: 'none' }),
      startGrowthBookSandbox({ requestsPerMinute: REQUESTS_PER_MINUTE }),
    ]);
    const environment = {
      ...sandbox.environment,
      LDAP_SERVERS: `localhost:${slapd.port}`,
      GROWTHBOOK_REQUESTS_PER_MINUTE: `${REQUESTS_PER_MINUTE}`,
      LDAP_STARTTLS: 'true',
      LDAP_TLS_SERVER_NAME: 'ldap.sandbox.test',
      LDAP_CA_CERT_PATH: slapd.certificates.caPath,
    };
    [enforcing, observing] = await Promise.all([
      startFramework('growthbookRoles', {
        ...environment,
        MODE: 'enforce',
        GOOGLE_CLOUD_PROJECT: 'a-project',
      }),
      startFramework('growthbookRoles', environment),
    ]);
  });
  afterAll(() => Promise.all([enforcing, observing, slapd, sandbox].map((one) => one?.close())));

  test('GET with add answers what if, as JSON and as text', async () => {
    const url = `${enforcing.origin}/?add=iris:posix:analytics-privatedata-users`;
    const answer = (await (await fetch(url)).json()) as {
      readonly differences: readonly { readonly label: string }[];
    };
    expect(answer.differences.map(({ label }) => label)).toEqual(['iris@example.org']);
    const text = await (await fetch(url, { headers: { accept: 'text/plain' } })).text();
    expect(text).toContain('Would get access (1)');
  });

  const call = async (init: RequestInit = {}, query = '', server = enforcing) => {
    const answer = await fetch(`${server.origin}/${query}`, init);
    const body = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, type, body, json: type.includes('json') ? JSON.parse(body) : undefined };
  };
  const writes = () => sandbox.growthbook.writes.length;

  test('GET answers the plan and writes nothing', async () => {
    const { status, json } = await call();
    expect(json.error).toBe(null);
    expect([status, json.outcome, json.run.dryRun, json.run.mode]).toEqual([200, 'planned', true, 'enforce']);
    expect(json.calls.ldap).toMatchObject({ connect: 1, starttls: 1, bind: 1, search: 3 });
    expect(writes()).toBe(0);
  });

  test.each([
    ['?dryRun=true', undefined],
    ['', '{"dryRun":true}'],
    ['?dryRun=true', '{"dryRun":false}'],
    ['?dryRun=false', '{"dryRun":true}'],
  ])('POST %s with body %s is a dry run', async (query, body) => {
    const { status, json } = await call({ method: 'POST', ...(body ? { body } : {}) }, query);
    expect([status, json.outcome, writes()]).toEqual([200, 'planned', 0]);
  });

  test('without MODE a POST observes', async () => {
    const { status, json } = await call({ method: 'POST' }, '', observing);
    expect([status, json.run.mode, json.outcome, writes()]).toEqual([200, 'observe', 'planned', 0]);
  });

  const json = { 'content-type': 'application/json' };
  test.each<[string, RequestInit, string, number]>([
    ['an unknown parameter', { method: 'POST' }, '?dryrun=true', 400],
    ['a wrong value', { method: 'POST' }, '?dryRun=yes', 400],
    ['a repeated parameter', { method: 'POST' }, '?dryRun=true&dryRun=true', 400],
    ['GET with dryRun=false', {}, '?dryRun=false', 400],
    ['a body that is not JSON', { method: 'POST', body: 'dryRun=true' }, '', 400],
    ['such a body sent as JSON', { method: 'POST', body: '{', headers: json }, '', 400],
    ['an unknown key in the body', { method: 'POST', body: '{"force":true}' }, '', 400],
    ['a wrong type in the body', { method: 'POST', body: '{"dryRun":"true"}' }, '', 400],
    ['a body that is a list', { method: 'POST', body: '[]' }, '', 400],
    ['a key that is repeated', { method: 'POST', body: '{"dryRun":true,"dryRun":false}' }, '', 400],
    ['approve without reason', { method: 'POST', body: `{"approve":"sha256:${'0'.repeat(64)}"}` }, '', 400],
    ['approve that is no hash', { method: 'POST', body: '{"approve":"x","reason":"y"}' }, '', 400],
    ['another method', { method: 'DELETE' }, '', 405],
    ['another path', { method: 'POST' }, '/?dryRun=true', 404],
  ])('%s is refused with no run', async (_, init, query, expected) => {
    const before = sandbox.growthbook.requests.length;
    const { status } = await call(init, query);
    expect([status, sandbox.growthbook.requests.length]).toEqual([expected, before]);
  });

  test('an invalid request is answered in the report’s own shape', async () => {
    const valid = Object.keys((await call()).json);
    const { json: report } = await call({ method: 'POST' }, '?x=1');
    expect(Object.keys(report)).toEqual(valid);
    expect([report.outcome, report.exitCode]).toEqual(['invalid-request', 4]);
  });

  test.each([
    ['text/plain', 'text/plain'],
    ['text/plain;q=0.5, application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'text/html'],
    ['text/markdown', 'text/markdown'],
  ])('Accept: %s is answered with %s', async (accept, type) => {
    expect((await call({ headers: { accept } })).type).toContain(type);
  });

  test('POST applies, and then there is nothing to do', async () => {
    const { status, json: report } = await call({ method: 'POST' });
    expect([status, report.outcome, writes()]).toEqual([200, 'applied', 12]);
    const again = await call({ method: 'POST' });
    expect([again.status, again.json.outcome, writes()]).toEqual([200, 'unchanged', 12]);
  });

  test('every line it logged is one JSON object, joined to the trace of its request', async () => {
    const trace = 'ab'.repeat(16);
    await call({ headers: { traceparent: `00-${trace}-${'cd'.repeat(8)}-01` } });
    const lines = enforcing
      .output()
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const parsed = lines.map((line) => JSON.parse(line));
    expect(parsed.at(-1)).toMatchObject({
      event: 'run.completed',
      'logging.googleapis.com/trace': `projects/a-project/traces/${trace}`,
    });
    expect(enforcing.output()).not.toContain('secret_admin_sandbox');
  });

  test('settings that are missing answer 500, exit 4, and the process stays up', async () => {
    const bare = await open(startFramework('growthbookRoles', {}));
    for (const _ of [1, 2]) {
      const { status, json: report } = await call({}, '', bare);
      expect([status, report.outcome, report.exitCode]).toEqual([500, 'invalid-settings', 4]);
      expect(report.error).toMatch(
        /LDAP_SERVERS.*GROWTHBOOK_API_URL.*GROWTHBOOK_LDAP_SYNC_API_KEY.*GROWTHBOOK_PROJECT/,
      );
    }
  });
});
