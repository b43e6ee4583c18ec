import type { Limit, Objection, Plan, Verdict } from './model.ts';

/** The greater of a count and a percentage (rounded down) of a population. */
export const allowance = (count: number, percent: number, population: number): number =>
  Math.max(count, Math.floor((percent * population) / 100));

/** An overridable objection for each limit that is exceeded. `setting` names what raises it. */
export function objectionsTo(
  limits: readonly (Limit & { readonly setting: string })[],
): readonly Objection[] {
  return limits
    .filter(({ found, allowed }) => found > allowed)
    .map(({ name, found, allowed, setting }) => ({
      name,
      found,
      allowed,
      message: `${name}: more than one run may make (found ${found}, allowed ${allowed}; see ${setting})`,
      overridable: true,
    }));
}

/** The objections that stand against a plan, given the hash that somebody approved: any other plan's hash is itself an objection. */
export function standing<A>(
  verdict: Verdict,
  plan: Plan<A>,
  approvedHash: string | undefined,
): readonly Objection[] {
  if (approvedHash === undefined) return verdict.objections;
  if (approvedHash === plan.hash) return verdict.objections.filter(({ overridable }) => !overridable);
  const other: Objection = {
    name: 'approve',
    found: approvedHash,
    allowed: plan.hash,
    message: `approve: the approved plan is not the present one (found ${approvedHash}, allowed ${plan.hash})`,
    overridable: false,
  };
  return [...verdict.objections, other];
}
