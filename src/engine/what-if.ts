/** Compares two ways to decide on the same facts: who gains and who loses access. */

import { canonicalJson } from '../platform/canonical-json.ts';
import type { MembershipChange } from './membership-change.ts';
import { type Decision, decisionKey } from './model.ts';

/** The access after the next run, by one of the two ways to decide. */
export interface Alternative {
  /** The access of the account; null if there is no account yet. */
  readonly access: unknown;
  readonly rule: number | null;
  readonly because: string;
}

/** The directions, in the order in which differences are listed. */
const DIRECTIONS = ['loses', 'gains', 'differs'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** An account with different decisions. Null means that one of the two decides nothing about it. */
export interface Difference {
  readonly account: string;
  readonly project?: string;
  readonly label: string;
  readonly direction: Direction;
  readonly before: Alternative | null;
  readonly after: Alternative | null;
}

/** The assumptions of a what-if question. */
export interface Assumption {
  readonly changes: readonly MembershipChange[];
  /** The file name of the policy that replaces the one in effect. */
  readonly policy: string | null;
}

/** The answer: who would gain, who would lose, and who stays as now. */
export interface WhatIf extends Assumption {
  readonly differences: readonly Difference[];
  readonly stays: readonly { readonly account: string; readonly label: string }[];
}

type Decided<A> = Decision<A>;

/** Compares two accesses: above 0 if the second is more, below 0 if it is less. */
export type CompareAccess<A> = (before: A, after: A, decision: Pick<Decided<A>, 'project'>) => number;

/** The differences between two sets of decisions on the same facts. Losses come first. */
export function differencesBetween<A>(
  before: readonly Decided<A>[],
  after: readonly Decided<A>[],
  compare: CompareAccess<A>,
): Pick<WhatIf, 'differences' | 'stays'> {
  const pairs = pairsOf(before, after).map((pair) => ({ pair, direction: directionOf(pair, compare) }));
  const inDirection = (direction: Direction | undefined) =>
    pairs.filter((one) => one.direction === direction).map(({ pair }) => pair);
  return {
    differences: DIRECTIONS.flatMap((direction) =>
      inDirection(direction).map((pair) => differenceOf(pair, direction)),
    ),
    stays: inDirection(undefined).map(({ decision: { account, label } }) => ({ account, label })),
  };
}

/** One account in both ways; `decision` is the one that comes after, where there is one. */
interface Pair<A> {
  readonly decision: Decided<A>;
  readonly before: Decided<A> | undefined;
  readonly after: Decided<A> | undefined;
}

function pairsOf<A>(before: readonly Decided<A>[], after: readonly Decided<A>[]): readonly Pair<A>[] {
  /** A person without an account can have the name of one. */
  const key = (decision: Decided<A>) => `${decision.row === null} ${decisionKey(decision)}`;
  const afterByKey = new Map(after.map((decision) => [key(decision), decision]));
  const known = new Set(before.map(key));
  return [
    ...before.map((decision) => {
      const other = afterByKey.get(key(decision));
      return { decision: other ?? decision, before: decision, after: other };
    }),
    ...after
      .filter((decision) => !known.has(key(decision)))
      .map((decision) => ({ decision, before: undefined, after: decision })),
  ];
}

function differenceOf<A>({ decision, before, after }: Pair<A>, direction: Direction): Difference {
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

/** For people without an account, the access at their first sign-in is compared. */
function directionOf<A>({ before, after }: Pair<A>, compare: CompareAccess<A>): Direction | undefined {
  if (!before || !after) return before ? 'loses' : 'gains';
  const isSame = canonicalJson(before.to) === canonicalJson(after.to);
  if (before.to !== null && after.to !== null && !isSame) {
    const order = compare(before.to, after.to, after);
    if (order > 0) return 'gains';
    return order < 0 ? 'loses' : 'differs';
  }
  const reasonDiffers = before.because !== after.because || before.kind !== after.kind;
  return reasonDiffers && (before.to === null || before.kind !== after.kind) ? 'differs' : undefined;
}
