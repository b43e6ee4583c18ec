/** Explains the decisions about one person or account, with the conclusion of the plan. */

import type { Decision, Explained, Objection, SourceReading, Statement, Subject } from './model.ts';
import { nearestNames, subjectsNamed } from './subjects.ts';

/** The plan's decision. `hindrance` is the reason why it is not carried out, or null. */
export interface ExplainedDecision extends Omit<Decision<unknown>, 'row' | 'tried' | 'desired'> {
  readonly hindrance: string | null;
}

/** The explanation of one person or account. */
export interface Match extends Omit<Explained, 'statements'> {
  readonly sources: readonly (Statement & Pick<SourceReading, 'version' | 'asOf'>)[];
  readonly decision: ExplainedDecision | null;
}

/** The answer to a question about one name: everything of that name, or the nearest names. */
export interface Explanation {
  readonly who: string;
  readonly matches: readonly Match[];
  readonly nearest: readonly string[];
}

/** The sources of a run, and the objections to its plan. */
export interface PlanFacts {
  readonly sources: readonly SourceReading[];
  readonly objections: readonly Objection[];
}

/** Explains every subject of a name, with the decisions of the run's plan. */
export function explain<A, R>(
  who: string,
  subjects: readonly Subject<A, R>[],
  state: PlanFacts,
): Explanation {
  const found = subjectsNamed(subjects, who);
  const matches = found.map((subject) => matchOf(subject, state));
  return { who, matches, nearest: found.length > 0 ? [] : nearestNames(subjects, who) };
}

function matchOf<A, R>(
  { decision, explain: explainSubject }: Subject<A, R>,
  { sources, objections }: PlanFacts,
): Match {
  const { statements, ...explained } = explainSubject();
  const sourcesByName = new Map(sources.map((reading) => [reading.name, reading]));
  return {
    ...explained,
    sources: statements.map((one) => {
      const { version = null, asOf = null } = sourcesByName.get(one.source) ?? {};
      return { ...one, version, asOf };
    }),
    decision: decision && explainedDecision(decision, objections),
  };
}

function explainedDecision(
  { row: _row, tried: _tried, desired: _desired, ...decision }: Decision<unknown>,
  objections: readonly Objection[],
): ExplainedDecision {
  return { ...decision, hindrance: whyNotCarriedOut(decision, objections) };
}

function whyNotCarriedOut(
  { kind, because }: Pick<Decision<unknown>, 'kind' | 'because'>,
  objections: readonly Objection[],
): string | null {
  if (kind === 'unchanged' || kind === 'pending-sign-in') return null;
  if (kind === 'skipped' || kind === 'undecided') return because;
  if (objections.length === 0) return null;
  return `the whole plan is refused: ${objections.map(({ message }) => message).join('; ')}`;
}
