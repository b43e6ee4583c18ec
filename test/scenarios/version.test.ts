import { expect } from 'vitest';
import { VERSION } from '../../src/platform/version.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { type SandboxServer, startServer } from '../sandbox/server.ts';
import { startStorage } from '../sandbox/storage.ts';
import { openScenario } from './gitlab.ts';
import { openScenario as openRoles } from './growthbook.ts';
import { open, test } from './harness.ts';

const agentsOf = (...servers: readonly SandboxServer[]) =>
  servers.map(({ requests }) => [...new Set(requests.map(({ headers }) => headers['user-agent']))]);

test('every request of growthbook-roles names the version, to the lease and the Pushgateway too', async () => {
  const scenario = await openRoles();
  const storage = await open(startStorage({ now: scenario.clock.now }));
  const gateway = await open(startServer(() => ({ status: 202, body: '' })));
  const environment = { ...storage.environment, PUSHGATEWAY_URL: gateway.origin };
  expect((await scenario.run({}, environment)).report.outcome).toBe('applied');
  await scenario.run({ check: true }, environment);
  const servers = [scenario.growthbook, scenario.gitiles, storage, gateway];
  expect(agentsOf(...servers)).toEqual(servers.map(() => [`muster/${VERSION}`]));
  expect(gateway.requests.map(({ path }) => path)).toContain('/-/ready');
  expect(scenario.lines.length).toBeGreaterThan(20);
  expect(new Set(scenario.lines.map(({ version }) => version))).toEqual(new Set([VERSION]));
});

test.each([
  ['muster (ops@example.org)', `muster/${VERSION} (ops@example.org)`],
  ['access-bot/3 (ops@example.org)', `access-bot/3 (ops@example.org) muster/${VERSION}`],
  ['muster-of-ours ops@example.org', `muster-of-ours ops@example.org muster/${VERSION}`],
])('every request of gitlab-approvals names the contact and the version: %s', async (setting, agent) => {
  const scenario = await openScenario(gitlabExample);
  const { report } = await scenario.run({}, { USER_AGENT: setting, DENIED_ACCOUNTS: DENIED });
  expect(report.outcome).toBe('applied');
  const servers = [scenario.gitlab, scenario.phabricator, scenario.gerrit, scenario.wiki];
  expect(agentsOf(...servers)).toEqual(servers.map(() => [agent]));
});

test('log lines name the version even where the settings are invalid', async () => {
  const scenario = await openRoles();
  expect((await scenario.run({}, { GROWTHBOOK_API_URL: 'x' })).report.outcome).toBe('invalid-settings');
  expect(scenario.lines.map(({ version }) => version)).toEqual(scenario.lines.map(() => VERSION));
  expect(scenario.lines.length).toBeGreaterThan(0);
});
