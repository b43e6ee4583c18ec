import { beforeEach, expect } from 'vitest';
import { type SandboxServer, startServer } from '../sandbox/server.ts';
import { openScenario, type Scenario } from './growthbook.ts';
import { open, test } from './harness.ts';

let scenario: Scenario;
let gateway: SandboxServer;
beforeEach(async () => {
  scenario = await openScenario();
  gateway = await open(startServer(() => ({ status: 202, body: '' })));
});

test('a run pushes its metrics under its job, changes by kind, head-room and seats among them', async () => {
  await scenario.run({}, { PUSHGATEWAY_URL: gateway.origin });
  const [request] = gateway.requests;
  expect([request?.method, request?.path]).toEqual(['POST', '/metrics/job/growthbook-roles']);
  const lines = request?.body.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'muster_run_outcome{outcome="applied",mode="enforce"} 1',
      'muster_run_exit_code 0',
      'muster_accounts{kind="unchanged"} 6',
      'muster_changes{kind="revoke",result="applied"} 4',
      'muster_changes{kind="revoke",result="failed"} 0',
      'muster_head_room{limit="revokes"} 1',
      expect.stringMatching(/^muster_seats_in_use \d+$/),
      expect.stringMatching(/^muster_run_success_timestamp_seconds \d/),
    ]),
  );
});

test('a run that was no success leaves the time of the last one as it is', async () => {
  await scenario.run({}, { PUSHGATEWAY_URL: gateway.origin, SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' });
  const body = gateway.requests[0]?.body ?? '';
  expect(body).toContain('muster_run_outcome{outcome="refused",mode="enforce"} 1');
  expect(body).not.toContain('run_success_timestamp');
});

test('a plan that somebody asks for while the job enforces pushes nothing, and one that observes does', async () => {
  await scenario.run({ dryRun: true }, { PUSHGATEWAY_URL: gateway.origin });
  expect(gateway.requests).toEqual([]);
  await scenario.run({}, { PUSHGATEWAY_URL: gateway.origin, MODE: 'observe' });
  expect(gateway.requests[0]?.body).toContain('muster_run_outcome{outcome="planned",mode="observe"} 1');
});

test('a run that failed before it began pushes how it ended', async () => {
  const lease = { LEASE_BUCKET: 'leases', GCE_METADATA_HOST: '127.0.0.1:1' };
  await scenario.run({}, { PUSHGATEWAY_URL: gateway.origin, ...lease });
  expect(gateway.requests[0]?.body).toContain('muster_run_outcome{outcome="failed",mode="enforce"} 1');
});

test('metrics that can’t be pushed are an error in the log and do not change the run', async () => {
  const { report } = await scenario.run({}, { PUSHGATEWAY_URL: 'http://127.0.0.1:1' });
  expect(report.outcome).toBe('applied');
  expect(scenario.lines).toContainEqual(
    expect.objectContaining({ event: 'metrics.lost', severity: 'ERROR' }),
  );
});

test.each([
  ['a refusal', { status: 400, body: 'pushed metrics are invalid\n\u202e' }, 'pushed metrics are invalid'],
  ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/login' } }, '/login'],
  ['a page of a proxy', { status: 502, body: '<html><title>Bad Gateway</title></html>' }, 'Bad Gateway'],
])('a push follows no redirect, and what came instead is in the log: %s', async (_, answer, words) => {
  const other = await open(startServer(() => answer));
  const { report } = await scenario.run({}, { PUSHGATEWAY_URL: other.origin });
  expect([report.outcome, other.requests.length]).toEqual(['applied', 1]);
  const line = scenario.lines.find(({ event }) => event === 'metrics.lost');
  expect(JSON.stringify(line)).toContain(words);
});

test('a push has our User-Agent and the text form of Prometheus, below the path of the address', async () => {
  await scenario.run({}, { PUSHGATEWAY_URL: `${gateway.origin}/push/`, USER_AGENT: 'muster-test' });
  const [request] = gateway.requests;
  expect(request?.path).toBe('/push/metrics/job/growthbook-roles');
  expect(request?.headers['user-agent']).toMatch(/^muster-test\b/);
  expect(request?.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
});
