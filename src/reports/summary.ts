import type { Kind } from '../engine/model.ts';
import type { RunOutcome } from '../engine/outcome.ts';
import type { RunState } from '../engine/run-state.ts';
import type { Mode } from '../engine/run-types.ts';

/** The result of a run in one sentence, and its numbers. A change counts by its result; `planned` are all of the plan. */
export interface Summary {
  readonly sentence: string;
  readonly planned: number;
  readonly applied: number;
  readonly failed: number;
  readonly withheld: number;
  readonly needsPerson: number;
  readonly pendingSignIn: number;
}

interface RunFacts {
  readonly outcome: RunOutcome;
  readonly mode: Mode;
  readonly needsPerson: number;
}

/** The words for changes of each kind: those that were made, and those that are only planned. */
const WORDS: Readonly<Partial<Record<Kind, readonly [done: string, planned: string]>>> = {
  revoke: ['lost access', 'lose access'],
  downgrade: ['less', 'less'],
  upgrade: ['more', 'more'],
  grant: ['new', 'new'],
  approve: ['approved', 'to approve'],
};

/** The summary of a run. */
export function summaryOf({ decisions, results }: RunState<unknown>, runFacts: RunFacts): Summary {
  const count = (wanted: string) => results.filter(({ result }) => result === wanted).length;
  const numbers = {
    planned: results.length,
    applied: count('applied'),
    failed: count('failed'),
    withheld: count('withheld'),
    needsPerson: runFacts.needsPerson,
    pendingSignIn: decisions.filter(({ kind }) => kind === 'pending-sign-in').length,
  };
  return { sentence: sentenceOf(numbers, results, runFacts), ...numbers };
}

type Results = RunState<unknown>['results'];

function sentenceOf(numbers: Omit<Summary, 'sentence'>, results: Results, runFacts: RunFacts): string {
  const { needsPerson, pendingSignIn } = numbers;
  // A request that was sent may have changed something, whatever its answer was.
  const mayHaveWritten = results.some(
    ({ result, sent }) => result === 'applied' || result === 'failed' || sent === true,
  );
  const parts = [
    ...(mayHaveWritten ? writtenParts(numbers, results) : [nothingWritten(results, runFacts)]),
    ...(needsPerson > 0 ? [`${needsPerson} need${needsPerson === 1 ? 's' : ''} a person`] : []),
    ...(pendingSignIn > 0 ? [`${pendingSignIn} not signed in yet`] : []),
  ];
  return parts.join(' · ');
}

function writtenParts(
  { planned, applied, failed, withheld }: Omit<Summary, 'sentence'>,
  results: Results,
): readonly string[] {
  const done = results.filter(({ result }) => result === 'applied');
  return [
    `Applied ${applied} of ${planned}${byKind(done, 0)}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(withheld > 0 ? [`${withheld} withheld`] : []),
  ];
}

function nothingWritten(results: Results, { outcome, mode }: RunFacts): string {
  const all = `${results.length} change${results.length === 1 ? '' : 's'}`;
  if (outcome === 'unchanged') {
    if (results.length === 0) return 'Nothing to do';
    const isDone = results.every(({ result }) => result === 'unchanged');
    return `Nothing was written: ${isDone ? `somebody else made ${all}` : `${all} withheld, because the accounts changed after the plan`}`;
  }
  const why = outcome === 'planned' && mode === 'observe' ? 'MODE is observe' : WHY_NOT[outcome];
  const plan = results.length === 0 ? '' : `. The plan has ${all}${byKind(results, 1)}`;
  return `Nothing was written: ${why}${plan}`;
}

/** `: 4 lost access, 3 less`; empty without changes. */
function byKind(results: Results, form: 0 | 1): string {
  const parts = Object.entries(WORDS).flatMap(([kind, words]) => {
    const found = results.filter(({ change }) => change.kind === kind).length;
    return found === 0 ? [] : [`${found} ${words[form]}`];
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** Why a run wrote nothing. */
const WHY_NOT: Readonly<Record<Exclude<RunOutcome, 'unchanged'>, string>> = {
  planned: 'this was a dry run',
  applied: 'the changes were there already',
  skipped: 'another run is at work',
  refused: 'safety refuses the plan',
  'source-failed': 'a source failed',
  'invalid-settings': 'the settings are wrong',
  'invalid-request': 'the request is not understood',
  deadline: 'the deadline passed',
  failed: 'the run failed',
};
