/** What an approval covers: the changes of a plan file, on the target that it names. */

import { canonicalJson } from '../platform/canonical-json.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { decisionKey, type Plan } from './model.ts';
import type { ApprovedChange, PlanApproval } from './run-types.ts';
import type { Resolved } from './stage-types.ts';

const keyOf = ({ account, project, kind, from, to }: ApprovedChange): string =>
  canonicalJson({ account, project, kind, from, to });

/** The keys of the changes in the present plan that are exactly as a plan file approved them. */
export function approvedChanges(
  { changes }: Plan<unknown>,
  approval: PlanApproval | undefined,
): ReadonlySet<string> {
  const approved = new Set(approval?.changes?.map(keyOf));
  return new Set(changes.filter((change) => approved.has(keyOf(change))).map(decisionKey));
}

/** Throws `InvalidRequestError` where what is carried out, such as a plan file, is of another target than this run's. */
export function checkSameTarget(
  what: string,
  given: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): void {
  const [found, allowed] = [given, target].map(canonicalJson);
  if (found !== allowed)
    throw new InvalidRequestError(`${what} another target (found ${found}, allowed ${allowed})`);
}

/** The decisions as safety counts them: an approved change uses up no limit. Its access stays as it will be. */
export function withoutApproved<A, R>(
  resolved: Resolved<A, R>,
  approved: ReadonlySet<string>,
): Resolved<A, R> {
  if (approved.size === 0) return resolved;
  const decisions = resolved.decisions.map((decision) =>
    approved.has(decisionKey(decision)) ? { ...decision, kind: 'unchanged' as const } : decision,
  );
  return { ...resolved, decisions };
}
