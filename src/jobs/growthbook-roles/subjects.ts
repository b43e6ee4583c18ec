import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, Subject } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { matchMembers } from './match.ts';
import type { RoleFacts } from './resolve.ts';

/** A member with its person, a member without one, or a person who has no member yet. */
export interface RoleSubject extends Subject<Access, Member> {
  readonly member: Member | null;
  readonly person: LdapPerson | null;
  readonly ambiguous: string | null;
}

const namesOfPerson = ({ uid, cns, mails }: LdapPerson): readonly string[] => [uid, ...cns, ...mails];

/** Everybody whom a question can be about, with the decision that was made. */
export function subjects(facts: RoleFacts, resolved: Resolved<Access, Member>): readonly RoleSubject[] {
  const decisions = new Map(resolved.decisions.map((decision) => [keyOf(decision), decision]));
  const { joined, withoutMember } = matchMembers(facts.members, facts.people);
  return [
    ...joined.map(({ member, person = null, ambiguous = null }) => ({
      names: [member.id, member.email, ...(person ? namesOfPerson(person) : [])],
      decision: decisions.get(`member ${member.id}`) ?? null,
      member,
      person,
      ambiguous,
    })),
    ...withoutMember.map((person) => ({
      names: namesOfPerson(person),
      decision: decisions.get(`person ${person.uid}`) ?? null,
      member: null,
      person,
      ambiguous: null,
    })),
  ];
}

const keyOf = ({ account, row }: Decision<Access, Member>) => `${row ? 'member' : 'person'} ${account}`;
