import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, Subject } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { explain } from './explain.ts';
import { matchMembers } from './match.ts';
import { membershipsOf } from './membership.ts';
import type { ResolveRules, RoleFacts } from './resolve.ts';

type RoleSubject = Subject<Access, Member>;

/**
 * Lists all subjects of questions: each member with its person, and each person without a member. An ambiguous
 * member is listed once for each possible person.
 */
export function subjects(
  facts: RoleFacts,
  resolved: Resolved<Access, Member>,
  rules: ResolveRules,
): readonly RoleSubject[] {
  const decisions = new Map(resolved.decisions.map((decision) => [keyOf(decision), decision]));
  const memberships = membershipsOf(facts, rules.policy);
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  const subject = (
    member: Member | null,
    person: LdapPerson | null,
    ambiguous: string | null = null,
  ): RoleSubject => {
    const key = member ? `member ${member.id}` : `person ${person?.uid}`;
    const decision = decisions.get(key) ?? null;
    const membership = (person && memberships.get(person)) ?? null;
    return {
      names: [...(member ? [member.id, member.email] : []), ...namesOfPerson(person)],
      decision,
      explain: () => explain({ member, person, membership, decision, ambiguous }, facts, rules),
    };
  };
  return [
    ...joined.flatMap(({ member, person, ambiguous, candidates = [] }) =>
      candidates.length > 0
        ? candidates.map((candidate) => subject(member, candidate, ambiguous))
        : [subject(member, person ?? null, ambiguous)],
    ),
    ...withoutMember.map((person) => subject(null, person)),
  ];
}

const namesOfPerson = (person: LdapPerson | null): readonly string[] =>
  person ? [person.uid, ...person.cns, ...person.mails] : [];

const keyOf = ({ account, row }: Decision<Access, Member>) => `${row ? 'member' : 'person'} ${account}`;
