import type { Comparison } from './comparison.ts';
import type { Explanation } from './explain.ts';
import type { ChangeResult, Decision, Drift, Limit, Note, Objection, Plan, SourceReading } from './model.ts';
import { mostSevere, type RunError, type RunOutcome } from './outcome.ts';
import type { RecordedFacts } from './recording.ts';
import type { WhatIf } from './what-if.ts';

/** Everything that the stages of one run returned. */
export interface RunState<A, R = unknown> {
  /** The identity of the target, as in the plan's hash; undefined before the settings are read. */
  readonly target: Readonly<Record<string, string>> | undefined;
  readonly sources: readonly SourceReading[];
  readonly notes: readonly Note[];
  readonly errors: readonly RunError[];
  readonly decisions: readonly Decision<A, R>[];
  readonly plan: Plan<A, R> | undefined;
  readonly limits: readonly Limit[];
  readonly objections: readonly Objection[];
  readonly results: readonly ChangeResult<A, R>[];
  readonly drift: readonly Drift[];
  readonly gauges: Readonly<Record<string, number>>;
  /** The answer to the question that the run was asked. */
  readonly explanation?: Explanation;
  /** What the run read, if it was asked to record it. */
  readonly recorded?: RecordedFacts;
  /** How the decisions differ from those of another tool. */
  readonly comparison?: Comparison;
  /** The answer to a question of the form "what if". */
  readonly whatIf?: WhatIf;
  /** True if another run of the job was working, so that this one did nothing. */
  readonly skipped: boolean;
}

/** The state of a run, with defaults for everything that is not given. */
export const runStateOf = <A, R>(known: Partial<RunState<A, R>>): RunState<A, R> => ({
  target: undefined,
  sources: [],
  notes: [],
  errors: [],
  decisions: [],
  plan: undefined,
  limits: [],
  objections: [],
  results: [],
  drift: [],
  gauges: {},
  skipped: false,
  ...known,
});

/** How a run ended: its most severe error, else the results of its changes. */
export function outcomeOf(
  { skipped, errors, plan, results }: RunState<unknown>,
  dryRun: boolean,
): RunOutcome {
  const severe = mostSevere(errors);
  if (severe) return severe;
  if (skipped) return 'skipped';
  if (!plan || plan.changes.length === 0) return 'unchanged';
  if (dryRun) return 'planned';
  return results.some(({ result }) => result === 'applied') ? 'applied' : 'unchanged';
}
