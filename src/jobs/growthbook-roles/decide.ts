/** Decides what a member gets on a project. */

import type { Decision, NeedReason } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import { compareText } from '../../platform/compare-text.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { noMatch, type RoleDecision } from '../../policy/evaluate.ts';
import {
  type Access,
  type AccessRules,
  currentAccess,
  describe,
  desiredAccess,
  entriesOf,
  entryOf,
  kindOf,
  projectRoleOf,
} from '../../targets/growthbook/access.ts';
import { grantsOn, widens } from '../../targets/growthbook/effective-grants.ts';
import { afterWrite, canBeLimited, whyUnwritable } from '../../targets/growthbook/role-update.ts';
import { labelOf, type Member, type Team } from '../../targets/growthbook/schema.ts';
import type { MemberMatch } from './match.ts';

/** A member with its teams, and what the policy decides for each person who may own the account: none, one, or several. */
export interface Case extends Pick<MemberMatch, 'member' | 'address'> {
  readonly ambiguous: string | undefined;
  readonly teams: readonly Team[];
  readonly roleDecisions: readonly RoleDecision[];
}

/** The rules of a decision. `isProtected` has the addresses that are never written, in normal form. */
export interface DecideRules {
  readonly policy: DatedPolicy;
  readonly access: AccessRules;
  readonly isProtected: ReadonlySet<string>;
}

type RoleDecisionOnMember = Decision<Access, Member>;

/** What the policy gives a member: the highest role of its possible owners; nothing where there is none. */
export function highestRoleDecision({ roleDecisions }: Case, policy: DatedPolicy): RoleDecision {
  const [first = noMatch(policy)] = roleDecisions;
  const rank = rankIn(policy.order);
  const isBetter = (a: RoleDecision, b: RoleDecision) =>
    (rank(b.role) - rank(a.role) || compareText(a.because, b.because)) < 0;
  return roleDecisions.reduce((best, one) => (isBetter(one, best) ? one : best), first);
}

/**
 * The decision on one member.
 *
 * | person     | desired role                           | decision                                    |
 * | ---------- | -------------------------------------- | ------------------------------------------- |
 * | none       | none                                   | revoke, or unchanged                        |
 * | one        | known                                  | the change from the current to the desired  |
 * | one        | not known: its source was not read     | skipped                                     |
 * | ambiguous  | the highest of its possible owners, and never more than the current one | the loss, or skipped |
 *
 * A change is skipped where the member is protected, no request can express it, or a loss would widen access.
 */
export function decide(one: Case, rules: DecideRules): RoleDecisionOnMember {
  const { member, ambiguous, roleDecisions } = one;
  const unknown = roleDecisions.find((roleDecision) => roleDecision.unknown !== null)?.unknown;
  const from = currentAccess(member, rules.access);
  if (unknown)
    return leave(member, from, {
      because: [ambiguous, unknown].filter((text) => text !== undefined).join('; '),
      reason: 'unknown',
    });
  const roleDecision = highestRoleDecision(one, rules.policy);
  if (ambiguous === undefined) return changeTo(roleDecision, from, { one, rules });
  const role = atMost(projectRoleOf(from), roleDecision.role, rules.policy.order);
  const limit =
    roleDecision.role === 'noaccess'
      ? 'the policy gives none of these people anything'
      : `the policy gives none of these people more than ${roleDecision.role}`;
  const because = `${ambiguous}; ${limit}: ${roleDecision.because}`;
  const decision = changeTo({ ...roleDecision, role, because }, from, { one, rules });
  return decision.kind === 'unchanged'
    ? leave(member, from, { because: ambiguous, reason: 'ambiguous' })
    : decision;
}

/** The lower of two roles. A role that is not in the order may allow anything, so it becomes the lowest. */
function atMost(current: string, limit: string, order: readonly string[]): string {
  const at = Math.min(order.indexOf(current), order.indexOf(limit));
  return order[Math.max(0, at)] ?? limit;
}

const leave = (row: Member, from: Access, { because, reason }: SkipReason): RoleDecisionOnMember => ({
  account: row.id,
  label: labelOf(row),
  row,
  kind: 'skipped',
  from,
  to: from,
  rule: null,
  because,
  groups: [],
  needsPerson: { reason, due: null },
});

