import { expect, test } from 'vitest';
import { VERSION } from '../../src/platform/version.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { type SandboxServer, startServer } from '../sandbox/server.ts';
import { startStorage } from '../sandbox/storage.ts';
import { onStage } from './gitlab.ts';
import { setStage } from './growthbook.ts';

const agentsOf = (...servers: readonly SandboxServer[]) =>
  servers.map(({ requests }) => [...new Set(requests.map(({ headers }) => headers['user-agent']))]);

test('every request of growthbook-roles names the version, to the lease and the Pushgateway too', async () => {
  const stage = await setStage();
  const storage = await startStorage({ now: stage.clock.now });
  const gateway = await startServer(() => ({ status: 202, body: '' }));
  const environment = { ...storage.environment, PUSHGATEWAY_URL: gateway.origin };
  try {
    expect((await stage.run({}, environment)).report.outcome).toBe('applied');
    await stage.run({ check: true }, environment);
    const servers = [stage.growthbook, stage.gitiles, storage, gateway];
    expect(agentsOf(...servers)).toEqual(servers.map(() => [`muster/${VERSION}`]));
    expect(gateway.requests.map(({ path }) => path)).toContain('/-/ready');
    expect(stage.lines.length).toBeGreaterThan(20);
    expect(new Set(stage.lines.map(({ version }) => version))).toEqual(new Set([VERSION]));
  } finally {
    await Promise.all([stage.close(), storage.close(), gateway.close()]);
  }
});

test.each([
  ['muster (ops@example.org)', `muster/${VERSION} (ops@example.org)`],
  ['access-bot/3 (ops@example.org)', `access-bot/3 (ops@example.org) muster/${VERSION}`],
  ['muster-of-ours ops@example.org', `muster-of-ours ops@example.org muster/${VERSION}`],
])('every request of gitlab-approvals names the contact and the version: %s', async (setting, agent) => {
  await onStage(gitlabExample, async (stage) => {
    const { report } = await stage.run({}, { USER_AGENT: setting, DENIED_ACCOUNTS: DENIED });
    expect(report.outcome).toBe('applied');
    const servers = [stage.gitlab, stage.phabricator, stage.gerrit, stage.wiki];
    expect(agentsOf(...servers)).toEqual(servers.map(() => [agent]));
  });
});

test('log lines name the version even where the settings are invalid', async () => {
  const stage = await setStage();
  try {
    expect((await stage.run({}, { GROWTHBOOK_API_URL: 'x' })).report.outcome).toBe('invalid-settings');
    expect(stage.lines.map(({ version }) => version)).toEqual(stage.lines.map(() => VERSION));
    expect(stage.lines.length).toBeGreaterThan(0);
  } finally {
    await stage.close();
  }
});
