import { createHash } from 'node:crypto';
import { canonicalJson } from '../platform/canonical-json.ts';
import { CHANGE_KINDS, type Change, type Decision, type Plan } from './model.ts';
import type { PlanIdentity } from './stage-types.ts';

/** Makes the plan from decisions: sorted and hashed. The order of the decisions makes no difference to it. */
export function makePlan<A, R>(
  decisions: readonly Decision<A, R>[],
  identity: PlanIdentity<A, R>,
): Plan<A, R> {
  const changes = decisions.filter(isChange).toSorted(inOrder(identity.compare));
  const hashed = { target: identity.target, changes: changes.map((change) => identity.hashInput(change)) };
  return { changes, hash: `sha256:${createHash('sha256').update(canonicalJson(hashed)).digest('hex')}` };
}

/** The form of a plan's hash in reports. */
export const PLAN_HASH = /^sha256:[0-9a-f]{64}$/;

/** Whether a decision changes something. */
export const isChange = <A, R>(decision: Decision<A, R>): decision is Change<A, R> =>
  IS_CHANGE.has(decision.kind);

const IS_CHANGE: ReadonlySet<string> = new Set(CHANGE_KINDS);

/** The order in which changes are carried out: by kind, a loss that may be a gain after the losses, then as `compare` says. */
export const inOrder =
  <A, R>(compare: PlanIdentity<A, R>['compare']) =>
  (a: Change<A, R>, b: Change<A, R>): number =>
    kindOrder(a) - kindOrder(b) || compare(a, b);

const kindOrder = ({ kind, mayGain }: Change<unknown>): number =>
  CHANGE_KINDS.indexOf(kind) + (mayGain ? 0.5 : 0);
