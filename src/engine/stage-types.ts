/** The types of a run's stages: what a job brings for each, and what each returns. */

import type { Check } from './check.ts';
import type { ComparisonRules } from './comparison.ts';
import type { MembershipChange } from './membership-change.ts';
import type {
  Change,
  ChangeResult,
  Decision,
  Drift,
  Note,
  SafetyReport,
  SourceReading,
  Subject,
  WriteResult,
} from './model.ts';
import type { FactsFormat } from './recording.ts';
import type { UndoneRun } from './run-types.ts';
import type { CompareAccess } from './what-if.ts';

/** One source, read completely. `version` names what was read, if it has a name; `asOf` is its time (RFC 3339), if it has one. */
export interface Reading<T> {
  readonly facts: T;
  readonly entries: number;
  readonly version: string | null;
  readonly asOf?: string | null;
}

/** Records sources, notes and failures as they are read, so that a failed run can still report them. */
export interface Recorder {
  source(reading: SourceReading): void;
  note(note: Note): void;
  /** Records a failed source that leaves some accounts undecided: the run continues and ends as `source-failed`. */
  failure(message: string): void;
}

/** One decision for each account, and notes. */
export interface Resolved<A, R = unknown> {
  readonly decisions: readonly Decision<A, R>[];
  readonly notes: readonly Note[];
  readonly drift?: readonly Drift[];
}

/** How a job's plan is sorted and hashed. */
export interface PlanIdentity<A, R = unknown> {
  /** Identifies the target: a plan for one target is not valid for another. */
  readonly target: Readonly<Record<string, string>>;
  /** Compares two changes of one kind, for sorting. */
  compare(a: Change<A, R>, b: Change<A, R>): number;
  /** The facts of one change that an approval covers. */
  hashInput(change: Change<A, R>): Readonly<Record<string, unknown>>;
}

/** What apply returns: the result of each change, other errors, and notes. */
export interface Verification<A, R = unknown> {
  readonly results: readonly ChangeResult<A, R>[];
  readonly failures: readonly string[];
  readonly notes: readonly Note[];
  /** The error that ended the reading back. */
  readonly stopReason?: Error;
}

/** The target as apply uses it. */
export interface Target<A, R = unknown> {
  /** Prepares the writes, right before the first one. If it throws, the run ends without a write. */
  begin(changes: readonly Change<A, R>[]): Promise<Writing<A, R>>;
}

/** A target that is ready to be written. The order of calls is `write` for each change, one after the other, then `verify`. */
export interface Writing<A, R = unknown> {
  /** Groups of changes that are written first: of each group, one change after the other until one is not stale. */
  readonly probes: readonly (readonly Change<A, R>[])[];
  /** Writes one change, or returns why not. Throws only unexpected errors. */
  write(change: Change<A, R>): Promise<WriteResult<R>>;
  /** After the last write: reads back, repeats lost writes, publishes the results. */
  verify(results: readonly ChangeResult<A, R>[]): Promise<Verification<A, R>>;
}

/** What recordings and questions of the form "what if" need of a job. All of it is pure. */
export interface WhatIfStages<F, A> {
  /** How the facts are recorded. */
  readonly factsFormat: FactsFormat<F>;
  /** The facts after assumed changes. Throws `InvalidRequestError` for a person or group that is not in the facts. */
  change(facts: F, changes: readonly MembershipChange[]): F;
  /** Whether one access is more than another. */
  readonly compareAccess: CompareAccess<A>;
}

/** What a job brings to a run: one function for each stage. All but `collect` and `target` are pure. */
export interface Stages<F, A, R = unknown> {
  collect(recorder: Recorder): Promise<F>;
  resolve(facts: F): Resolved<A, R>;
  /** All subjects of questions: each account with its person, and each person without an account. */
  subjects(facts: F, resolved: Resolved<A, R>): readonly Subject<A, R>[];
  readonly identity: PlanIdentity<A, R>;
  checkSafety(resolved: Resolved<A, R>, facts: F): SafetyReport;
  /** The target of these facts. */
  target(facts: F): Target<A, R>;
  /** The opposite of what an earlier run changed; absent if the job cannot undo its changes. */
  readonly undo?: (facts: F, run: UndoneRun) => Resolved<A, R>;
  /** Called in an enforcing run without changes: finishes what earlier runs could not finish. */
  readonly catchUp?: () => Promise<Pick<Verification<A, R>, 'failures' | 'notes'>>;
  /** How decisions are compared with those of another tool; absent where there is none. */
  readonly comparison?: ComparisonRules<A>;
  /** Recordings, and questions of the form "what if"; absent where the job has neither. */
  readonly whatIf?: WhatIfStages<F, A>;
  /** The checks of everything that a run needs. */
  checks(): readonly Check[];
  /** Numbers for dashboards, by name. */
  gauges(resolved: Resolved<A, R>, facts: F): Readonly<Record<string, number>>;
}
