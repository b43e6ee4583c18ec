import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { emptyFolder, muster } from '../muster.ts';

const reportIn = (stdout: string) => JSON.parse(stdout) as Report;

describe('a sandbox with a folder in REPORTS goes on from what the last one left', () => {
  test('of growthbook-roles: a run is applied, listed, shown and undone', async () => {
    const environment = { REPORTS: emptyFolder() };
    const growthBook = (...args: string[]) =>
      muster(['growthbook-roles', ...args, '--sandbox'], { environment });
    const first = reportIn((await growthBook('apply', '--yes', '--json')).stdout);
    expect([first.outcome, first.changes.length]).toEqual(['applied', 12]);
    expect(reportIn((await growthBook('plan', '--json')).stdout).changes).toEqual([]);
    const history = await growthBook('history', 'iris@example.org');
    expect(history.stdout).toContain('iris@example.org  readonly (global) → noaccess');
    const { run } = first;
    const undone = reportIn((await growthBook('undo', run.id, '--yes', '--json')).stdout);
    expect([undone.outcome, undone.changes.length]).toEqual(['applied', 10]);
    const noWayBack = undone.needsPerson.map(({ label }) => label);
    expect(noWayBack).toEqual(['nils@example.org', 'olga@example.org']);
    const again = reportIn((await growthBook('plan', '--json')).stdout);
    const labelsIn = ({ changes }: Report) => changes.map(({ label }) => label);
    expect(labelsIn(again)).toEqual(labelsIn(first).filter((label) => !noWayBack.includes(label)));
    const latest = reportIn((await growthBook('show', 'latest', '--json')).stdout);
    expect(latest.run.id).toBe(again.run.id);
  }, 30_000);

  test('of gitlab-approvals: who is approved no longer waits', async () => {
    const environment = { REPORTS: emptyFolder() };
    const run = async (command: string, ...args: string[]) =>
      reportIn(
        (await muster(['gitlab-approvals', command, ...args, '--json', '--sandbox'], { environment })).stdout,
      );
    const first = await run('apply', '--yes');
    expect(first.changes.length).toBeGreaterThan(2);
    expect((await run('plan')).changes).toEqual([]);
  }, 30_000);

  test('and without one, a plan file of one command is good for the next', async () => {
    const cwd = emptyFolder();
    const growthBook = (...args: string[]) => muster(['growthbook-roles', ...args, '--sandbox'], { cwd });
    await growthBook('plan', '--out', 'plan.json');
    const applied = reportIn((await growthBook('apply', 'plan.json', '--yes', '--json')).stdout);
    expect([applied.outcome, applied.changes.length]).toEqual(['applied', 12]);
  }, 30_000);

  test('and real reports beside it are not touched', async () => {
    const folder = emptyFolder();
    await muster(['growthbook-roles', 'plan', '--sandbox'], { environment: { REPORTS: folder } });
    expect(existsSync(join(folder, 'growthbook-roles'))).toBe(false);
    expect(existsSync(join(folder, 'sandbox', 'growthbook-roles', 'latest.json'))).toBe(true);
  });

  test('a bucket is never taken from outside', async () => {
    const environment = { REPORTS: 'gs://real-bucket/x' };
    const { code, stdout } = await muster(['growthbook-roles', 'history', '--sandbox'], { environment });
    expect([code, stdout]).toEqual([4, expect.stringContaining('no reports are kept (found no REPORTS')]);
  });
});
