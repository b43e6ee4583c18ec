import { afterEach, describe, expect, test } from 'vitest';
import { type Framework, startFramework } from '../sandbox/framework.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import { startStorage } from '../sandbox/storage.ts';
import { isWrite } from './growthbook.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

const logged = (framework: Framework) =>
  framework
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a function that Cloud Run stops with SIGTERM', () => {
  test('in the middle of approvals stops between two, publishes and logs what was done, gives the lease back and answers', async () => {
    const [sandbox, storage] = await Promise.all([startGitlabSandbox(gitlabExample), startStorage()]);
    const framework = await startFramework('gitlabApprovals', {
      ...sandbox.environment,
      ...storage.environment,
      DENIED_ACCOUNTS: DENIED,
      MODE: 'enforce',
    });
    cleanup.push(sandbox.close, storage.close, framework.close);
    const lines = () => sandbox.auditPage()?.match(/^\*/gm)?.length ?? 0;
    const before = lines();
    let approvals = 0;
    sandbox.gitlab.state.before = ({ method }) => {
      if (method !== 'POST') return;
      approvals += 1;
      if (approvals === 3) framework.kill('SIGTERM');
    };
    const answer = await fetch(framework.origin, { method: 'POST' });
    const report = (await answer.json()) as { outcome: string; error: string; changes: { result: string }[] };
    expect([answer.status, report.outcome]).toEqual([500, 'failed']);
    expect(report.error).toContain('asked to stop');
    expect(report.changes.filter(({ result }) => result === 'applied')).toHaveLength(3);
    expect(await framework.exited).toBe(0);
    expect(approvals).toBe(3);
    expect(lines() - before).toBe(3);
    expect(logged(framework).filter(({ event }) => event === 'change.applied')).toHaveLength(3);
    expect(logged(framework).at(-1)).toMatchObject({ event: 'run.completed', outcome: 'failed' });
    expect([...storage.objects.keys()]).toEqual([]);
  });

  test('while the wiki takes no edit ends within ten seconds, with every line that is missing in the log', async () => {
    const [sandbox, storage] = await Promise.all([startGitlabSandbox(gitlabExample), startStorage()]);
    const framework = await startFramework('gitlabApprovals', {
      ...sandbox.environment,
      ...storage.environment,
      DENIED_ACCOUNTS: DENIED,
      MODE: 'enforce',
    });
    cleanup.push(sandbox.close, storage.close, framework.close);
    sandbox.wiki.state.readOnly = 'maintenance';
    let approvals = 0;
    let stoppedAt = 0;
    sandbox.gitlab.state.before = ({ method }) => {
      if (method !== 'POST') return;
      approvals += 1;
      if (approvals !== 3) return;
      stoppedAt = performance.now();
      framework.kill('SIGTERM');
    };
    const answer = await fetch(framework.origin, { method: 'POST' });
    expect(answer.status).toBe(500);
    expect(await framework.exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    const failed = logged(framework).find(({ event }) => event === 'audit.failed');
    expect(failed?.lines).toHaveLength(3);
    expect(logged(framework).at(-1)).toMatchObject({ event: 'run.completed', outcome: 'failed' });
    expect([...storage.objects.keys()]).toEqual([]);
  });

  test('before the first approval approves nobody', async () => {
    const sandbox = await startGitlabSandbox(gitlabExample);
    const framework = await startFramework('gitlabApprovals', {
      ...sandbox.environment,
      DENIED_ACCOUNTS: DENIED,
      MODE: 'enforce',
    });
    cleanup.push(sandbox.close, framework.close);
    sandbox.gitlab.state.before = () => framework.kill('SIGTERM');
    const answer = await fetch(framework.origin, { method: 'POST' });
    expect(((await answer.json()) as { error: string }).error).toContain('asked to stop');
    expect(await framework.exited).toBe(0);
    expect([sandbox.gitlab.approvals, sandbox.wiki.state.edits]).toEqual([[], []]);
  });

  test('in the middle of role writes reads back what was written', async () => {
    const sandbox = await startGrowthBookSandbox();
    const framework = await startFramework('growthbookRoles', { ...sandbox.environment, MODE: 'enforce' });
    cleanup.push(sandbox.close, framework.close);
    sandbox.growthbook.state.before = (request) => {
      if (isWrite('u_iris')(request)) framework.kill('SIGTERM');
    };
    const answer = await fetch(framework.origin, { method: 'POST' });
    const report = (await answer.json()) as { changes: { result: string; error?: string }[] };
    const applied = report.changes.filter(({ result }) => result === 'applied');
    expect(applied).toHaveLength(sandbox.growthbook.writes.length);
    expect(applied.every(({ error }) => error === undefined)).toBe(true);
    expect(applied.length).toBeLessThan(12);
    expect(await framework.exited).toBe(0);
  });

  test('while it is idle ends at once', async () => {
    const sandbox = await startGrowthBookSandbox();
    const framework = await startFramework('growthbookRoles', sandbox.environment);
    cleanup.push(sandbox.close, framework.close);
    framework.kill('SIGTERM');
    expect(await framework.exited).toBe(0);
  });
});
