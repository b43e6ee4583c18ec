import { AndFilter, ExtensibleFilter } from 'ldapts';
import { nameKey } from '../names.ts';
import { normalizeDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import { attributesIn } from './filter.ts';
import type { LdapGroup } from './groups.ts';
import {
  type Bases,
  entriesAt,
  flattened,
  followGroups,
  type Member,
  memberOf,
  nestedGroupsIn,
  withNestedGroups,
} from './members.ts';
import { type LdapPerson, peopleIn, searchPeople } from './person.ts';
import type { LdapEntry } from './response.ts';
import { ACTIVE_DIRECTORY } from './root-dse.ts';
import { isNamedMember } from './schema.ts';
import type { LdapSession } from './session.ts';

export { type LdapGroup, readGroups, whyMissing } from './groups.ts';
export type { LdapPerson } from './person.ts';

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

const IN_CHAIN = '1.2.840.113556.1.4.1941';

/** Resolves members to the people under the base, through groups inside groups where the schema follows them. What leads to no person is `dangling`, never guessed. */
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

/** Members are DNs: their people are searched by the nearest name, what is left is looked at whether it is a group. */
async function readListed(
  ldap: LdapSession,
  bases: Bases,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const isPlaced = under(bases.peopleBase);
  const persons = new Map<string, LdapEntry>();
  const others = new Map<string, LdapEntry>();
  const look = async (open: readonly Member[]) => {
    const placed = new Map(open.filter(isPlaced).map((member) => [member.key, member]));
    const names = [...placed.values()].flatMap(({ name }) => name ?? []);
    for (const entry of await searchPeople(ldap, bases.peopleBase, names)) {
      const key = normalizeDn(entry.dn);
      if (placed.has(key)) persons.set(key, entry);
    }
    const left = open.filter(({ key, name }) => name !== undefined && !persons.has(key));
    const entries = await entriesAt(ldap, left, bases);
    for (const [key, entry] of entries) others.set(key, entry);
    return entries;
  };
  const listed = new Map(groups.map(({ name, members }) => [name, members.map(memberOf)]));
  const inside = await followGroups(ldap, listed, look);
  const flat = new Map([...listed].map(([name, members]) => [name, flattened(members, inside)]));
  return assembled(ldap, { persons, flat, why: whyDangling(bases.peopleBase, others) });
}

/** Why a member is nobody; `entries` are those that are no people. */
function whyDangling(peopleBase: string, entries: ReadonlyMap<string, LdapEntry>) {
  const isPlaced = under(peopleBase);
  return (member: Member): string =>
    member.fault ??
    (isPlaced(member) ? whyNobody(entries.get(member.key)) : `outside the people base (${peopleBase})`);
}

const under = (base: string) => {
  const end = normalizeDn(base);
  return ({ key, name }: Member): boolean =>
    name !== undefined && (end === '' ? key !== '' : key.endsWith(`,${end}`));
};

function whyNobody(entry: LdapEntry | undefined): string {
  if (!entry) return 'no person entry stands there';
  const classes = attributeValues(entry, 'objectClass').join(', ');
  return `LDAP_USER_FILTER leaves the entry there out (objectClass ${classes})`;
}

interface Found {
  readonly persons: ReadonlyMap<string, LdapEntry>;
  readonly flat: ReadonlyMap<string, readonly Member[]>;
  why(member: Member): string;
}

function assembled(ldap: LdapSession, { persons, flat, why }: Found): LdapMembers {
  const people = peopleIn([...persons.values()], ldap.schema);
  const byKey = new Map([...persons.keys()].map((key, index) => [key, people[index]]));
  const membersOf = new Map<string, LdapPerson[]>();
  const dangling: DanglingMember[] = [];
  for (const [group, members] of flat) {
    const found: LdapPerson[] = [];
    for (const member of members) {
      const person = byKey.get(member.key);
      if (person) found.push(person);
      else dangling.push({ group, dn: member.text, why: why(member) });
    }
    membersOf.set(group, found);
  }
  requireSomebody(people, dangling);
  return { people, membersOf, dangling };
}

/** Many members of whom nobody is found are a sign of a wrong setting, which the reasons name. */
function requireSomebody(people: readonly LdapPerson[], dangling: readonly DanglingMember[]): void {
  const [first, second] = dangling;
  if (people.length > 0 || !first || !second) return;
  const settings =
    /LDAP_\w+/.exec(first.why)?.[0] ?? 'LDAP_PEOPLE_BASE, LDAP_USER_FILTER or LDAP_GROUP_MEMBER_ATTRIBUTE';
  throw new Error(
    `ldap: none of ${dangling.length} members of groups is a person; the first is ${first.dn}: ${first.why} (check ${settings})`,
  );
}

/** Members are user names. A name that several people have is nobody's. */
async function readNamed(
  ldap: LdapSession,
  peopleBase: string,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const { userName } = ldap.schema;
  const names = new Map(
    groups.flatMap(({ members }) => members.map((name) => [nameKey(name), name] as const)),
  );
  const entries = await searchPeople(
    ldap,
    peopleBase,
    [...names.values()].map((value) => ({ type: userName, value })),
  );
  const owners = Map.groupBy(
    entries.flatMap((entry) =>
      attributeValues(entry, userName).map((name) => ({ key: nameKey(name), entry })),
    ),
    ({ key }) => key,
  );
  const persons = new Map(
    [...owners].flatMap(([key, [one, other]]) =>
      one && !other && names.has(key) ? [[key, one.entry] as const] : [],
    ),
  );
  const flat = new Map(groups.map(({ name, members }) => [name, membersNamed(members)]));
  const why = ({ key }: Member) =>
    owners.has(key)
      ? `${owners.get(key)?.length} people have this name`
      : `nobody has this name by LDAP_USER_NAME_ATTRIBUTE (${userName})`;
  return assembled(ldap, { persons, flat, why });
}

const membersNamed = (names: readonly string[]): readonly Member[] => [
  ...new Map(
    names.map((text) => [nameKey(text), { text, key: nameKey(text), name: undefined, fault: undefined }]),
  ).values(),
];

/**
 * Groups with the DNs of their members among these people, and of members whom nobody asked about. Groups inside groups are followed
 * where the schema says so; members that are user names become the DNs of the people who alone have them.
 */
export async function withMemberDns(
  ldap: LdapSession,
  known: Bases & { readonly people: readonly LdapPerson[] },
  groups: readonly LdapGroup[],
): Promise<readonly LdapGroup[]> {
  if (!isNamedMember(ldap.schema)) return await withNestedGroups(ldap, groups, known);
  const owners = Map.groupBy(known.people, ({ uid }) => nameKey(uid));
  const dnsOf = (name: string) => {
    const [person, other] = owners.get(nameKey(name)) ?? [];
    return person && !other ? [person.dn] : [];
  };
  return groups.map((group) => ({ ...group, members: group.members.flatMap(dnsOf) }));
}

/**
 * Active Directory follows groups inside groups itself (MS-ADTS, 3.1.1.3.4.4.3). Of what a group names itself, what is neither among
 * its people nor a group is dangling.
 */
async function readChained(
  ldap: LdapSession,
  bases: Bases,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const persons = new Map<string, LdapEntry>();
  const flat = new Map<string, readonly Member[]>();
  const left = new Map<string, Member>();
  for (const group of groups) {
    const entries = new Map(
      (await searchChain(ldap, bases.peopleBase, group)).map((entry) => [normalizeDn(entry.dn), entry]),
    );
    for (const [key, entry] of entries) persons.set(key, entry);
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

/** The people of whom any `cn` or user name is one of these, each once. At most 150 names in one search. */
export async function findPeople(
  ldap: LdapSession,
  peopleBase: string,
  wanted: { readonly cns: readonly string[]; readonly uids: readonly string[] },
): Promise<readonly LdapPerson[]> {
  const { schema } = ldap;
  const cns = wanted.cns.map((value) => ({ type: 'cn', value }));
  const uids = wanted.uids.map((value) => ({ type: schema.userName, value }));
  const entries = await searchPeople(ldap, peopleBase, [...cns, ...uids]);
  return peopleIn([...new Map(entries.map((entry) => [normalizeDn(entry.dn), entry])).values()], schema);
}
