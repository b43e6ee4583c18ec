import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { isWrite, openScenario, type Scenario } from './growthbook.ts';
import { test } from './harness.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

let scenario: Scenario;
let folder: string;
beforeEach(async () => {
  scenario = await openScenario();
  folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A run in a process of its own. */
function apply() {
  const child = spawn(process.execPath, [CLI, 'growthbook-roles', 'apply', '--json'], {
    cwd: folder,
    env: { PATH: process.env.PATH, MODE: 'enforce', LOCK_DIR: folder, ...scenario.environment },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  const ended = new Promise<{ code: number | null; outcome: string | undefined }>((resolve) => {
    child.on('close', (code) => resolve({ code, outcome: stdout ? JSON.parse(stdout).outcome : undefined }));
  });
  return { child, ended };
}

describe('an enforcing run with LOCK_DIR', () => {
  test('keeps another process out while it writes: that one is skipped with exit 5', async () => {
    const first = apply();
    let second: Awaited<typeof first.ended> | undefined;
    scenario.growthbook.onRequest({ when: isWrite('u_iris') }, async () => {
      second = await apply().ended;
    });
    expect(await first.ended).toEqual({ code: 0, outcome: 'applied' });
    expect(second).toEqual({ code: 5, outcome: 'skipped' });
    expect(scenario.growthbook.writes).toHaveLength(12);
  }, 30_000);

  test('that was killed between two writes keeps nobody waiting: the next one finishes', async () => {
    const { child, ended } = apply();
    scenario.growthbook.state.before = (request) => {
      if (isWrite('u_iris')(request)) child.kill('SIGKILL');
    };
    expect((await ended).code).toBe(null);
    scenario.growthbook.state.before = () => undefined;
    expect(await apply().ended).toEqual({ code: 0, outcome: 'applied' });
    expect((await scenario.run({ dryRun: true })).report.outcome).toBe('unchanged');
  }, 30_000);

  test('says nothing of a missing lock, and gives it back', async () => {
    const { report } = await scenario.run({}, { LOCK_DIR: folder });
    expect(report.outcome).toBe('applied');
    expect(report.notes.filter(({ kind }) => kind === 'lease')).toEqual([]);
    expect((await scenario.run({}, { LOCK_DIR: folder })).report.outcome).toBe('unchanged');
  });

  test('that loses it stops before its next write and says so', async () => {
    scenario.growthbook.state.before = ({ path }) => {
      if (!path.includes('/u_iris/')) return;
      for (const file of readdirSync(folder)) rmSync(join(folder, file));
    };
    const { report } = await scenario.run({}, { LOCK_DIR: folder });
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(report.error).toContain('lease: no longer this run');
    expect(scenario.growthbook.writes).toHaveLength(3);
  });

  test.each(['nowhere', 'a-file/inside'])('whose folder can’t be used (%s) writes nothing', async (name) => {
    const { report } = await scenario.run({}, { LOCK_DIR: join(folder, name) });
    expect([report.outcome, scenario.posts()]).toEqual(['failed', []]);
    expect(report.error).toContain(join(folder, name));
  });

  test('needs none for a plan', async () => {
    await scenario.run({ dryRun: true }, { LOCK_DIR: folder });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes one kind of lock only', async () => {
    const { report } = await scenario.run({}, { LOCK_DIR: folder, LEASE_BUCKET: 'leases' });
    expect(report.outcome).toBe('invalid-settings');
    expect(report.error).toContain('LOCK_DIR: found together with LEASE_BUCKET');
  });

  test('has a line in the check: free, or its holder', async () => {
    const { checks } = await scenario.run({ check: true }, { LOCK_DIR: folder });
    expect(checks?.find(({ name }) => name === `lease ${folder}`)).toMatchObject({ ok: true, found: 'free' });
    const nowhere = join(folder, 'nowhere');
    const wrong = (await scenario.run({ check: true }, { LOCK_DIR: nowhere })).checks;
    expect(wrong?.find(({ name }) => name === `lease ${nowhere}`)).toMatchObject({
      ok: false,
      cure: expect.stringContaining('LOCK_DIR'),
    });
  });
});
