import { describe, expect, test } from 'vitest';
import type { Change, Result } from '../../src/engine/model.ts';
import type { RunError } from '../../src/engine/outcome.ts';
import { noChangeNotes } from '../../src/engine/plan-and-check.ts';
import { preview } from '../../src/engine/run-stages.ts';
import type { RunState } from '../../src/engine/run-state.ts';
import { outcomeOf, runStateOf } from '../../src/engine/run-state.ts';
import { VERSION } from '../../src/platform/version.ts';
import { makeReport, reportedChange } from '../../src/reports/report.ts';
import { decision, testRun } from '../fixtures.ts';

const change: Change<string> = { ...decision(), kind: 'revoke', from: 'old', to: 'new' };
const plan = { changes: [change], hash: `sha256:${'a'.repeat(64)}` };
const stateOf = (over: Partial<RunState<string>> = {}): RunState<string> => runStateOf<string, unknown>(over);
const errorOf = (outcome: RunError['outcome'], message: string = outcome): RunError => ({ outcome, message });
const KINDS = ['revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped', 'pending-sign-in'] as const;
const describeMove = (from: unknown, to: unknown) => `${from} → ${to}`;
const JOB = { kinds: KINDS, describe: describeMove };

describe('how a run ended', () => {
  const outcomes = (...results: readonly Result[]) => results.map((result) => ({ change, result }));

  test.each([
    ['nothing to do', stateOf({ plan: { ...plan, changes: [] } }), false, 'unchanged'],
    ['nothing to do in a dry run', stateOf({ plan: { ...plan, changes: [] } }), true, 'unchanged'],
    ['no plan at all', stateOf(), false, 'unchanged'],
    ['a dry run with changes', stateOf({ plan, results: outcomes('planned') }), true, 'planned'],
    ['all applied', stateOf({ plan, results: outcomes('applied', 'applied') }), false, 'applied'],
    [
      'some applied, some stale',
      stateOf({ plan, results: outcomes('withheld', 'applied') }),
      false,
      'applied',
    ],
    ['all stale', stateOf({ plan, results: outcomes('withheld') }), false, 'unchanged'],
    ['refused', stateOf({ plan, errors: [errorOf('refused')] }), false, 'refused'],
    ['refused in a dry run', stateOf({ plan, errors: [errorOf('refused')] }), true, 'refused'],
    ['a source failed', stateOf({ errors: [errorOf('source-failed')] }), false, 'source-failed'],
    [
      'some applied and one failed',
      stateOf({ plan, results: outcomes('applied', 'failed'), errors: [errorOf('failed')] }),
      false,
      'failed',
    ],
    [
      'the deadline after some were applied',
      stateOf({ plan, results: outcomes('applied', 'withheld'), errors: [errorOf('deadline')] }),
      false,
      'deadline',
    ],
  ] as const)('%s', (_, state, dryRun, outcome) => {
    expect(outcomeOf(state, dryRun)).toBe(outcome);
  });

  const GRAVEST = ['refused', 'deadline', 'failed', 'source-failed'] as const;
  test.each(
    GRAVEST.flatMap((graver, index) => GRAVEST.slice(index + 1).map((lighter) => [graver, lighter] as const)),
  )('%s outweighs %s, whichever came first', (graver, lighter) => {
    for (const errors of [
      [errorOf(graver), errorOf(lighter)],
      [errorOf(lighter), errorOf(graver)],
    ]) {
      expect(outcomeOf(stateOf({ plan, errors }), false)).toBe(graver);
    }
  });
});

