/** The types of a run: what it carries from stage to stage, and what was asked of it. */

import type { Deadline } from '../platform/clock.ts';
import type { RequestContext } from '../platform/http-client.ts';
import type { Redactor } from '../platform/redact.ts';
import type { OtherDecision } from './comparison.ts';
import type { Recording } from './recording.ts';
import type { Assumption } from './what-if.ts';

/** Whether a run may write. `observe` never writes, whatever the request is. */
export type Mode = 'observe' | 'enforce';

/** What one run passes from stage to stage. `startedAt` is in milliseconds since 1970. */
export interface Run extends RequestContext {
  readonly id: string;
  readonly job: string;
  readonly mode: Mode;
  readonly dryRun: boolean;
  readonly approval: PlanApproval | undefined;
  /** Restricts the run to the accounts of this name: an address, a user name or an id. */
  readonly only?: string | undefined;
  /** The name that the run explains, instead of showing the plan. */
  readonly explain?: string | undefined;
  /** The plan is the opposite of what an earlier run changed. */
  readonly undo?: UndoneRun | undefined;
  /** A recording of an earlier run, used instead of reading the sources. */
  readonly recorded?: Recording | undefined;
  /** Whether what the run reads is kept as a recording. */
  readonly record?: boolean | undefined;
  /** The assumptions under which the plan is made. `policy` is the file name of another policy. */
  readonly whatIf?: Assumption | undefined;
  /** Reads another tool's decisions, to be compared with those of the run. Throws `InvalidRequestError`. */
  readonly readOthers?:
    | ((keyOf: (account: string) => string) => Promise<readonly OtherDecision[]>)
    | undefined;
  /** The run only checks what a run needs; nothing is retried. */
  readonly check?: boolean | undefined;
  /** The hash of the plan that was shown before; any other plan is refused. */
  readonly expectedPlan?: string | undefined;
  /** The text of this name that the job keeps between runs, within this deadline; undefined if nothing is kept. */
  readonly kept?: ((name: string, deadline: Deadline) => KeptText | undefined) | undefined;
  /** Removes the job's secrets from what leaves the process. */
  readonly redactor: Redactor;
  /** Called with the run's progress. */
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly startedAt: number;
  /** The start by the monotonic clock. */
  readonly startedMonotonic: number;
}

/** A text that is kept from one run to the next. Both throw where the store cannot be used. */
export interface KeptText {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** What a run is doing. Times are in milliseconds, by the monotonic clock. */
export interface Progress {
  readonly writes?: { readonly done: number; readonly total: number; readonly startedAt: number };
  readonly wait?: { readonly until: number; readonly reason: string };
}

/** The approval of one plan to which safety objects: `hash` is the hash that was shown with it. */
export interface PlanApproval {
  readonly hash: string;
  readonly reason: string;
  /** The changes of a plan file: each is approved if it is still exactly the same. */
  readonly changes?: readonly ApprovedChange[];
  /** The target of a plan file. */
  readonly target?: Readonly<Record<string, string>>;
}

/** An earlier run, and the changes that it made. */
export interface UndoneRun {
  readonly id: string;
  readonly target: Readonly<Record<string, string>>;
  readonly changes: readonly UndoneChange[];
}

/** A change that an earlier run carried out, as its report has it. */
export interface UndoneChange extends ApprovedChange {
  readonly label: string;
  readonly environments?: readonly string[] | undefined;
}

/** The fields that identify an approved change. `from` and `to` are the target's form of access, as a report shows it. */
export interface ApprovedChange {
  readonly account: string;
  readonly project?: string | undefined;
  readonly kind: string;
  readonly from: unknown;
  readonly to: unknown;
}
