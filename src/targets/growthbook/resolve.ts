import type { LdapPerson } from '../../directories/ldap.ts';
import type { PosixGroups } from '../../directories/posix-groups.ts';
import type { Decision, Note, Resolved } from '../../pipeline/model.ts';
import { type Access, describe, due, held, kindOf, roleOn, type Terms } from './access.ts';
import { grantsOn, teamsAbove, widens } from './effective.ts';
import { type Joined, join } from './join.ts';
import { ldapGroups, type Policy, posixGroupNames, type Ruling, rule, unknown } from './policy.ts';
import type { Member, Team } from './schema.ts';
import { afterWrite, whyUnwritable } from './write.ts';

/** All that a decision is made from. `membersOf` maps LDAP groups to people. */
export interface Facts {
  readonly people: readonly LdapPerson[];
  readonly membersOf: ReadonlyMap<string, readonly LdapPerson[]>;
  readonly posix: PosixGroups;
  readonly members: readonly Member[];
  readonly teams: readonly Team[];
}

/** What the operator decides: the policy, the terms of writing, and who is never written (lower-case addresses). */
export interface Rules {
  readonly policy: Policy;
  readonly terms: Terms;
  readonly protectedMembers: readonly string[];
}

/** One decision for each member, and for each person who is due a role and has no member yet. */
export function resolve(facts: Facts, rules: Rules): Resolved<Access> {
  const { joined, withoutMember } = join(facts.members, facts.people);
  const decisions = joined.map((one) => decide(one, facts, rules));
  const pending = withoutMember.flatMap((person) =>
    pendingSignIn(person, rulingOn(person, facts, rules.policy)),
  );
  const notes = joined.flatMap((one, index) =>
    teamNotes(one, facts, { ...rules, isLeft: decisions[index]?.kind === 'skipped' }),
  );
  return { decisions: [...decisions, ...pending], notes: [...notes, ...protectionNotes(facts, rules)] };
}

/** A protected address that is nobody's protects nobody: most likely it is misspelt. */
function protectionNotes({ members }: Facts, { protectedMembers }: Rules): readonly Note[] {
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

function rulingOn(person: LdapPerson | undefined, facts: Facts, policy: Policy): Ruling {
  if (!person) return unknown(policy);
  const inLdap = ldapGroups(policy).filter((group) => facts.membersOf.get(group)?.includes(person));
  const inPosix = posixGroupNames(policy).filter((group) =>
    facts.posix.membersOf.get(group)?.has(person.uid),
  );
  return rule(policy, {
    uid: person.uid,
    disabled: person.disabled,
    absent: facts.posix.absent.has(person.uid),
    ldap: new Set(inLdap),
    posix: new Set(inPosix),
  });
}

function decide({ member, person, ambiguous }: Joined, facts: Facts, rules: Rules): Decision<Access> {
  const { policy, terms } = rules;
  const from = held(member, terms.project);
  const about = { account: member.id, label: member.email };
  if (ambiguous !== undefined) {
    return { ...about, kind: 'skipped', from, to: from, rule: null, because: ambiguous, groups: [] };
  }
  const ruling = rulingOn(person, facts, policy);
  const to = due(from, ruling.role, terms);
  const kind = kindOf(from, to, policy.order);
  const { rule: number, because, groups } = ruling;
  const reason = whySkipped({ member, to, kind }, facts, rules);
  if (reason === undefined) return { ...about, kind, from, to, rule: number, because, groups };
  const would = kind === 'unchanged' ? `due ${roleOn(to)}, as now` : `due ${kind} ${describe(from, to)}`;
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
  readonly kind: Decision<Access>['kind'];
}

function whySkipped(
  intent: Intent,
  facts: Facts,
  { policy, terms, protectedMembers }: Rules,
): string | undefined {
  const { member, to, kind } = intent;
  if (protectedMembers.includes(member.email.trim().toLowerCase()))
    return 'protected by GROWTHBOOK_PROTECTED_MEMBERS';
  if (kind === 'unchanged') return undefined;
  const unwritable = whyUnwritable(member, to, terms);
  if (unwritable !== undefined) return unwritable;
  if (kind !== 'revoke' && kind !== 'downgrade') return undefined;
  const before = grantsOn(member, facts.teams, terms.project);
  const after = grantsOn(afterWrite(member, to, terms), facts.teams, terms.project);
  return widens(before, after, policy.order) ? 'the write would widen what this member can do' : undefined;
}

function pendingSignIn(person: LdapPerson, ruling: Ruling): readonly Decision<Access>[] {
  if (ruling.role === 'noaccess') return [];
  const because = `due ${ruling.role} at first sign-in: ${ruling.because}`;
  const { rule: number, groups } = ruling;
  const label = person.mails.toSorted()[0] ?? person.uid;
  return [
    {
      account: person.uid,
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
  { member, person, ambiguous }: Joined,
  facts: Facts,
  { policy, terms, isLeft }: Rules & { readonly isLeft: boolean },
): readonly Note[] {
  if (ambiguous !== undefined) return [];
  const { role } = rulingOn(person, facts, policy);
  const to = due(held(member, terms.project), role, terms);
  const after = isLeft || to.projectRole === null ? member : afterWrite(member, to, terms);
  return teamsAbove(after, facts.teams, { role, project: terms.project, order: policy.order }).map(
    (grant) => ({
      kind: 'team-granted',
      account: member.id,
      label: member.email,
      because: `team ${grant.team} gives ${grant.role} on the project, more than ${role}, which is due`,
    }),
  );
}
