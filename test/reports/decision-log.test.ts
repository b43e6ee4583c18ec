import { describe, expect, test } from 'vitest';
import type { Change, Decision } from '../../src/engine/model.ts';
import type { RunError, RunOutcome } from '../../src/engine/outcome.ts';
import type { RunState } from '../../src/engine/run-state.ts';
import { runStateOf } from '../../src/engine/run-state.ts';
import { logRun } from '../../src/reports/decision-log.ts';
import { makeReport } from '../../src/reports/report.ts';
import { decision, testRun } from '../fixtures.ts';

const change: Change<string> = {
  ...decision({ account: 'u_9', groups: ['ldap:a'] }),
  kind: 'revoke',
  from: 'a',
  to: 'b',
};

function linesOf(over: Partial<RunState<string>>) {
  const dryRun = over.results?.some(({ result }) => result === 'planned') ?? false;
  const run = testRun({ dryRun });
  run.requestCounter.count('growthbook', 'GET');
  const state = runStateOf<string, unknown>(over);
  run.clock.advance(70);
  logRun(
    state,
    makeReport(state, run, { kinds: ['revoke', 'unchanged'], describe: () => 'a move' }),
    run.log,
  );
  return run.lines;
}

const plan = { changes: [change], hash: `sha256:${'a'.repeat(64)}` };
const withError = (outcome: RunError['outcome']) => ({ errors: [{ outcome, message: outcome }] });
const STATES: Readonly<Record<RunOutcome, Partial<RunState<string>>>> = {
  unchanged: {},
  planned: { plan, results: [{ change, result: 'planned' }] },
  applied: { plan, results: [{ change, result: 'applied' }] },
  skipped: { skipped: true },
  failed: withError('failed'),
  'source-failed': withError('source-failed'),
  'invalid-settings': withError('invalid-settings'),
  'invalid-request': withError('invalid-request'),
  deadline: withError('deadline'),
  refused: withError('refused'),
};

describe('one decision line for each account', () => {
  test('with kind, rule, sentence, groups, from, to and result', () => {
    const decided = linesOf({ decisions: [change], results: [{ change, result: 'applied' }] });
    expect(decided[0]).toMatchObject({
      severity: 'INFO',
      message: 'account decided',
      event: 'decision',
      account: 'u_9',
      label: 'ann@example.org',
      kind: 'revoke',
      result: 'applied',
      rule: 1,
      because: 'a sentence',
      groups: ['ldap:a'],
      from: 'a',
      to: 'b',
    });
    expect(decided[0]).not.toHaveProperty('error');
  });

  test('with the error of a change that failed', () => {
    const [line] = linesOf({ decisions: [change], results: [{ change, result: 'failed', error: 'lost' }] });
    expect(line).toMatchObject({ result: 'failed', error: 'lost' });
  });

  test.each<[Decision<string>['kind'], string]>([
    ['unchanged', 'DEBUG'],
    ['skipped', 'INFO'],
    ['pending-sign-in', 'INFO'],
    ['undecided', 'INFO'],
    ['grant', 'INFO'],
  ])('%s is logged at %s', (kind, severity) => {
    expect(linesOf({ decisions: [decision({ kind })] })[0]).toMatchObject({ severity, kind, result: null });
  });

  test('whose message is one sentence, whatever the facts', () => {
    const decisions = ['u_1', 'u_2', 'u_3'].map((account) => decision({ account, kind: 'skipped' }));
    const lines = linesOf({ decisions }).filter(({ event }) => event === 'decision');
    expect(new Set(lines.map(({ message }) => message)).size).toBe(1);
    expect(lines.map(({ account }) => account)).toEqual(['u_1', 'u_2', 'u_3']);
  });

  test('that names an address nowhere but in its label', () => {
    const [line = {}] = linesOf({ decisions: [change] });
    const { label, ...rest } = line;
    expect(label).toBe('ann@example.org');
    expect(JSON.stringify(rest)).not.toContain('@');
  });
});

describe('one run.completed line', () => {
  test('the last, with outcome, counts, calls, durations and head-room', () => {
    const lines = linesOf({
      decisions: [change, decision()],
      plan: { changes: [change], hash: 'sha256:x' },
      results: [{ change, result: 'applied' }],
      sources: [{ name: 'ldap', entries: 3, version: null, asOf: null, durationMs: 40 }],
      limits: [{ name: 'revokes', found: 1, allowed: 5 }],
      gauges: { seatsInUse: 7 },
    });
    expect(lines.filter(({ event }) => event === 'run.completed')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({
      severity: 'INFO',
      message: 'run completed',
      event: 'run.completed',
      mode: 'enforce',
      dryRun: false,
      outcome: 'applied',
      exitCode: 0,
      error: null,
      approved: null,
      counts: { revoke: 1, unchanged: 1 },
      headRoom: { revokes: 4 },
      gauges: { seatsInUse: 7 },
      calls: { growthbook: { GET: 1 } },
      planHash: 'sha256:x',
      durationMs: 70,
      durations: { ldap: 40 },
      objections: [],
    });
  });

  test.each([
    ['unchanged', 'INFO'],
    ['planned', 'INFO'],
    ['applied', 'INFO'],
    ['skipped', 'INFO'],
    ['failed', 'ERROR'],
    ['source-failed', 'ERROR'],
    ['invalid-settings', 'ERROR'],
    ['invalid-request', 'ERROR'],
    ['deadline', 'ERROR'],
    ['refused', 'CRITICAL'],
  ] as const)('%s is %s', (outcome, severity) => {
    expect(linesOf(STATES[outcome])).toMatchObject([{ outcome, severity }]);
  });
});
