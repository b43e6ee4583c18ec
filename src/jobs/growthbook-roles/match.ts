import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { addressKey } from '../../directories/names.ts';
import type { Member } from '../../targets/growthbook/schema.ts';

/** A member with the person it belongs to: none, one, or the reason why nobody can tell. */
export interface MemberMatch {
  readonly member: Member;
  /** The member's address in the form in which same addresses are equal. */
  readonly address: string;
  readonly person?: LdapPerson;
  readonly ambiguous?: string;
  /** Everybody whom an ambiguous member can belong to. */
  readonly readings?: readonly LdapPerson[];
}

type Index<T> = ReadonlyMap<string, readonly T[]>;

/** Joins members to people by e-mail against every address of a person. Never guesses. */
export function matchMembers(members: readonly Member[], people: readonly LdapPerson[]) {
  const addressesOf = new Map(people.map((person) => [person, [...new Set(person.mails.map(addressKey))]]));
  const addressed = members.map((member) => ({ member, address: addressKey(member.email) }));
  const peopleAt = indexBy(people, (person) => addressesOf.get(person) ?? []);
  const membersAt = indexBy(addressed, ({ address }) => [address]);
  const membersOf = (person: LdapPerson) =>
    (addressesOf.get(person) ?? []).flatMap((address) => membersAt.get(address) ?? []);
  const joined = addressed.map((one): MemberMatch => {
    const readings = peopleAt.get(one.address) ?? [];
    const ambiguous = whyAmbiguous(one.member, readings, {
      namesakes: membersAt.get(one.address) ?? [],
      membersOf,
    });
    if (ambiguous !== undefined) return { ...one, ambiguous, readings };
    const [person] = readings;
    return person ? { ...one, person } : one;
  });
  return { joined, withoutMember: people.filter((person) => membersOf(person).length === 0) };
}

interface Others {
  readonly namesakes: readonly unknown[];
  membersOf(person: LdapPerson): readonly { readonly member: Member }[];
}

function whyAmbiguous(
  { id }: Member,
  readings: readonly LdapPerson[],
  { namesakes, membersOf }: Others,
): string | undefined {
  if (namesakes.length > 1) return `${namesakes.length} members have this address`;
  const [person, other] = readings;
  if (!person) return undefined;
  if (other) return `several people have this address: ${sortedList(readings.map(({ uid }) => uid))}`;
  const doubles = membersOf(person)
    .map(({ member }) => member.id)
    .filter((one) => one !== id);
  return doubles.length > 0
    ? `${person.uid} has another member besides this one: ${sortedList(doubles)}`
    : undefined;
}

const sortedList = (names: readonly string[]) => names.toSorted().join(', ');

/** Rows by their keys; an empty key is nobody's. */
function indexBy<T>(rows: readonly T[], keysOf: (row: T) => readonly string[]): Index<T> {
  const index = new Map<string, T[]>();
  for (const row of rows) {
    for (const key of keysOf(row)) {
      const found = index.get(key);
      if (found) found.push(row);
      else if (key !== '') index.set(key, [row]);
    }
  }
  return index;
}