describe('the report', () => {
  const state = stateOf({
    sources: [
      { name: 'posix', entries: 4, version: 'abc', asOf: null, durationMs: 3 },
      { name: 'growthbook', entries: 9, version: null, asOf: null, durationMs: 2 },
      { name: 'ldap', entries: 7, version: 'ldap://a', asOf: null, durationMs: 1 },
    ],
    decisions: [
      change,
      decision({ kind: 'unchanged' }),
      decision({ kind: 'skipped' }),
      decision({ kind: 'skipped' }),
    ],
    plan,
    limits: [{ name: 'revokes', found: 1, allowed: 5 }],
    results: preview(plan.changes, 'planned'),
  });

  test('has every key, always, for an empty state, too', () => {
    const keys = [
      ...[
        'format',
        'target',
        'run',
        'outcome',
        'exitCode',
        'error',
        'approved',
        'sources',
        'counts',
        'limits',
        'objections',
      ],
      ...['planHash', 'changes', 'notes', 'calls', 'summary', 'needsPerson', 'drift'],
    ];
    for (const one of [state, stateOf()]) {
      const report = makeReport(one, testRun(), JOB);
      expect(Object.keys(report).toSorted()).toEqual(keys.toSorted());
      expect(Object.keys(report.run)).toEqual([
        'id',
        'job',
        'mode',
        'dryRun',
        'startedAt',
        'durationMs',
        'version',
        'only',
        'undo',
        'facts',
      ]);
      expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    }
  });

  test('is of an empty state an empty one: null where nothing was', () => {
    const { run, ...rest } = makeReport(stateOf(), testRun(), JOB);
    expect(rest).toEqual({
      format: 1,
      target: null,
      outcome: 'unchanged',
      exitCode: 0,
      error: null,
      approved: null,
      sources: [],
      counts: Object.fromEntries(KINDS.map((kind) => [kind, 0])),
      limits: [],
      objections: [],
      planHash: null,
      changes: [],
      notes: [],
      calls: {},
      summary: {
        sentence: 'Nothing to do',
        planned: 0,
        applied: 0,
        failed: 0,
        withheld: 0,
        needsPerson: 0,
        pendingSignIn: 0,
      },
      needsPerson: [],
      drift: [],
    });
    expect(run.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('counts all kinds, zero included, and adds up', () => {
    const { counts } = makeReport(state, testRun(), JOB);
    expect(counts).toEqual({
      revoke: 1,
      downgrade: 0,
      upgrade: 0,
      grant: 0,
      unchanged: 1,
      skipped: 2,
      'pending-sign-in': 0,
    });
  });

  test('tells when the run began, in RFC 3339, and how long it took', () => {
    const run = testRun({ job: 'growthbook-roles', mode: 'observe', dryRun: true });
    run.clock.advance(1500);
    expect(makeReport(state, run, JOB).run).toEqual({
      id: run.id,
      job: 'growthbook-roles',
      mode: 'observe',
      dryRun: true,
      startedAt: '2026-06-01T12:00:00.000Z',
      durationMs: 1500,
      version: VERSION,
      only: null,
      undo: null,
      facts: null,
    });
  });

  test('names sources in the same order, whichever ended first', () => {
    const { sources } = makeReport(state, testRun(), JOB);
    expect(sources.map(({ name }) => name)).toEqual(['growthbook', 'ldap', 'posix']);
  });

  test('has who approved what, and the calls that were made', () => {
    const approval = { hash: plan.hash, reason: 'team dissolved' };
    const run = testRun({ approval });
    run.requestCounter.count('growthbook', 'GET');
    const report = makeReport(state, run, JOB);
    expect([report.approved, report.calls]).toEqual([approval, { growthbook: { GET: 1 } }]);
  });

  test('tells all errors in one error', () => {
    const errors = [errorOf('failed', '1 change failed'), errorOf('deadline', 'late')];
    const report = makeReport(stateOf({ errors }), testRun(), JOB);
    expect([report.error, report.outcome, report.exitCode]).toEqual(['1 change failed; late', 'deadline', 6]);
  });

  test.each([
    ['skipped', { skipped: true }, null, 5],
    [
      'invalid-settings',
      { errors: [errorOf('invalid-settings', 'settings: 1 error')] },
      'settings: 1 error',
      4,
    ],
    ['invalid-request', { errors: [errorOf('invalid-request', 'request: broken')] }, 'request: broken', 4],
  ] as const)('of a run that did not start has its outcome: %s', (outcome, over, error, exitCode) => {
    expect(makeReport(stateOf(over), testRun(), JOB)).toMatchObject({ outcome, error, exitCode });
  });
});

describe('a change in the report', () => {
  test('has account, label, kind, from, to, rule, because, groups and result, and no error where there is none', () => {
    expect(
      reportedChange(
        { change: { ...change, groups: ['ldap:a'] }, result: 'applied', sent: true },
        describeMove,
      ),
    ).toEqual({
      account: 'u_1',
      label: 'ann@example.org',
      kind: 'revoke',
      from: 'old',
      to: 'new',
      move: 'old → new',
      rule: 1,
      because: 'a sentence',
      groups: ['ldap:a'],
      result: 'applied',
    });
    expect(reportedChange({ change, result: 'applied' }, describeMove)).not.toHaveProperty('error');
  });

  test('has its error', () => {
    expect(
      reportedChange({ change, result: 'failed', error: 'lost', stale: true }, describeMove),
    ).toMatchObject({
      result: 'failed',
      error: 'lost',
    });
  });

  test('has what was tried, where rules were tried', () => {
    const tried = [{ rule: 1, answer: 'no' as const }];
    expect(reportedChange({ change: { ...change, tried }, result: 'planned' }, describeMove).tried).toEqual(
      tried,
    );
  });
});

test.each(['planned', 'withheld'] as const)('a plan that is only shown is %s, each change', (result) => {
  expect(preview(plan.changes, result)).toEqual([{ change, result }]);
});

test('who is skipped, pending or undecided is a note, nobody else', () => {
  const kinds = ['revoke', 'unchanged', 'skipped', 'pending-sign-in', 'undecided'] as const;
  const notes = noChangeNotes(kinds.map((kind) => decision({ kind, account: kind, because: `for ${kind}` })));
  expect(notes).toEqual(
    ['skipped', 'pending-sign-in', 'undecided'].map((kind) => ({
      kind,
      account: kind,
      label: 'ann@example.org',
      because: `for ${kind}`,
    })),
  );
});
