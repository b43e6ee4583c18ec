import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, Note } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import { type DatedPolicy, evaluate, noMatch, type RoleDecision } from '../../policy/evaluate.ts';
import {
  type Access,
  type AccessRules,
  currentAccess,
  describe,
  desiredAccess,
  kindOf,
  projectRoleOf,
} from '../../targets/growthbook/access.ts';
import { grantsOn, teamsAbove, widens } from '../../targets/growthbook/effective-grants.ts';
import { afterWrite, whyUnwritable } from '../../targets/growthbook/role-update.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';
import { type MemberMatch, matchMembers } from './match.ts';
import { type DirectoryFacts, membershipsOf } from './membership.ts';
import { policyNotes } from './notes.ts';

/** All that a decision is made from. */
export interface RoleFacts extends DirectoryFacts {
  readonly members: readonly Member[];
  readonly teams: readonly Team[];
}

/** What the operator decides: the policy, the access of writing, and who is never written (lower-case addresses). */
export interface ResolveRules {
  readonly policy: DatedPolicy;
  readonly access: AccessRules;
  readonly protectedMembers: readonly string[];
}

/** One decision for each member, and for each person who is due a role and has no member yet. Everybody is evaluated once. */
export function resolve(facts: RoleFacts, rules: ResolveRules): Resolved<Access, Member> {
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  const memberships = membershipsOf(facts, rules.policy);
  const ruleOn = (person: LdapPerson | undefined): RoleDecision => {
    const membership = person && memberships.get(person);
    return membership ? evaluate(rules.policy, membership) : noMatch(rules.policy);
  };
  const teamsById = new Map(facts.teams.map((team) => [team.id, team]));
  const cases = joined.map((match): Case => {
    const teams = match.member.teams.map((id) => teamsById.get(id)).filter((team) => team !== undefined);
    return { ...match, teams, ruling: ruleOn(match.person) };
  });
  const decided = cases.map((one) => ({ one, decision: decide(one, rules) }));
  const pending = withoutMember.flatMap((person) => pendingSignIn(person, ruleOn(person)));
  const teamGrants = decided.flatMap(({ one, decision }) => teamNotes(one, decision, rules));
  return {
    decisions: [...decided.map(({ decision }) => decision), ...pending],
    notes: [...teamGrants, ...protectionNotes(facts, rules), ...policyNotes(rules.policy)],
  };
}

/** A member with its person, its teams and what the policy gives it. */
interface Case extends MemberMatch {
  readonly teams: readonly Team[];
  readonly ruling: RoleDecision;
}

/** A protected address that is nobody's protects nobody: most likely it is misspelt. */
function protectionNotes({ members }: RoleFacts, { protectedMembers }: ResolveRules): readonly Note[] {
  const addresses = new Set(members.map(({ email }) => email.trim().toLowerCase()));
  return protectedMembers
    .filter((address) => !addresses.has(address))
    .map((label) => ({
      kind: 'protected',
      account: null,
      label,
      because: 'no member has this address of GROWTHBOOK_PROTECTED_MEMBERS',
    }));
}

function decide(one: Case, rules: ResolveRules): Decision<Access, Member> {
  const { member, ruling, ambiguous } = one;
  const { policy, access } = rules;
  const from = currentAccess(member, access.project);
  const about = { account: member.id, label: member.email, row: member };
  const unclear = ambiguous ?? ruling.unknown;
  if (unclear !== null) {
    return { ...about, kind: 'skipped', from, to: from, rule: null, because: unclear, groups: [] };
  }
  const to = desiredAccess(from, ruling.role, access);
  const kind = kindOf(from, to, policy.order);
  const { rule, because, groups } = ruling;
  const reason = whySkipped(one, { to, kind }, rules);
  if (reason === undefined) return { ...about, kind, from, to, rule, because, groups };
  const would =
    kind === 'unchanged' ? `due ${projectRoleOf(to)}, as now` : `due ${kind} ${describe(from, to)}`;
  const why = `${reason}; ${would}: ${because}`;
  return { ...about, kind: 'skipped', from, to: from, rule, because: why, groups };
}

interface Intent {
  readonly to: Access;
  readonly kind: Decision<Access, Member>['kind'];
}

function whySkipped(
  { member, teams }: Case,
  { to, kind }: Intent,
  { policy, access, protectedMembers }: ResolveRules,
): string | undefined {
  if (protectedMembers.includes(member.email.trim().toLowerCase()))
    return 'protected by GROWTHBOOK_PROTECTED_MEMBERS';
  if (kind === 'unchanged') return undefined;
  const unwritable = whyUnwritable(member, to, access);
  if (unwritable !== undefined) return unwritable;
  if (kind !== 'revoke' && kind !== 'downgrade') return undefined;
  const before = grantsOn(member, teams, access.project);
  const after = grantsOn(afterWrite(member, to, access), teams, access.project);
  return widens(before, after, policy.order) ? 'the write would widen what this member can do' : undefined;
}

function pendingSignIn(person: LdapPerson, ruling: RoleDecision): readonly Decision<Access, Member>[] {
  if (ruling.role === 'noaccess') return [];
  const because = `due ${ruling.role} at first sign-in: ${ruling.because}`;
  const { rule: number, groups } = ruling;
  const label = person.mails.toSorted()[0] ?? person.uid;
  return [
    {
      account: person.uid,
      row: null,
      label,
      kind: 'pending-sign-in',
      from: null,
      to: null,
      rule: number,
      because,
      groups,
    },
  ];
}

/** A note for each team that gives a member more than is due, as the row will be after the run. */
function teamNotes(
  { member, teams, ruling, ambiguous }: Case,
  decision: Decision<Access, Member>,
  { policy, access }: ResolveRules,
): readonly Note[] {
  if (ambiguous !== undefined || teams.length === 0) return [];
  const { role } = ruling;
  const to = decision.to ?? currentAccess(member, access.project);
  const after =
    decision.kind === 'skipped' || to.projectRole === null ? member : afterWrite(member, to, access);
  return teamsAbove(after, teams, { role, project: access.project, order: policy.order }).map((grant) => ({
    kind: 'team-granted',
    account: member.id,
    label: member.email,
    because: `team ${grant.team} gives ${grant.role} on the project, more than ${role}, which is due`,
  }));
}
