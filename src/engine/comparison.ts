/** Compares a run's decisions with those of another tool. */

import type { Decision } from './model.ts';

/** The decision of another tool about one account. `line` is its line in the file. */
export interface OtherDecision {
  readonly account: string;
  readonly decision: string;
  readonly line: number;
}

/** How a job's decisions are compared with those of another tool. */
export interface ComparisonRules<A> {
  /** Accounts with the same key are the same account. */
  keyOf(account: string): string;
  /** The run's decision, in the words of the other tool's file. */
  decisionOf(decision: Decision<A>): string;
  /** A word of the file in the form that is compared. */
  wordOf(decision: string): string;
  /** The decision that gives nothing: an account with it in one list may be missing from the other. */
  readonly nothing: string;
}

/** One account that the two tools decide differently. Null where a tool does not know it. */
export interface ComparedAccount {
  readonly account: string;
  readonly project?: string;
  readonly theirs: string | null;
  readonly ours: string | null;
  readonly rule: number | null;
  readonly because: string;
}

/** The differences between two tools. `same` is the number of accounts that both decide in the same way. */
export interface Comparison {
  readonly onlyTheirs: readonly ComparedAccount[];
  readonly onlyOurs: readonly ComparedAccount[];
  readonly different: readonly ComparedAccount[];
  readonly same: number;
}

/** Compares a run's decisions with those of another tool. */
export function compareDecisions<A>(
  others: readonly OtherDecision[],
  decisions: readonly Decision<A>[],
  { keyOf, decisionOf, wordOf, nothing }: ComparisonRules<A>,
): Comparison {
  const theirs = new Map(others.map((other) => [keyOf(other.account), other]));
  const known = new Set(decisions.map(({ label }) => keyOf(label)));
  const pairs = decisions.map((decision) => {
    const other = theirs.get(keyOf(decision.label));
    return { decision, ours: decisionOf(decision), theirs: other ? wordOf(other.decision) : null };
  });
  const isSame = (pair: (typeof pairs)[number]) => pair.ours === (pair.theirs ?? nothing);
  const differing = pairs.filter((pair) => !isSame(pair));
  const unknown = others.filter(({ account }) => !known.has(keyOf(account)));
  const given = unknown.filter((other) => wordOf(other.decision) !== nothing);
  return {
    onlyTheirs: given.map(({ account, decision }) => ({
      account,
      theirs: wordOf(decision),
      ours: null,
      rule: null,
      because: 'no account of this name was read',
    })),
    onlyOurs: differing.filter((pair) => pair.theirs === null).map(comparedAccount),
    different: differing.filter((pair) => pair.theirs !== null).map(comparedAccount),
    same: pairs.length - differing.length + unknown.length - given.length,
  };
}

const comparedAccount = <A>({
  decision: { label, account, project, rule, because },
  ours,
  theirs,
}: {
  readonly decision: Decision<A>;
  readonly ours: string;
  readonly theirs: string | null;
}): ComparedAccount => ({
  account: label || account,
  ...(project === undefined ? {} : { project }),
  theirs,
  ours,
  rule,
  because,
});
