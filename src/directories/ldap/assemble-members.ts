/** Assembles the members of groups from the entries that were read, and says why a member leads to no person. */

import { normalizeDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import type { Member } from './nested-groups.ts';
import { type LdapPerson, requireUserNames } from './person.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

/** The people behind groups. `people` names each person once; `membersOf` is keyed by the group's name. */
export interface LdapMembers {
  readonly people: readonly LdapPerson[];
  readonly membersOf: ReadonlyMap<string, readonly LdapPerson[]>;
  readonly dangling: readonly DanglingMember[];
}

/** A member that leads to no person, and why. */
export interface DanglingMember {
  readonly group: string;
  readonly dn: string;
  readonly why: string;
}

/** Why a member leads to no person; `entries` are those that are not people. */
export function whyDangling(peopleBase: string, entries: ReadonlyMap<string, LdapEntry>) {
  const isPlaced = under(peopleBase);
  return (member: Member): string =>
    member.fault ??
    (isPlaced(member) ? whyNobody(entries.get(member.key)) : `outside the people base (${peopleBase})`);
}

/** Whether a member is below a base. */
export const under = (base: string) => {
  const end = normalizeDn(base);
  return ({ key, name }: Member): boolean =>
    name !== undefined && (end === '' ? key !== '' : key.endsWith(`,${end}`));
};

function whyNobody(entry: LdapEntry | undefined): string {
  if (!entry) return 'there is no person entry';
  const classes = attributeValues(entry, 'objectClass').join(', ');
  return `LDAP_USER_FILTER leaves the entry there out (objectClass ${classes})`;
}

/** The people by key, the members of each group, and why a member leads to no person. */
interface Found {
  readonly persons: ReadonlyMap<string, LdapPerson>;
  readonly flat: ReadonlyMap<string, readonly Member[]>;
  why(member: Member): string;
}

/** Assembles the people, the members of each group, and the members that lead to no person. Throws if none of many members is a person. */
export function assembled(ldap: LdapSession, { persons, flat, why }: Found): LdapMembers {
  const people = [...persons.values()];
  requireUserNames(people, ldap.schema);
  const membersOf = new Map<string, LdapPerson[]>();
  const dangling: DanglingMember[] = [];
  for (const [group, members] of flat) {
    const found: LdapPerson[] = [];
    for (const member of members) {
      const person = persons.get(member.key);
      if (person) found.push(person);
      else dangling.push({ group, dn: member.text, why: why(member) });
    }
    membersOf.set(group, found);
  }
  requireSomebody(people, dangling);
  return { people, membersOf, dangling };
}

/** If none of many members is found, a setting is most likely wrong; the reasons name it. */
function requireSomebody(people: readonly LdapPerson[], dangling: readonly DanglingMember[]): void {
  const [first, second] = dangling;
  if (people.length > 0 || !first || !second) return;
  const settings =
    /LDAP_\w+/.exec(first.why)?.[0] ?? 'LDAP_PEOPLE_BASE, LDAP_USER_FILTER or LDAP_GROUP_MEMBER_ATTRIBUTE';
  throw new Error(
    `ldap: none of ${dangling.length} members of groups is a person; the first is ${first.dn}: ${first.why} (check ${settings})`,
  );
}
