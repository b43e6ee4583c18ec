import type { Calls } from './calls.ts';
import type { Log } from './log.ts';
import type { Permit } from './permit.ts';
import type { Clock, Deadline } from './time.ts';

/** `observe` never writes, whatever is asked. */
export type Mode = 'observe' | 'enforce';

/** What one run carries with it from stage to stage. `startedAt` in milliseconds since 1970. */
export interface Run {
  readonly id: string;
  readonly job: string;
  /** What requests say of who sends them. */
  readonly userAgent: string;
  readonly mode: Mode;
  readonly dryRun: boolean;
  readonly approve: Approval | undefined;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly calls: Calls;
  readonly permit: Permit;
  readonly log: Log;
}

/** Leave to carry out one very plan although safety objects: `hash` as that plan was shown with. */
export interface Approval {
  readonly hash: string;
  readonly reason: string;
}
