import { describe, expect, test } from 'vitest';
import type { ChangeKind, ChangeResult, Result } from '../../src/engine/model.ts';
import type { RunOutcome } from '../../src/engine/outcome.ts';
import { runStateOf } from '../../src/engine/run-state.ts';
import type { Mode } from '../../src/engine/run-types.ts';
import { summaryOf } from '../../src/reports/summary.ts';
import { decision } from '../fixtures.ts';

const change = (kind: ChangeKind, result: Result, sent?: boolean): ChangeResult<string> => ({
  change: { ...decision(), kind, from: 'old', to: 'new' },
  result,
  ...(sent === undefined ? {} : { sent }),
});
const times = (count: number, kind: ChangeKind, result: Result) =>
  Array.from({ length: count }, () => change(kind, result));

interface Given {
  readonly outcome: RunOutcome;
  readonly mode?: Mode;
  readonly needsPerson?: number;
  readonly pending?: number;
}
function sentence(
  results: readonly ChangeResult<string>[],
  { outcome, mode = 'enforce', needsPerson = 0, pending = 0 }: Given,
) {
  const decisions = Array.from({ length: pending }, () => decision({ kind: 'pending-sign-in' }));
  const state = runStateOf<string, unknown>({ decisions, results });
  return summaryOf(state, { outcome, mode, needsPerson }).sentence;
}

describe('the sentence that says what happened', () => {
  test('counts what was done', () => {
    const results = [
      ...times(4, 'revoke', 'applied'),
      ...times(3, 'downgrade', 'applied'),
      ...times(2, 'upgrade', 'applied'),
      ...times(3, 'grant', 'applied'),
    ];
    expect(sentence(results, { outcome: 'applied', needsPerson: 7, pending: 2 })).toBe(
      'Applied 12 of 12: 4 lost access, 3 less, 2 more, 3 new · 7 need a person · 2 not signed in yet',
    );
  });

  test('says what was not done beside what was', () => {
    const results = [
      change('revoke', 'applied'),
      change('downgrade', 'failed'),
      ...times(2, 'grant', 'withheld'),
    ];
    expect(sentence(results, { outcome: 'failed', needsPerson: 1 })).toBe(
      'Applied 1 of 4: 1 lost access · 1 failed · 2 withheld · 1 needs a person',
    );
  });

  test('never says that nothing was written where a request was sent', () => {
    expect(sentence([change('revoke', 'failed')], { outcome: 'failed' })).toBe('Applied 0 of 1 · 1 failed');
    expect(sentence([change('revoke', 'withheld', true)], { outcome: 'deadline' })).toBe(
      'Applied 0 of 1 · 1 withheld',
    );
  });

  const planned = [change('revoke', 'planned'), ...times(2, 'approve', 'planned')];
  const withheld = planned.map((one): typeof one => ({ ...one, result: 'withheld' }));
  test.each([
    ['of an empty plan', [], { outcome: 'unchanged' }, 'Nothing to do'],
    [
      'of a dry run',
      planned,
      { outcome: 'planned' },
      'Nothing was written: this was a dry run. The plan has 3 changes: 1 lose access, 2 to approve',
    ],
    [
      'of one change',
      planned.slice(0, 1),
      { outcome: 'planned', mode: 'observe' },
      'Nothing was written: MODE is observe. The plan has 1 change: 1 lose access',
    ],
    [
      'of a refused plan',
      withheld,
      { outcome: 'refused' },
      'Nothing was written: safety refuses the plan. The plan has 3 changes: 1 lose access, 2 to approve',
    ],
    [
      'where all accounts changed after the plan',
      withheld,
      { outcome: 'unchanged' },
      'Nothing was written: 3 changes withheld, because the accounts changed after the plan',
    ],
    [
      'where somebody else was faster',
      [change('approve', 'unchanged')],
      { outcome: 'unchanged' },
      'Nothing was written: somebody else made 1 change',
    ],
    ['without settings', [], { outcome: 'invalid-settings' }, 'Nothing was written: the settings are wrong'],
    ['of a failed source', [], { outcome: 'source-failed' }, 'Nothing was written: a source failed'],
    ['of a second run', [], { outcome: 'skipped' }, 'Nothing was written: another run is at work'],
  ] as const)('says that nothing was written, and why: %s', (_, results, given, expected) => {
    expect(sentence(results, given)).toBe(expected);
  });
});
