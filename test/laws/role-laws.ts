import { addressKey } from '../../src/directories/same-name.ts';
import type { Decision } from '../../src/engine/model.ts';
import { rankIn } from '../../src/engine/role-order.ts';
import { subjects } from '../../src/jobs/growthbook-roles/list-subjects.ts';
import { resolve } from '../../src/jobs/growthbook-roles/resolve.ts';
import { type Access, describe, projectRoleOf } from '../../src/targets/growthbook/access.ts';
import type { Member } from '../../src/targets/growthbook/schema.ts';
import { explanationProblems } from '../explanations.ts';
import { expectedDecision, roleOf } from './oracle.ts';
import { PROJECT, type RoleOrganisation } from './role-organisations.ts';

type RoleDecision = Decision<Access, Member>;

/** What is wrong with the decisions of a organisation; nothing where they are what the oracle says. */
export function faultsIn(organisation: RoleOrganisation): readonly string[] {
  const { facts, policy, protectedMembers, ceiling } = organisation;
  const access = { order: policy.order, project: PROJECT, maxGlobalRole: ceiling };
  const rules = { policy, access, protectedMembers };
  const resolved = resolve(facts, rules);
  const all = subjects(facts, resolved, rules);
  const onMembers = resolved.decisions.filter(({ row }) => row !== null);
  const pending = resolved.decisions.filter(({ row }) => row === null);
  return [
    ...(onMembers.length === facts.members.length ? [] : ['not one decision for each member']),
    ...onMembers.flatMap((decision) => memberFaults(decision, organisation)),
    ...pendingFaults(pending, organisation),
    ...all.flatMap((subject) => missingRules(subject, organisation)),
    ...explanationProblems(resolved, all, describe),
  ];
}

function memberFaults(decision: RoleDecision, organisation: RoleOrganisation): readonly string[] {
  const { oracle, protectedMembers, facts, ceiling } = organisation;
  const member = oracle.members.find(({ id }) => id === decision.account);
  const row = facts.members.find(({ id }) => id === decision.account);
  const { from, to, kind } = decision;
  if (!member || !row || !from || !to) return [`${decision.account}: no member`];
  const isProtected = protectedMembers.map(addressKey).includes(addressKey(member.email));
  const expected = expectedDecision(member, oracle, { policy: oracle.policy, isProtected });
  const rank = rankIn(oracle.policy.order);
  const found = projectRoleOf(to);
  const wrong = (what: string) => [
    `${decision.account}: ${what} (found ${kind} to ${found}: ${decision.because})`,
  ];
  if (rank(to.globalRole) > rank(from.globalRole)) return wrong('the global role rises');
  if (kind === 'skipped') {
    if (found !== projectRoleOf(from)) return wrong('skipped, and changed');
    const isFree = expected.kind === 'role' && !row.managedbyIdp && expected.role !== member.current;
    return isFree ? wrong(`skipped, where ${expected.role} is desired`) : [];
  }
  if (expected.kind === 'unknown' || (expected.kind === 'kept' && expected.why === 'protected'))
    return wrong(`not skipped, where it is ${expected.kind}`);
  // An ambiguous member that keeps its role can still lose a global role above the ceiling.
  const role = expected.kind === 'role' ? expected.role : member.current;
  if (found !== role) return wrong(`${role} is desired`);
  if (kind !== 'unchanged' && rank(to.globalRole) > rank(ceiling)) return wrong('above the ceiling');
  return [];
}

function pendingFaults(pending: readonly RoleDecision[], { oracle }: RoleOrganisation): readonly string[] {
  const taken = new Set(oracle.members.map(({ email }) => email.toLowerCase()));
  const desired = oracle.people
    .filter(({ mails }) => !mails.some((mail) => taken.has(mail)))
    .filter(({ readable }) => readable)
    .map((person) => ({ uid: person.uid, role: roleOf(oracle.policy, person) }))
    .filter(({ role }) => role !== 'noaccess');
  const found = pending.map(({ account, atSignIn }) => `${account} ${atSignIn}`).toSorted();
  const expected = desired.map(({ uid, role }) => `${uid} ${role}`).toSorted();
  return found.join() === expected.join()
    ? []
    : [`at the first sign-in: found ${found.join()}, desired ${expected.join()}`];
}

/** An explanation has every rule of the policy. */
function missingRules(
  { decision, explain }: ReturnType<typeof subjects>[number],
  { policy }: RoleOrganisation,
): readonly string[] {
  const known = [...policy.rules, ...policy.expired].length + (policy.gate === 'none' ? 0 : 1);
  const found = explain().rules.length;
  return found === known ? [] : [`${decision?.account}: ${found} of ${known} rules are explained`];
}
