import type { CheckLine } from '../engine/check.ts';
import type { Comparison } from '../engine/comparison.ts';
import type { Explanation } from '../engine/explain.ts';
import type { MembershipChange } from '../engine/membership-change.ts';
import type { Recording } from '../engine/recording.ts';
import type { PlanApproval, Progress } from '../engine/run-types.ts';
import type { WhatIf } from '../engine/what-if.ts';
import type { Clock } from '../platform/clock.ts';
import type { LogSink } from '../platform/log.ts';
import type { Environment } from '../platform/settings.ts';
import type { HistoryReport } from '../reports/history.ts';
import type { Report, UnchangedAccount } from '../reports/report.ts';
import type { HistoryQuery } from './past-runs.ts';

/** A request to a job: a run, or a question. */
export interface RunRequest {
  readonly dryRun: boolean;
  readonly approval?: PlanApproval | undefined;
  /** Restricts the run to the accounts of one name. */
  readonly only?: string | undefined;
  /** Only checks everything that a run needs; nothing is written. */
  readonly check?: boolean | undefined;
  /** The name that the run explains; it writes nothing. */
  readonly explain?: string | undefined;
  /** The hash of the plan that was shown before; any other plan is refused. */
  readonly expectedPlan?: string | undefined;
  /** A recording of an earlier run, used instead of reading. The environment has to be the recorded one. */
  readonly recording?: Recording | undefined;
  /** Whether what the run reads is kept as a recording. */
  readonly record?: boolean | undefined;
  /** The run answers what the plan would be; it writes nothing. */
  readonly whatIf?: WhatIfRequest | undefined;
  /** The path of another tool's decisions, which are compared with the run's. The run writes nothing. */
  readonly compare?: string | undefined;
  /** Lists past runs; no run takes place. */
  readonly history?: HistoryQuery | undefined;
  /** The id of the run whose kept report is shown; no run takes place. */
  readonly show?: string | undefined;
  /** The id of the run that is undone: the plan is the opposite of its changes. */
  readonly undo?: string | undefined;
}

/** A what-if question: other memberships, another policy, or both. */
export interface WhatIfRequest {
  readonly changes: readonly MembershipChange[];
  /** Another policy: its text and its name. */
  readonly policy?: { readonly name: string; readonly text: string } | undefined;
}

/** Where a job runs. `known` are the names of all settings; `stop` ends the run between two writes; `header` reads the request's headers. */
export interface RunContext {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly known: readonly string[];
  readonly stop?: AbortSignal;
  readonly verbose?: boolean;
  /** Somebody waits at a terminal: a plan tries an unreachable system only twice, and faults of settings are not logged as well. */
  readonly terminal?: boolean;
  /** Called with the run's progress. */
  progress?(progress: Progress): void;
  readonly labels?: Readonly<Record<string, string>>;
  header?(name: string): string | undefined;
}

/** The result of a run: its report, and how to describe one of its changes in a few words. */
export interface RunResult {
  readonly report: Report;
  /** The answer to an explain question; undefined if the run failed before it. */
  readonly explanation?: Explanation;
  /** The answer to a what-if question. */
  readonly whatIf?: WhatIf;
  /** How the run's decisions differ from those of another tool. */
  readonly comparison?: Comparison;
  /** What the run read, if that was asked for. */
  readonly recording?: Recording;
  /** The answer to a check. */
  readonly checks?: readonly CheckLine[];
  /** The past runs that were asked for. */
  readonly history?: HistoryReport;
  /** True if the report is that of an earlier run, which was asked for. */
  readonly isPastReport?: boolean;
  /** The unchanged accounts, for a page. */
  unchanged(): readonly UnchangedAccount[];
  describe(from: unknown, to: unknown): string;
}
