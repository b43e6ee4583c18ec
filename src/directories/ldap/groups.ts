/** Finds groups by their names. */

import { AndFilter } from 'ldapts';
import { sameName } from '../same-name.ts';
import { normalizeDn } from './dn.ts';
import { attributeKey, attributeValues } from './entry.ts';
import { anyOf, chunks, NAMES_IN_A_FILTER } from './person.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSchema } from './schema.ts';
import type { LdapSession } from './session.ts';

/** A group under the name in the request; `members` are DNs or user names as the server sent them. */
export interface LdapGroup {
  readonly name: string;
  readonly dn: string;
  readonly members: readonly string[];
}

const MEMBER_ATTRIBUTES = ['member', 'uniqueMember', 'memberUid'];

/**
 * The groups of these names under the base, by the name asked for; a name with no group is absent. Throws where two groups have one
 * name, and where a group keeps its members in another attribute.
 */
export async function readGroups(
  ldap: LdapSession,
  groupsBase: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, LdapGroup>> {
  const { groupFilter, scope, memberAttribute } = ldap.schema;
  const entries: LdapEntry[] = [];
  for (const some of chunks(names, NAMES_IN_A_FILTER)) {
    const filter = new AndFilter({ filters: [groupFilter, namedAs(some)] });
    const attributes = ['cn', ...new Set([memberAttribute, ...MEMBER_ATTRIBUTES])];
    entries.push(
      ...(await ldap.search(groupsBase, { setting: 'LDAP_GROUPS_BASE', scope, filter, attributes })),
    );
  }
  const byDn = new Map(entries.map((entry) => [normalizeDn(entry.dn), entry]));
  const found = names.flatMap((name) => groupNamed(name, [...byDn.values()]));
  checkMemberAttribute(found, ldap.schema);
  return new Map(
    found.map(({ name, entry }) => [name, { name, dn: entry.dn, members: membersIn(entry, ldap.schema) }]),
  );
}

const namedAs = (names: readonly string[]) => anyOf(names.map((value) => ({ type: 'cn', value })));

interface NamedEntry {
  readonly name: string;
  readonly entry: LdapEntry;
}

function groupNamed(name: string, entries: readonly LdapEntry[]): readonly NamedEntry[] {
  const found = entries.filter((one) => attributeValues(one, 'cn').some((cn) => sameName(cn, name)));
  if (found.length > 1)
    throw new Error(
      `ldap: group ${name}: ${found.length} groups have this name (${found.map((one) => one.dn).join('; ')}), allowed: 1`,
    );
  return found.map((entry) => ({ name, entry }));
}

/** The members of a group's entry. A `uniqueMember` may have a number after its DN (RFC 4517, 3.3.21), which is cut. */
export function membersIn(entry: LdapEntry, { memberAttribute }: LdapSchema): readonly string[] {
  const values = attributeValues(entry, memberAttribute);
  if (memberAttribute.toLowerCase() !== 'uniquemember') return values;
  return values.map((value) => value.replace(/#'[01]*'B$/, ''));
}

/** Throws if a group has no members in the schema's attribute and some in another: then the schema is wrong. */
function checkMemberAttribute(groups: readonly NamedEntry[], { memberAttribute }: LdapSchema): void {
  const faults = groups.flatMap(({ name, entry }) => {
    const used = entry.attributes.filter((one) => one.values.length > 0).map((one) => attributeKey(one.name));
    const found = MEMBER_ATTRIBUTES.filter((attribute) => used.includes(attribute.toLowerCase()));
    const isRight = found.length === 0 || used.includes(memberAttribute.toLowerCase());
    return isRight ? [] : [`${name} has them in ${found.join(' and ')}`];
  });
  if (faults.length > 0)
    throw new Error(
      `LDAP_GROUP_MEMBER_ATTRIBUTE: found ${memberAttribute}, in which no member is (${faults.join('; ')}), allowed: the attribute in which the groups keep their members`,
    );
}

/** Why groups of these names were not found, if the directory shows it: they are deeper, or the filter excludes them. */
export async function whyMissing(
  ldap: LdapSession,
  groupsBase: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const { scope } = ldap.schema;
  const reasons: string[] = [];
  for (const some of chunks(names, NAMES_IN_A_FILTER)) {
    const query = { scope: 'sub', attributes: ['cn'] } as const;
    const any = await ldap.search(groupsBase, { ...query, filter: namedAs(some) });
    const groups = new AndFilter({ filters: [ldap.schema.groupFilter, namedAs(some)] });
    const matching = await ldap.search(groupsBase, { ...query, filter: groups });
    const deeper = new Set(matching.map(({ dn }) => normalizeDn(dn)));
    for (const { dn } of any) {
      const setting = deeper.has(normalizeDn(dn))
        ? `LDAP_SCOPE (found ${scope}, allowed sub)`
        : 'LDAP_GROUP_FILTER';
      reasons.push(`${dn} is left out by ${setting}`);
    }
  }
  return reasons;
}
