import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import type { Decision, Note } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import {
  evaluate,
  ldapGroups,
  noMatch,
  type Policy,
  posixGroupNames,
  type RoleDecision,
} from '../../policy/policy.ts';
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

/** All that a decision is made from. `membersOf` maps LDAP groups to people. */
export interface RoleFacts {
  readonly people: readonly LdapPerson[];
  readonly membersOf: ReadonlyMap<string, readonly LdapPerson[]>;
  readonly posix: PosixGroups;
  readonly members: readonly Member[];
  readonly teams: readonly Team[];
}

/** What the operator decides: the policy, the access of writing, and who is never written (lower-case addresses). */
export interface ResolveRules {
  readonly policy: Policy;
  readonly access: AccessRules;
  readonly protectedMembers: readonly string[];
}

/** One decision for each member, and for each person who is due a role and has no member yet. */
export function resolve(facts: RoleFacts, rules: ResolveRules): Resolved<Access, Member> {
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  const decisions = joined.map((one) => decide(one, facts, rules));
  const pending = withoutMember.flatMap((person) =>
    pendingSignIn(person, roleDecisionFor(person, facts, rules.policy)),
  );
  const notes = joined.flatMap((one, index) =>
    teamNotes(one, facts, { ...rules, isLeft: decisions[index]?.kind === 'skipped' }),
  );
  return { decisions: [...decisions, ...pending], notes: [...notes, ...protectionNotes(facts, rules)] };
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

function roleDecisionFor(person: LdapPerson | undefined, facts: RoleFacts, policy: Policy): RoleDecision {
  if (!person) return noMatch(policy);
  const inLdap = ldapGroups(policy).filter((group) => facts.membersOf.get(group)?.includes(person));
  const inPosix = posixGroupNames(policy).filter((group) =>
    facts.posix.membersOf.get(group)?.has(person.uid),
  );
  return evaluate(policy, {
    uid: person.uid,
    disabled: person.disabled,
    absent: facts.posix.absent.has(person.uid),
    ldap: new Set(inLdap),
    posix: new Set(inPosix),
  });
}

function decide(
  { member, person, ambiguous }: MemberMatch,
  facts: RoleFacts,
  rules: ResolveRules,
): Decision<Access, Member> {
  const { policy, access } = rules;
  const from = currentAccess(member, access.project);
  const about = { account: member.id, label: member.email, row: member };
  if (ambiguous !== undefined) {
    return { ...about, kind: 'skipped', from, to: from, rule: null, because: ambiguous, groups: [] };
  }
  const ruling = roleDecisionFor(person, facts, policy);
  const to = desiredAccess(from, ruling.role, access);
  const kind = kindOf(from, to, policy.order);
  const { rule: number, because, groups } = ruling;
  const reason = whySkipped({ member, to, kind }, facts, rules);
  if (reason === undefined) return { ...about, kind, from, to, rule: number, because, groups };
  const would =
    kind === 'unchanged' ? `due ${projectRoleOf(to)}, as now` : `due ${kind} ${describe(from, to)}`;
  return {
    ...about,
    kind: 'skipped',
    from,
    to: from,
    rule: number,
    because: `${reason}; ${would}: ${because}`,
    groups,
  };
}

interface Intent {
  readonly member: Member;
  readonly to: Access;
  readonly kind: Decision<Access, Member>['kind'];
}

function whySkipped(
  intent: Intent,
  facts: RoleFacts,
  { policy, access, protectedMembers }: ResolveRules,
): string | undefined {
  const { member, to, kind } = intent;
  if (protectedMembers.includes(member.email.trim().toLowerCase()))
    return 'protected by GROWTHBOOK_PROTECTED_MEMBERS';
  if (kind === 'unchanged') return undefined;
  const unwritable = whyUnwritable(member, to, access);
  if (unwritable !== undefined) return unwritable;
  if (kind !== 'revoke' && kind !== 'downgrade') return undefined;
  const before = grantsOn(member, facts.teams, access.project);
  const after = grantsOn(afterWrite(member, to, access), facts.teams, access.project);
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

function teamNotes(
  { member, person, ambiguous }: MemberMatch,
  facts: RoleFacts,
  { policy, access, isLeft }: ResolveRules & { readonly isLeft: boolean },
): readonly Note[] {
  if (ambiguous !== undefined) return [];
  const { role } = roleDecisionFor(person, facts, policy);
  const to = desiredAccess(currentAccess(member, access.project), role, access);
  const after = isLeft || to.projectRole === null ? member : afterWrite(member, to, access);
  return teamsAbove(after, facts.teams, { role, project: access.project, order: policy.order }).map(
    (grant) => ({
      kind: 'team-granted',
      account: member.id,
      label: member.email,
      because: `team ${grant.team} gives ${grant.role} on the project, more than ${role}, which is due`,
    }),
  );
}
