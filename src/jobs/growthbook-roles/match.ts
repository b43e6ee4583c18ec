import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Member } from '../../targets/growthbook/schema.ts';

/** A member with the person it belongs to: none, one, or the reason why nobody can tell. */
export interface MemberMatch {
  readonly member: Member;
  readonly person?: LdapPerson;
  readonly ambiguous?: string;
}

const folded = (address: string) => address.trim().normalize('NFC').toLowerCase();

function groupedBy<T>(
  rows: readonly T[],
  keys: (row: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    for (const key of new Set(keys(row).map(folded))) {
      if (key !== '') groups.set(key, [...(groups.get(key) ?? []), row]);
    }
  }
  return groups;
}

const uidsOf = (people: readonly LdapPerson[]) =>
  people
    .map(({ uid }) => uid)
    .toSorted()
    .join(', ');

/** Joins members to people by e-mail, without regard to case, against every address of a person. Never guesses. */
export function matchMembers(members: readonly Member[], people: readonly LdapPerson[]) {
  const peopleAt = groupedBy(people, ({ mails }) => mails);
  const membersAt = groupedBy(members, ({ email }) => [email]);
  const matches = (member: Member) => peopleAt.get(folded(member.email)) ?? [];
  const membersOf = (person: LdapPerson) =>
    [...new Set(person.mails.map(folded))].flatMap((address) => membersAt.get(address) ?? []);

  const joined = members.map((member): MemberMatch => {
    const [person, other] = matches(member);
    const namesakes = membersAt.get(folded(member.email)) ?? [];
    if (namesakes.length > 1) return { member, ambiguous: `${namesakes.length} members have this address` };
    if (person && other)
      return { member, ambiguous: `several people have this address: ${uidsOf(matches(member))}` };
    if (!person) return { member };
    const doubles = membersOf(person).filter(({ id }) => id !== member.id);
    if (doubles.length === 0) return { member, person };
    const ids = doubles
      .map(({ id }) => id)
      .toSorted()
      .join(', ');
    return { member, ambiguous: `${person.uid} has another member besides this one: ${ids}` };
  });
  return { joined, withoutMember: people.filter((person) => membersOf(person).length === 0) };
}
