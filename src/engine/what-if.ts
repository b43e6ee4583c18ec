/** Compares two ways to decide on the same facts: who gains and who loses access. */

import { canonicalJson } from '../platform/canonical-json.ts';
import type { MembershipChange } from './membership-change.ts';
import { type Decision, decisionKey } from './model.ts';

/** Access after the next run, as it is decided one way and the other. */
export interface Alternative {
  /** The access that the account has then; null where there is no account yet. */
  readonly access: unknown;
  readonly rule: number | null;
  readonly because: string;
}

/** An account that would be treated otherwise. Null where one of the two decides nothing about it. */
export interface Difference {
  readonly account: string;
  readonly project?: string;
  readonly label: string;
  readonly direction: 'gains' | 'loses' | 'differs';
  readonly before: Alternative | null;
  readonly after: Alternative | null;
}

/** What is assumed in a question of the form "what if". */
export interface Assumption {
  readonly changes: readonly MembershipChange[];
  /** The policy that takes the place of the one in effect, by the name of its file. */
  readonly policy: string | null;
}

/** The answer: who would gain, who would lose, and who stays as now. */
export interface WhatIf extends Assumption {
  readonly differences: readonly Difference[];
  readonly stays: readonly { readonly account: string; readonly label: string }[];
}

type Decided<A> = Decision<A>;

/** Whether access after is more (above 0), less (below 0) or the same. */
export type CompareAccess<A> = (before: A, after: A, decision: Pick<Decided<A>, 'project'>) => number;

/** What differs between two ways to decide on the same facts. Losses come first. */
export function differencesBetween<A>(
  before: readonly Decided<A>[],
  after: readonly Decided<A>[],
  compare: CompareAccess<A>,
): Pick<WhatIf, 'differences' | 'stays'> {
  const pairs = pairsOf(before, after);
  const found = pairs.map(([one, other]) => differenceOf(one, other, compare));
  const differences = found.filter((difference) => difference !== undefined);
  const stays = pairs
    .filter((_, index) => found[index] === undefined)
    .map(([one, other]) => one ?? other)
    .filter((decision) => decision !== undefined)
    .map(({ account, label }) => ({ account, label }));
  const order = ['loses', 'gains', 'differs'];
  return {
    differences: differences.toSorted((a, b) => order.indexOf(a.direction) - order.indexOf(b.direction)),
    stays,
  };
}

type Pair<A> = readonly [Decided<A> | undefined, Decided<A> | undefined];

function pairsOf<A>(before: readonly Decided<A>[], after: readonly Decided<A>[]): readonly Pair<A>[] {
  const key = (decision: Decided<A>) =>
    `${decision.row === null ? 'person' : 'account'} ${decisionKey(decision)}`;
  const afterByKey = new Map(after.map((decision) => [key(decision), decision]));
  const known = new Set(before.map(key));
  return [
    ...before.map((decision): Pair<A> => [decision, afterByKey.get(key(decision))]),
    ...after
      .filter((decision) => !known.has(key(decision)))
      .map((decision): Pair<A> => [undefined, decision]),
  ];
}

function differenceOf<A>(
  before: Decided<A> | undefined,
  after: Decided<A> | undefined,
  compare: CompareAccess<A>,
): Difference | undefined {
  const decision = after ?? before;
  if (!decision) return undefined;
  const direction = directionOf(before, after, compare);
  if (direction === undefined) return undefined;
  const { account, project, label } = decision;
  return {
    account,
    ...(project === undefined ? {} : { project }),
    label,
    direction,
    before: before ? alternativeOf(before) : null,
    after: after ? alternativeOf(after) : null,
  };
}

const alternativeOf = <A>({ to, rule, because }: Decided<A>): Alternative => ({ access: to, rule, because });

/** People without an account yet gain and lose what they would get at their first sign-in. */
function directionOf<A>(
  before: Decided<A> | undefined,
  after: Decided<A> | undefined,
  compare: CompareAccess<A>,
): Difference['direction'] | undefined {
  if (!before || !after) return before ? 'loses' : 'gains';
  const isSame = canonicalJson(before.to) === canonicalJson(after.to);
  if (before.to !== null && after.to !== null && !isSame) {
    const order = compare(before.to, after.to, after);
    return order === 0 ? 'differs' : order > 0 ? 'gains' : 'loses';
  }
  const reasonDiffers = before.because !== after.because || before.kind !== after.kind;
  return reasonDiffers && (before.to === null || before.kind !== after.kind) ? 'differs' : undefined;
}
