import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { addressKey } from '../../directories/same-name.ts';
import type { Member } from '../../targets/growthbook/schema.ts';

/** Matches members to people: the member's address is compared with every address of a person. Never guesses. */
export function matchMembers(members: readonly Member[], people: readonly LdapPerson[]) {
  const rows = members.map(
    (member): Row => ({ member, address: addressKey(member.email), candidates: NONE }),
  );
  const { first, several } = indexByAddress(rows);
  const rowsAt = (address: string): readonly Row[] => {
    const row = first.get(address);
    return several.get(address) ?? (row === undefined ? NONE : [row]);
  };
  const rowsOf = ({ mails }: LdapPerson) => {
    const [only = ''] = mails;
    return mails.length === 1
      ? rowsAt(addressKey(only))
      : [...new Set(mails.map(addressKey))].flatMap(rowsAt);
  };
  const severalMembers = new Map<LdapPerson, readonly Row[]>();
  const withoutMember: LdapPerson[] = [];
  for (const person of people) {
    const own = rowsOf(person);
    for (const row of own) row.candidates = row.candidates === NONE ? [person] : [...row.candidates, person];
    if (own.length === 0) withoutMember.push(person);
    else if (own.length > 1) severalMembers.set(person, own);
  }
  return { joined: rows.map((row) => matchOf(row, several.get(row.address), severalMembers)), withoutMember };
}

/** A member with the person it belongs to: one, none, or the reason why it is ambiguous. */
export interface MemberMatch {
  readonly member: Member;
  /** The member's address in the form in which same addresses are equal. */
  readonly address: string;
  readonly person?: LdapPerson;
  readonly ambiguous?: string;
  /** All people that an ambiguous member can belong to. */
  readonly candidates?: readonly LdapPerson[];
}

const NONE: readonly never[] = [];

/** A member with all people who have its address. */
interface Row extends Pick<MemberMatch, 'member' | 'address'> {
  /** Filled while people are matched: most members have one candidate. */
  candidates: readonly LdapPerson[];
}

/** The first member at each address, and all members of an address that several have. An empty address matches nobody. */
function indexByAddress(rows: readonly Row[]) {
  const first = new Map<string, Row>();
  const several = new Map<string, Row[]>();
  for (const row of rows) {
    const known = first.get(row.address);
    const all = several.get(row.address);
    if (all) all.push(row);
    else if (known !== undefined) several.set(row.address, [known, row]);
    else if (row.address !== '') first.set(row.address, row);
  }
  return { first, several };
}

function matchOf(
  { member, address, candidates }: Row,
  sameAddress: readonly Row[] | undefined,
  severalMembers: ReadonlyMap<LdapPerson, readonly Row[]>,
): MemberMatch {
  const [person, other] = candidates;
  const ambiguous = (reason: string): MemberMatch => ({ member, address, ambiguous: reason, candidates });
  if (sameAddress) return ambiguous(`${sameAddress.length} members have this address`);
  if (!person) return { member, address };
  if (other)
    return ambiguous(`several people have this address: ${sortedList(candidates.map(({ uid }) => uid))}`);
  const others = severalMembers.get(person)?.map((row) => row.member.id);
  if (!others) return { member, address, person };
  const ids = others.filter((id) => id !== member.id);
  return ambiguous(`${person.uid} has another member too: ${sortedList(ids)}`);
}

const sortedList = (names: readonly string[]) => names.toSorted().join(', ');
