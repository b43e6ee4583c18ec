/** Reads nested groups with one search on Active Directory, which follows them itself. */

import { AndFilter, ExtensibleFilter } from 'ldapts';
import { assembled, type LdapMembers, whyDangling } from './assemble-members.ts';
import { normalizeDn } from './dn.ts';
import { attributesIn } from './filter.ts';
import type { LdapGroup } from './groups.ts';
import { type Bases, entriesAt, type Member, memberOf, nestedGroupsIn } from './nested-groups.ts';
import { type LdapPerson, personIn } from './person.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

const IN_CHAIN = '1.2.840.113556.1.4.1941';

/**
 * Finds the people behind groups by Active Directory's own rule for nested groups (MS-ADTS, 3.1.1.3.4.4.3). A member in a group's list
 * that is neither one of these people nor a group is dangling.
 */
export async function readChained(
  ldap: LdapSession,
  bases: Bases,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const persons = new Map<string, LdapPerson>();
  const flat = new Map<string, readonly Member[]>();
  const left = new Map<string, Member>();
  for (const group of groups) {
    const entries = new Map(
      (await searchChain(ldap, bases.peopleBase, group)).map((entry) => [normalizeDn(entry.dn), entry]),
    );
    for (const [key, entry] of entries) persons.set(key, personIn(entry, ldap.schema));
    const others = group.members.map(memberOf).filter(({ key }) => !entries.has(key));
    for (const member of others) left.set(member.key, member);
    flat.set(group.name, [...[...entries.values()].map(({ dn }) => memberOf(dn)), ...others]);
  }
  const readable = [...left.values()].filter(({ name }) => name !== undefined);
  const found = await entriesAt(ldap, readable, bases);
  const inside = nestedGroupsIn(ldap, found, (key) => key);
  const direct = new Map(
    [...flat].map(([name, members]) => [name, members.filter(({ key }) => !inside.has(key))]),
  );
  return assembled(ldap, { persons, flat: direct, why: whyDangling(bases.peopleBase, found) });
}

async function searchChain(
  ldap: LdapSession,
  peopleBase: string,
  { dn }: LdapGroup,
): Promise<readonly LdapEntry[]> {
  const { schema } = ldap;
  const attributes = ['cn', schema.userName, ...schema.mails, ...attributesIn(schema.disabledFilter)];
  const inGroup = new ExtensibleFilter({ matchType: 'memberOf', rule: IN_CHAIN, value: dn });
  const filter = new AndFilter({ filters: [schema.userFilter, inGroup] });
  return await ldap.search(peopleBase, { setting: 'LDAP_PEOPLE_BASE', scope: 'sub', filter, attributes });
}
