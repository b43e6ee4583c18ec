/** Follows groups inside groups: their members are members of the outer group. */

import { PresenceFilter } from 'ldapts';
import { messageOf } from '../../platform/errors.ts';
import { type DnPart, isUnder, normalizeDn, readDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import { type LdapGroup, membersIn } from './groups.ts';
import { anyOf, chunks, NAMES_IN_A_FILTER } from './person.ts';
import { LdapRefusal } from './refusal.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

/** Where people and groups are. */
export interface Bases {
  readonly peopleBase: string;
  readonly groupsBase: string;
}

/** One member as a group names it. `key` is its normal form, `name` its nearest name; `fault` says why it is no DN. */
export interface Member {
  readonly text: string;
  readonly key: string;
  readonly name: DnPart | undefined;
  readonly fault: string | undefined;
}

/** Parses a member's DN. */
export function memberOf(text: string): Member {
  try {
    return { text, ...readDn(text), fault: undefined };
  } catch (error) {
    return { text, key: text, name: undefined, fault: messageOf(error) };
  }
}

const GROUP_CLASSES = new Set([
  'group',
  'groupofnames',
  'groupofuniquenames',
  'groupofmembers',
  'posixgroup',
  'ipausergroup',
]);
/** Maximum number of members outside both bases that are read one by one. */
const MAX_SINGLE_READS = 10;

/** Whether an entry is a group, whatever its class is called: it has members or a well-known class. */
const isGroup = (entry: LdapEntry): boolean =>
  ['member', 'uniqueMember', 'memberUid'].some((name) => attributeValues(entry, name).length > 0) ||
  attributeValues(entry, 'objectClass').some((name) => GROUP_CLASSES.has(name.toLowerCase()));

/** The entries at these DNs, of whatever class, by normal DN. */
export async function entriesAt(
  ldap: LdapSession,
  members: readonly Member[],
  { peopleBase, groupsBase }: Bases,
): Promise<ReadonlyMap<string, LdapEntry>> {
  const attributes = ['objectClass', 'member', 'uniqueMember', 'memberUid', ldap.schema.memberAttribute];
  const byBase = Map.groupBy(members, ({ text }) =>
    [groupsBase, peopleBase].find((base) => isUnder(text, base)),
  );
  const found = new Map<string, LdapEntry>();
  const add = (entries: readonly LdapEntry[], wanted: ReadonlySet<string>) => {
    for (const entry of entries) {
      const key = normalizeDn(entry.dn);
      if (wanted.has(key)) found.set(key, entry);
    }
  };
  for (const [base, some] of byBase) {
    const wanted = new Set(some.map(({ key }) => key));
    if (base === undefined) {
      for (const { text } of some.slice(0, MAX_SINGLE_READS))
        add(await readOne(ldap, text, attributes), wanted);
      continue;
    }
    for (const chunk of chunks(some, NAMES_IN_A_FILTER)) {
      const filter = anyOf(chunk.flatMap(({ name }) => name ?? []));
      add(await ldap.search(base, { scope: 'sub', filter, attributes }), wanted);
    }
  }
  return found;
}

async function readOne(ldap: LdapSession, dn: string, attributes: readonly string[]) {
  const filter = new PresenceFilter({ attribute: 'objectClass' });
  try {
    return await ldap.search(dn, { scope: 'base', filter, attributes });
  } catch (error) {
    if (error instanceof LdapRefusal) return [];
    throw error;
  }
}

/** The groups among these entries, with their members. Throws if nested groups are not followed: their people would be ignored. */
export function nestedGroupsIn(
  ldap: LdapSession,
  entries: ReadonlyMap<string, LdapEntry>,
  parentOf: (key: string) => string,
): ReadonlyMap<string, readonly Member[]> {
  const groups = [...entries].filter(([, entry]) => isGroup(entry));
  if (groups.length > 0 && !ldap.schema.nestedGroups) {
    const found = groups.map(([key, { dn }]) => `group ${parentOf(key)} contains the group ${dn}`).toSorted();
    throw new Error(
      `ldap: ${found.slice(0, 5).join('; ')}: their people would be taken for nobody (LDAP_NESTED_GROUPS: found false, allowed true where groups contain groups)`,
    );
  }
  return new Map(groups.map(([key, entry]) => [key, membersIn(entry, ldap.schema).map(memberOf)]));
}

/** The members of a group and of all groups inside it, each once; `groups` has the groups inside. Circles are cut. */
export function flattened(
  members: readonly Member[],
  groups: ReadonlyMap<string, readonly Member[]>,
): readonly Member[] {
  const seen = new Map<string, Member>();
  const open = [...members].reverse();
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    if (seen.has(member.key)) continue;
    seen.set(member.key, member);
    open.push(...(groups.get(member.key) ?? []).toReversed());
  }
  return [...seen.values()].filter(({ key }) => !groups.has(key));
}

/**
 * Groups with the members of the groups inside them, without reading people: members that may be groups are read: those outside the
 * people base, or all of them if the two bases overlap.
 */
export async function withNestedGroups(
  ldap: LdapSession,
  groups: readonly LdapGroup[],
  bases: Bases,
): Promise<readonly LdapGroup[]> {
  const isOverlapping =
    normalizeDn(bases.groupsBase) === normalizeDn(bases.peopleBase) ||
    isUnder(bases.groupsBase, bases.peopleBase) ||
    isUnder(bases.peopleBase, bases.groupsBase);
  const mayBeGroup = ({ text, fault }: Member) =>
    fault === undefined && (isOverlapping || !isUnder(text, bases.peopleBase));
  const membersOf = new Map(groups.map(({ name, members }) => [name, members.map(memberOf)]));
  const inside = await followGroups(ldap, membersOf, async (open) =>
    entriesAt(ldap, open.filter(mayBeGroup), bases),
  );
  return groups.map((group) => ({
    ...group,
    members: flattened(membersOf.get(group.name) ?? [], inside).map(({ text }) => text),
  }));
}

/** All groups inside groups, level by level; `look` gives the entries among the members that may be groups. */
export async function followGroups(
  ldap: LdapSession,
  membersOf: ReadonlyMap<string, readonly Member[]>,
  look: (open: readonly Member[]) => Promise<ReadonlyMap<string, LdapEntry>>,
): Promise<ReadonlyMap<string, readonly Member[]>> {
  const inside = new Map<string, readonly Member[]>();
  const parents = new Map<string, string>();
  let open: Member[] = [];
  const add = (parent: string, members: readonly Member[]) => {
    for (const member of members) {
      if (parents.has(member.key)) continue;
      parents.set(member.key, parent);
      open.push(member);
    }
  };
  for (const [name, members] of membersOf) add(name, members);
  while (open.length > 0) {
    const level = open;
    open = [];
    const entries = await look(level);
    const parentOf = (key: string) => parents.get(key) ?? key;
    for (const [key, members] of nestedGroupsIn(ldap, entries, parentOf)) {
      inside.set(key, members);
      add(parentOf(key), members);
    }
  }
  return inside;
}
