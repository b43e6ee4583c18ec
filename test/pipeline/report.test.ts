import { describe, expect, test } from 'vitest';
import type { Trouble } from '../../src/pipeline/apply.ts';
import type { Change, Result } from '../../src/pipeline/model.ts';
import {
  ENDINGS,
  emptyStory,
  makeReport,
  outcomeOf,
  reportedChange,
  restingNotes,
  type Story,
  shown,
} from '../../src/pipeline/report.ts';
import { decision, testRun } from '../fixtures.ts';

const change: Change<string> = { ...decision(), kind: 'revoke', from: 'old', to: 'new' };
const plan = { changes: [change], hash: `sha256:${'a'.repeat(64)}` };
const storyOf = (over: Partial<Story<string>> = {}): Story<string> => ({ ...emptyStory<string>(), ...over });
const trouble = (outcome: Trouble['outcome'], message: string = outcome): Trouble => ({ outcome, message });
const KINDS = ['revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped', 'pending-sign-in'] as const;

test.each([
  ['unchanged', 0, 200],
  ['planned', 0, 200],
  ['applied', 0, 200],
  ['failed', 1, 500],
  ['refused', 2, 409],
  ['source-failed', 3, 502],
  ['invalid-settings', 4, 500],
  ['invalid-request', 4, 400],
  ['skipped', 5, 200],
  ['deadline', 6, 504],
] as const)('%s ends with exit code %i and HTTP status %i', (outcome, exitCode, status) => {
  expect(ENDINGS[outcome]).toEqual({ exitCode, status });
  expect(Object.keys(ENDINGS)).toHaveLength(10);
});

describe('how a run ended', () => {
  const outcomes = (...results: readonly Result[]) => results.map((result) => ({ change, result }));

  test.each([
    ['nothing to do', storyOf({ plan: { ...plan, changes: [] } }), false, 'unchanged'],
    ['nothing to do in a dry run', storyOf({ plan: { ...plan, changes: [] } }), true, 'unchanged'],
    ['no plan at all', storyOf(), false, 'unchanged'],
    ['a dry run with changes', storyOf({ plan, outcomes: outcomes('planned') }), true, 'planned'],
    ['all applied', storyOf({ plan, outcomes: outcomes('applied', 'applied') }), false, 'applied'],
    [
      'some applied, some stale',
      storyOf({ plan, outcomes: outcomes('withheld', 'applied') }),
      false,
      'applied',
    ],
    ['all stale', storyOf({ plan, outcomes: outcomes('withheld') }), false, 'unchanged'],
    ['refused', storyOf({ plan, troubles: [trouble('refused')] }), false, 'refused'],
    ['refused in a dry run', storyOf({ plan, troubles: [trouble('refused')] }), true, 'refused'],
    ['a source failed', storyOf({ troubles: [trouble('source-failed')] }), false, 'source-failed'],
    [
      'some applied and one failed',
      storyOf({ plan, outcomes: outcomes('applied', 'failed'), troubles: [trouble('failed')] }),
      false,
      'failed',
    ],
    [
      'the deadline after some were applied',
      storyOf({ plan, outcomes: outcomes('applied', 'withheld'), troubles: [trouble('deadline')] }),
      false,
      'deadline',
    ],
  ] as const)('%s', (_, story, dryRun, outcome) => {
    expect(outcomeOf(story, dryRun)).toBe(outcome);
  });

  const GRAVEST = ['refused', 'deadline', 'failed', 'source-failed'] as const;
  test.each(
    GRAVEST.flatMap((graver, index) => GRAVEST.slice(index + 1).map((lighter) => [graver, lighter] as const)),
  )('%s outweighs %s, whichever came first', (graver, lighter) => {
    for (const troubles of [
      [trouble(graver), trouble(lighter)],
      [trouble(lighter), trouble(graver)],
    ]) {
      expect(outcomeOf(storyOf({ plan, troubles }), false)).toBe(graver);
    }
  });
});

