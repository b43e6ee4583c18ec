import type { RequestContext } from '../platform/http-client.ts';

/** `observe` never writes, whatever is asked. */
export type Mode = 'observe' | 'enforce';

/** What one run passes from stage to stage. `startedAt` is in milliseconds since 1970. */
export interface Run extends RequestContext {
  readonly id: string;
  readonly job: string;
  readonly mode: Mode;
  readonly dryRun: boolean;
  readonly approval: PlanApproval | undefined;
  readonly startedAt: number;
}

/** The approval of exactly one plan although safety objects: `hash` as that plan was shown with. */
export interface PlanApproval {
  readonly hash: string;
  readonly reason: string;
}
