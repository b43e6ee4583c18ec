/** Reads groups, and the people in them, from LDAP. */

import { nameKey } from '../same-name.ts';
import type { LdapMembers } from './assemble-members.ts';
import { readChained } from './chained-members.ts';
import { normalizeDn } from './dn.ts';
import type { LdapGroup } from './groups.ts';
import { readListed } from './listed-members.ts';
import { readNamed } from './named-members.ts';
import { type Bases, withNestedGroups } from './nested-groups.ts';
import { type LdapPerson, personIn, requireUserNames, searchPeople } from './person.ts';
import { ACTIVE_DIRECTORY } from './root-dse.ts';
import { isNamedMember } from './schema.ts';
import type { LdapSession } from './session.ts';

export type { DanglingMember, LdapMembers } from './assemble-members.ts';
export { type LdapGroup, readGroups, whyMissing } from './groups.ts';
export type { LdapPerson } from './person.ts';

/** Resolves members to the people under the base, through groups inside groups where the schema follows them. A member that leads to no person is `dangling`; nothing is guessed. */
export async function readMembers(
  ldap: LdapSession,
  peopleBase: string,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const { schema, rootDse } = ldap;
  const bases = { peopleBase, groupsBase: ldap.groupsBase };
  if (isNamedMember(schema)) return await readNamed(ldap, peopleBase, groups);
  const canChain = schema.nestedGroups && rootDse.capabilities.includes(ACTIVE_DIRECTORY);
  if (canChain && schema.memberAttribute.toLowerCase() === 'member')
    return await readChained(ldap, bases, groups);
  return await readListed(ldap, bases, groups);
}

/**
 * Groups with the DNs of their members: of these people, and of members that were not searched. Groups inside groups are followed if the
 * schema says so. A member that is a user name becomes the DN of its person, if only one person has that name.
 */
export async function withMemberDns(
  ldap: LdapSession,
  known: Bases & { readonly people: readonly LdapPerson[] },
  groups: readonly LdapGroup[],
): Promise<readonly LdapGroup[]> {
  if (!isNamedMember(ldap.schema)) return await withNestedGroups(ldap, groups, known);
  const uids = [...new Set(known.people.map(({ uid }) => uid))];
  const everybody = await findPeople(ldap, known.peopleBase, { cns: [], uids });
  const owners = Map.groupBy(everybody, ({ uid }) => nameKey(uid));
  const dnsOf = (name: string) => {
    const [person, other] = owners.get(nameKey(name)) ?? [];
    return person && !other ? [person.dn] : [];
  };
  return groups.map((group) => ({ ...group, members: group.members.flatMap(dnsOf) }));
}

/** The people with one of these names as a `cn` or as the user name, each once. At most 150 names in one search. */
export async function findPeople(
  ldap: LdapSession,
  peopleBase: string,
  wanted: { readonly cns: readonly string[]; readonly uids: readonly string[] },
): Promise<readonly LdapPerson[]> {
  const { schema } = ldap;
  const cns = wanted.cns.map((value) => ({ type: 'cn', value }));
  const uids = wanted.uids.map((value) => ({ type: schema.userName, value }));
  const found = new Map<string, LdapPerson>();
  for await (const entries of searchPeople(ldap, peopleBase, [...cns, ...uids]))
    for (const entry of entries) found.set(normalizeDn(entry.dn), personIn(entry, schema));
  const people = [...found.values()];
  requireUserNames(people, schema);
  return people;
}