describe('the report', () => {
  const story = storyOf({
    sources: [
      { name: 'posix', entries: 4, version: 'abc', durationMs: 3 },
      { name: 'growthbook', entries: 9, version: null, durationMs: 2 },
      { name: 'ldap', entries: 7, version: 'ldap://a', durationMs: 1 },
    ],
    decisions: [
      change,
      decision({ kind: 'unchanged' }),
      decision({ kind: 'skipped' }),
      decision({ kind: 'skipped' }),
    ],
    plan,
    limits: [{ name: 'revokes', found: 1, allowed: 5 }],
    outcomes: shown(plan, 'planned'),
  });

  test('has every key, always, for an empty story, too', () => {
    const keys = [
      ...['run', 'outcome', 'exitCode', 'error', 'approved', 'sources', 'counts', 'limits', 'objections'],
      ...['planHash', 'changes', 'notes', 'calls'],
    ];
    for (const one of [story, storyOf()]) {
      const report = makeReport(one, testRun(), { kinds: KINDS });
      expect(Object.keys(report).toSorted()).toEqual(keys.toSorted());
      expect(Object.keys(report.run)).toEqual(['id', 'job', 'mode', 'dryRun', 'startedAt', 'durationMs']);
      expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    }
  });

  test('is of an empty story an empty one: null where nothing was', () => {
    const { run, ...rest } = makeReport(storyOf(), testRun(), { kinds: KINDS });
    expect(rest).toEqual({
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
    });
    expect(run.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('counts all kinds, zero included, and adds up', () => {
    const { counts } = makeReport(story, testRun(), { kinds: KINDS });
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
    expect(makeReport(story, run, { kinds: KINDS }).run).toEqual({
      id: run.id,
      job: 'growthbook-roles',
      mode: 'observe',
      dryRun: true,
      startedAt: '2026-06-01T12:00:00.000Z',
      durationMs: 1500,
    });
  });

  test('names sources in the same order, whichever ended first', () => {
    const { sources } = makeReport(story, testRun(), { kinds: KINDS });
    expect(sources.map(({ name }) => name)).toEqual(['growthbook', 'ldap', 'posix']);
  });

  test('has who approved what, and the calls that were made', () => {
    const approve = { hash: plan.hash, reason: 'team dissolved' };
    const run = testRun({ approve });
    run.calls.count('growthbook', 'GET');
    const report = makeReport(story, run, { kinds: KINDS });
    expect([report.approved, report.calls]).toEqual([approve, { growthbook: { GET: 1 } }]);
  });

  test('tells all troubles in one error', () => {
    const troubles = [trouble('failed', '1 change failed'), trouble('deadline', 'late')];
    const report = makeReport(storyOf({ troubles }), testRun(), { kinds: KINDS });
    expect([report.error, report.outcome, report.exitCode]).toEqual(['1 change failed; late', 'deadline', 6]);
  });

  test.each([
    ['skipped', null, 5],
    ['invalid-settings', 'settings: 1 fault', 4],
  ] as const)('of a run that never began is its ending: %s', (outcome, error, exitCode) => {
    const report = makeReport(storyOf(), testRun(), { kinds: KINDS, ending: { outcome, error } });
    expect(report).toMatchObject({ outcome, error, exitCode });
  });
});

describe('a change as it is told', () => {
  test('has account, label, kind, from, to, rule, because, groups and result, and no error where there is none', () => {
    expect(
      reportedChange({ change: { ...change, groups: ['ldap:a'] }, result: 'applied', sent: true }),
    ).toEqual({
      account: 'u_1',
      label: 'ann@example.org',
      kind: 'revoke',
      from: 'old',
      to: 'new',
      rule: 1,
      because: 'a sentence',
      groups: ['ldap:a'],
      result: 'applied',
    });
    expect(reportedChange({ change, result: 'applied' })).not.toHaveProperty('error');
  });

  test('has its error', () => {
    expect(reportedChange({ change, result: 'failed', error: 'lost', stale: true })).toMatchObject({
      result: 'failed',
      error: 'lost',
    });
  });

  test('has what was tried, where rules were tried', () => {
    const tried = [{ rule: 1, answer: 'no' as const }];
    expect(reportedChange({ change: { ...change, tried }, result: 'planned' }).tried).toEqual(tried);
  });
});

test.each(['planned', 'withheld'] as const)('a plan that is only shown is %s, each change', (result) => {
  expect(shown(plan, result)).toEqual([{ change, result }]);
});

test('who is skipped, pending or undecided is a note, nobody else', () => {
  const kinds = ['revoke', 'unchanged', 'skipped', 'pending-sign-in', 'undecided'] as const;
  const notes = restingNotes(kinds.map((kind) => decision({ kind, account: kind, because: `for ${kind}` })));
  expect(notes).toEqual(
    ['skipped', 'pending-sign-in', 'undecided'].map((kind) => ({
      kind,
      account: kind,
      label: 'ann@example.org',
      because: `for ${kind}`,
    })),
  );
});
