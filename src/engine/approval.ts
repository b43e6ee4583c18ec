/** What an approval covers: the changes of a plan file, on the target that it names. */

import { canonicalJson } from '../platform/canonical-json.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { decisionKey, type Plan } from './model.ts';
import type { ApprovedChange, PlanApproval } from './run-types.ts';
import type { Resolved } from './stage-types.ts';

const keyOf = ({ account, project, kind, from, to }: ApprovedChange): string =>
  canonicalJson({ account, project, kind, from, to });

/** The keys of the changes of this plan that a plan file approves: they are exactly as in the file. */
export function approvedChanges(
  { changes }: Plan<unknown>,
  approval: PlanApproval | undefined,
): ReadonlySet<string> {
  const approved = new Set(approval?.changes?.map(keyOf));
  return new Set(changes.filter((change) => approved.has(keyOf(change))).map(decisionKey));
}

/** Throws `InvalidRequestError` if something, such as a plan file, was made for another target than that of this run. */
export function checkSameTarget(
  what: string,
  given: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): void {
  const [found, allowed] = [given, target].map(canonicalJson);
  if (found !== allowed)
    throw new InvalidRequestError(`${what} another target (found ${found}, allowed ${allowed})`);
}

/** The decisions as safety counts them: an approved change does not count against a limit, and has its new access already. */
export function withoutApproved<A, R>(
  resolved: Resolved<A, R>,
  approved: ReadonlySet<string>,
): Resolved<A, R> {
  const decisions = resolved.decisions.map((decision) =>
    approved.has(decisionKey(decision)) ? { ...decision, kind: 'unchanged' as const } : decision,
  );
  return { ...resolved, decisions };
}
