import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { type GrowthBookSandbox, startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import { startStorage } from '../sandbox/storage.ts';
import { isWrite } from './growthbook.ts';
import { open, test } from './harness.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

let sandbox: GrowthBookSandbox;
beforeEach(async () => {
  sandbox = await startGrowthBookSandbox();
});
afterEach(() => sandbox.close());

/** The command as a scheduler elsewhere starts it: the report on stdout, the log on stderr. */
async function muster(
  args: readonly string[],
  environment: Record<string, string> = {},
  meanwhile?: (pid: number) => void,
) {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    MODE: 'enforce',
    ...sandbox.environment,
    ...environment,
  };
  const child = spawn(process.execPath, [CLI, 'growthbook-roles', ...args, '--format', 'json'], { env });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      printed[stream] += chunk;
    });
  }
  if (child.pid !== undefined) meanwhile?.(child.pid);
  const [code, signal] = await once(child, 'close');
  const lines = printed.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, signal, report: JSON.parse(printed.stdout) as Report, lines };
}

test('apply writes, and exits with 0', async () => {
  const { code, report, lines } = await muster(['apply']);
  expect([code, report.outcome, sandbox.growthbook.writes.length]).toEqual([0, 'applied', 12]);
  expect(lines.at(-1)).toMatchObject({ event: 'run.completed', outcome: 'applied' });
});

test('apply writes nothing where MODE=observe is set', async () => {
  const { code, report } = await muster(['apply'], { MODE: 'observe' });
  expect([code, report.outcome, sandbox.growthbook.writes.length]).toEqual([0, 'planned', 0]);
});

test('SIGTERM stops a run between two writes: it reports, and exits with 1', async () => {
  const { code, signal, report } = await muster(['apply'], {}, (pid) => {
    sandbox.growthbook.state.before = (request) => {
      if (isWrite('u_iris')(request)) process.kill(pid, 'SIGTERM');
    };
  });
  expect([code, signal, report.outcome, report.exitCode]).toEqual([1, null, 'failed', 1]);
  expect(report.error).toContain('asked to stop');
  const applied = report.changes.filter(({ result }) => result === 'applied');
  expect(applied).toHaveLength(sandbox.growthbook.writes.length);
  expect(applied.every(({ error }) => error === undefined)).toBe(true);
  expect(applied.length).toBeGreaterThanOrEqual(3);
  expect(applied.length).toBeLessThan(12);
});

test('a lease that another run holds: exit 5, and nothing is read', async () => {
  const storage = await open(startStorage());
  const body = JSON.stringify({ run: 'another', seconds: 300 });
  storage.objects.set('growthbook-roles.json', { body, generation: '7', updated: Date.now() });
  const { code, report } = await muster(['apply'], storage.environment);
  expect([code, report.outcome, sandbox.growthbook.requests.length]).toEqual([5, 'skipped', 0]);
});

test('a deadline that comes before the sources have answered: exit 6, and no write', async () => {
  sandbox.growthbook.addFault({ when: () => true, effect: { kind: 'hang' } });
  const { code, report } = await muster(['apply'], { SYNC_DEADLINE_SECONDS: '1' });
  expect([code, report.outcome, sandbox.growthbook.writes.length]).toEqual([6, 'deadline', 0]);
});

test('a plan that is refused: exit 2; a source that is away: exit 3', async () => {
  expect((await muster(['plan'], { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' })).code).toBe(2);
  expect((await muster(['plan'], { LDAP_SERVERS: 'ldap://127.0.0.1:1' })).code).toBe(3);
});