function changeTo(
  roleDecision: RoleDecision,
  from: Access,
  { one, rules }: { readonly one: Case; readonly rules: DecideRules },
): RoleDecisionOnMember {
  const { member } = one;
  const { access, policy } = rules;
  const { rule, because, groups } = roleDecision;
  const common = { account: member.id, label: labelOf(member), row: member, rule, groups };
  const to = desiredAccess(from, roleDecision.role, access);
  const kind = kindOf(from, to, policy.order);
  const skipReason = whySkipped(one, { to, kind }, rules);
  if (skipReason) {
    const due = kind === 'unchanged' ? null : `${kind} ${describe(from, to)}`;
    const desired = due === null ? `desired ${projectRoleOf(to)}, as now` : `desired ${due}`;
    const why = `${skipReason.because}; ${desired}: ${because}`;
    const need = due === null ? {} : { needsPerson: { reason: skipReason.reason, due }, desired: to };
    return { ...common, kind: 'skipped', from, to: from, because: why, ...need };
  }
  const limited = kind === 'unchanged' ? {} : limitOf(member, access);
  const change = { ...common, kind, from, to, ...limited };
  const lost = limited.environments
    ? lostLimit(limited.environments, afterWrite(member, to, access), access)
    : [];
  const reason = [because, ...lost].join('; ');
  if (!mayGain({ from, to }, policy.order)) return { ...change, because: reason };
  const warning = `${projectRoleOf(from)} is not in the policy’s order, so that this may be a gain`;
  return { ...change, because: `${reason}; ${warning}`, mayGain: true };
}

/** The words about a limit that the written role could keep and does not. Whether a custom role can keep one, only the server knows. */
function lostLimit(before: readonly string[], after: Member, access: AccessRules): readonly string[] {
  return entriesOf(after, access.project)
    .filter((entry) => !entry.limitAccessByEnvironment && canBeLimited(entry.role))
    .map(
      ({ role }) =>
        `the limit to ${before.join(', ') || 'no environment'} is lost, and ${role} holds in all environments`,
    );
}

/** The environments to which the role in force is limited, if it is. */
function limitOf(member: Member, access: AccessRules): Pick<RoleDecisionOnMember, 'environments'> {
  const row = entryOf(member, access) ?? { ...member, role: member.globalRole };
  return row.limitAccessByEnvironment && canBeLimited(row.role) ? { environments: row.environments } : {};
}

/** Why a change is not made. */
export interface SkipReason {
  readonly reason: NeedReason;
  readonly because: string;
}

interface ProposedChange {
  readonly from: Access;
  readonly to: Access;
  readonly kind: RoleDecisionOnMember['kind'];
}

/** A role that is not in the order may allow anything: a change from it to any role but `noaccess` may be a gain. */
const mayGain = ({ from, to }: Pick<ProposedChange, 'from' | 'to'>, order: readonly string[]): boolean =>
  projectRoleOf(to) !== 'noaccess' && !order.includes(projectRoleOf(from));

/** Why a member keeps its current access; undefined where nothing prevents the change. */
export function whySkipped(
  { member, address, teams }: Pick<Case, 'member' | 'address' | 'teams'>,
  { to, kind }: Pick<ProposedChange, 'to' | 'kind'>,
  { policy, access, isProtected }: DecideRules,
): SkipReason | undefined {
  if (isProtected.has(address))
    return { reason: 'protected', because: 'protected by GROWTHBOOK_PROTECTED_MEMBERS' };
  if (kind === 'unchanged') return undefined;
  const unwritable = whyUnwritable(member, to, access);
  if (unwritable !== undefined)
    return { reason: member.managedbyIdp ? 'provider-managed' : 'unwritable', because: unwritable };
  if (kind !== 'revoke' && kind !== 'downgrade') return undefined;
  const before = grantsOn(member, teams, access.project);
  const after = grantsOn(afterWrite(member, to, access), teams, access.project);
  if (!widens(before, after, policy.order)) return undefined;
  return { reason: 'unwritable', because: 'the write would widen what this member can do' };
}
