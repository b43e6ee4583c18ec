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

type Addressed = Pick<MemberMatch, 'member' | 'address'>;

/** Rows by key: the first of each key, and all of a key that several have. */
interface Index<T> {
  readonly first: ReadonlyMap<string, T>;
  readonly several: ReadonlyMap<string, readonly T[]>;
}

/** Joins members to people by e-mail against every address of a person. Never guesses. */
export function matchMembers(members: readonly Member[], people: readonly LdapPerson[]) {
  const addressed = members.map((member): Addressed => ({ member, address: addressKey(member.email) }));
  const membersAt = indexBy(addressed, ({ address }) => [address]);
  const peopleAt = indexBy(people, addressesOf);
  const joined = addressed.map((one): MemberMatch => {
    const person = peopleAt.first.get(one.address);
    const ambiguous = whyAmbiguous(one, person, { peopleAt, membersAt });
    if (ambiguous !== undefined) return { ...one, ambiguous, readings: rowsAt(peopleAt, one.address) };
    return person ? { member: one.member, address: one.address, person } : one;
  });
  const hasMember = (person: LdapPerson) =>
    addressesOf(person).some((address) => membersAt.first.has(address));
  return { joined, withoutMember: people.filter((person) => !hasMember(person)) };
}

/** A person's addresses, once each. */
const addressesOf = ({ mails }: LdapPerson): readonly string[] =>
  mails.length > 1 ? [...new Set(mails.map(addressKey))] : mails.map(addressKey);

interface Indexes {
  readonly peopleAt: Index<LdapPerson>;
  readonly membersAt: Index<Addressed>;
}

function whyAmbiguous(
  { member: { id }, address }: Addressed,
  person: LdapPerson | undefined,
  { peopleAt, membersAt }: Indexes,
): string | undefined {
  const namesakes = membersAt.several.get(address);
  if (namesakes) return `${namesakes.length} members have this address`;
  if (!person) return undefined;
  const readings = peopleAt.several.get(address);
  if (readings) return `several people have this address: ${sortedList(readings.map(({ uid }) => uid))}`;
  if (person.mails.length === 1) return undefined;
  const own = addressesOf(person).flatMap((one) => rowsAt(membersAt, one));
  const doubles = own.map(({ member }) => member.id).filter((one) => one !== id);
  return doubles.length === 0
    ? undefined
    : `${person.uid} has another member besides this one: ${sortedList(doubles)}`;
}

const sortedList = (names: readonly string[]) => names.toSorted().join(', ');

/** Indexes rows by each of their keys; an empty key is nobody's. */
function indexBy<T>(rows: readonly T[], keysOf: (row: T) => readonly string[]): Index<T> {
  const first = new Map<string, T>();
  const several = new Map<string, T[]>();
  for (const row of rows) {
    for (const key of keysOf(row)) {
      const known = first.get(key);
      const all = several.get(key);
      if (all) all.push(row);
      else if (known !== undefined) several.set(key, [known, row]);
      else if (key !== '') first.set(key, row);
    }
  }
  return { first, several };
}

function rowsAt<T>({ first, several }: Index<T>, key: string): readonly T[] {
  const only = first.get(key);
  return several.get(key) ?? (only === undefined ? [] : [only]);
}
