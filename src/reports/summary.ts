import type { Kind } from '../engine/model.ts';
import type { RunOutcome } from '../engine/outcome.ts';
import type { Mode } from '../engine/run.ts';
import type { RunState } from '../engine/run-state.ts';

/** What happened in one sentence, and its numbers. A change counts by its result; `planned` are all of the plan. */
export interface Summary {
  readonly sentence: string;
  readonly planned: number;
  readonly applied: number;
  readonly failed: number;
  readonly withheld: number;
  readonly needsPerson: number;
  readonly pendingSignIn: number;
}

interface Circumstances {
  readonly outcome: RunOutcome;
  readonly mode: Mode;
  readonly needsPerson: number;
}

/** The words for the changes of each kind: `4 lost access`, `would approve 2`. */
const WORDS: Readonly<Partial<Record<Kind, string>>> = {
  revoke: 'lost access',
  downgrade: 'less',
  upgrade: 'more',
  grant: 'new',
  approve: 'approved',
};

/** The summary of a run. */
export function summaryOf({ decisions, results }: RunState<unknown>, circumstances: Circumstances): Summary {
  const { needsPerson } = circumstances;
  const count = (wanted: string) => results.filter(({ result }) => result === wanted).length;
  const numbers = {
    planned: results.length,
    applied: count('applied'),
    failed: count('failed'),
    withheld: count('withheld'),
    needsPerson,
    pendingSignIn: decisions.filter(({ kind }) => kind === 'pending-sign-in').length,
  };
  const counted = numbers.applied > 0 ? results.filter(({ result }) => result === 'applied') : results;
  const kinds = Object.entries(WORDS).flatMap(([kind, words]) => {
    const found = counted.filter(({ change }) => change.kind === kind).length;
    return found === 0 ? [] : [`${found} ${words}`];
  });
  return { sentence: sentenceOf({ ...numbers, kinds }, circumstances), ...numbers };
}

interface Counted extends Omit<Summary, 'sentence'> {
  readonly kinds: readonly string[];
}

function sentenceOf(numbers: Counted, { outcome, mode }: Circumstances): string {
  const { planned, applied, kinds, needsPerson, pendingSignIn } = numbers;
  const tail = [
    ...(needsPerson > 0 ? [`${needsPerson} need${needsPerson === 1 ? 's' : ''} a person`] : []),
    ...(pendingSignIn > 0 ? [`${pendingSignIn} not signed in yet`] : []),
  ];
  const words = kinds.length > 0 ? `: ${kinds.join(', ')}` : '';
  const what = [headOf({ planned, applied, words }, { outcome, mode }), ...tail];
  return what.join(' · ');
}

function headOf(
  { planned, applied, words }: { planned: number; applied: number; words: string },
  { outcome, mode }: Omit<Circumstances, 'needsPerson'>,
): string {
  if (applied > 0) return `Applied ${applied} of ${planned}${words}`;
  if (outcome === 'unchanged') return 'Nothing to do';
  if (outcome === 'planned') {
    const why = mode === 'observe' ? 'MODE is observe' : 'this was a dry run';
    return `Nothing was written (${why}). The plan has ${planned}${words}`;
  }
  return `Nothing was written: ${WHY_NOT[outcome]}`;
}

/** Why a run wrote nothing. */
const WHY_NOT: Readonly<Record<RunOutcome, string>> = {
  unchanged: 'there was nothing to do',
  planned: 'this was a dry run',
  applied: 'there was nothing to do',
  skipped: 'another run is at work',
  refused: 'safety refuses the plan',
  'source-failed': 'a source failed',
  'invalid-settings': 'the settings are wrong',
  'invalid-request': 'the request is not understood',
  deadline: 'the deadline came',
  failed: 'the run failed',
};
