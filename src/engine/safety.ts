/** How many changes a limit allows, and the objections to a plan that exceeds a limit. */

import type { Limit, Objection, Plan } from './model.ts';

/** The number that a limit allows: a count, or a percentage (rounded down) of a population, whichever is greater. */
export const allowance = (count: number, percent: number, population: number): number =>
  Math.max(count, Math.floor((percent * population) / 100));

/** An overridable objection for each limit that is exceeded. `setting` is the setting that raises it. */
export function objectionsFor(
  limits: readonly (Limit & { readonly setting: string })[],
): readonly Objection[] {
  return limits
    .filter(({ found, allowed }) => found > allowed)
    .map(({ name, found, allowed, setting }) => ({
      name,
      found,
      allowed,
      message: `${name}: too many for one run (found ${found}, allowed ${allowed}; see ${setting})`,
      overridable: true,
    }));
}

/** The objections that remain after this hash was approved. If it is not the hash of the plan, that is an objection too. */
export function remainingObjections(
  objections: readonly Objection[],
  plan: Plan<unknown>,
  approvedHash: string | undefined,
): readonly Objection[] {
  if (approvedHash === undefined) return objections;
  if (approvedHash === plan.hash) return objections.filter(({ overridable }) => !overridable);
  const other: Objection = {
    name: 'approve',
    found: approvedHash,
    allowed: plan.hash,
    message: `approve: the approved plan is not the present one (found ${approvedHash}, allowed ${plan.hash})`,
    overridable: false,
  };
  return [...objections, other];
}
