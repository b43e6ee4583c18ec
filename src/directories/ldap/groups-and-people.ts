import { AndFilter, EqualityFilter, type Filter, OrFilter } from 'ldapts';
import { messageOf } from '../../platform/errors.ts';
import { sameName } from '../names.ts';
import { type DnPart, firstRdn, isUnder, normalizeDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

/** One person's entry. `dn` and the values stand as the server spelt them. */
export interface LdapPerson {
  readonly dn: string;
  /** Where the entry has not exactly one, all of them with `and` between: a name that is nobody's. */
  readonly uid: string;
  /** Why the entry cannot be read as one person: it concerns nobody else, and nothing is decided about this one. */
  readonly unreadable?: string;
  readonly cns: readonly string[];
  readonly mails: readonly string[];
  /** Locked for good (`pwdAccountLockedTime` is `000001010000Z`), or under the policy `cn=disabled,ou=ppolicies,…`. */
  readonly disabled: boolean;
}

/** A group under the name it was asked for by; `members` are DNs as answered. */
export interface LdapGroup {
  readonly name: string;
  readonly members: readonly string[];
}

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

const PERSON_ATTRIBUTES = ['uid', 'cn', 'mail', 'pwdPolicySubentry', 'pwdAccountLockedTime'];
const PERSON = new EqualityFilter({ attribute: 'objectClass', value: 'person' });
const NAMES_IN_A_FILTER = 100;
const MEMBERS_IN_A_FILTER = 500;

/** The groups of these names directly under the base, by the name asked for; a name with no group is absent. Throws where two groups bear one name. */
export async function readGroups(
  ldap: LdapSession,
  groupsBase: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, LdapGroup>> {
  const entries: LdapEntry[] = [];
  for (const some of chunks(names, NAMES_IN_A_FILTER)) {
    const filter = anyOf(some.map((value) => ({ type: 'cn', value })));
    entries.push(...(await ldap.search(groupsBase, { scope: 'one', filter, attributes: ['cn', 'member'] })));
  }
  const groups = distinctBy(entries, (entry) => normalizeDn(entry.dn));
  const found = names.map((name) => groupNamed(name, groups));
  return new Map(found.filter((group) => group !== undefined).map((group) => [group.name, group]));
}

function groupNamed(name: string, entries: readonly LdapEntry[]): LdapGroup | undefined {
  const [entry, ...others] = entries.filter((one) =>
    attributeValues(one, 'cn').some((cn) => sameName(cn, name)),
  );
  if (!entry) return undefined;
  if (others.length > 0)
    throw new Error(
      `ldap: group ${name}: ${others.length + 1} groups bear this name (${[entry, ...others].map((one) => one.dn).join('; ')}), allowed: 1`,
    );
  return { name, members: attributeValues(entry, 'member') };
}

/** Resolves members to the people under the base. What leads to no person is `dangling`, never guessed. One search for at most 500 members. */
export async function readMembers(
  ldap: LdapSession,
  peopleBase: string,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const members = groups.flatMap((group) => placeMembers(group, peopleBase));
  const people = await readPeople(
    ldap,
    peopleBase,
    members.filter((member) => member.why === undefined),
  );
  const membersOf = new Map<string, LdapPerson[]>(groups.map((group) => [group.name, []]));
  const dangling: DanglingMember[] = [];
  for (const { group, dn, key, why } of members) {
    const person = why === undefined ? people.get(key) : undefined;
    if (person) membersOf.get(group)?.push(person);
    else dangling.push({ group, dn, why: why ?? 'no person entry stands there' });
  }
  return { people: [...people.values()], membersOf, dangling };
}

/** A member of one group; `why` says what keeps it from being a person. */
interface Member {
  readonly group: string;
  readonly dn: string;
  readonly key: string;
  readonly why: string | undefined;
}

function placeMembers(group: LdapGroup, peopleBase: string): readonly Member[] {
  const members = group.members.map((dn) => ({ group: group.name, dn, ...placeOf(dn, peopleBase) }));
  return distinctBy(members, (member) => member.key);
}

function placeOf(dn: string, peopleBase: string): { readonly key: string; readonly why: string | undefined } {
  try {
    const why = isUnder(dn, peopleBase) ? undefined : `outside the people base (${peopleBase})`;
    return { key: normalizeDn(dn), why };
  } catch (error) {
    return { key: dn, why: messageOf(error) };
  }
}

/** The people at these DNs, by normalised DN. Names elsewhere under the base that answer to the same filter do not count. */
async function readPeople(
  ldap: LdapSession,
  peopleBase: string,
  members: readonly Member[],
): Promise<ReadonlyMap<string, LdapPerson>> {
  const wanted = new Map(members.map(({ key, dn }) => [key, firstRdn(dn)]));
  const people = new Map<string, LdapPerson>();
  for (const names of chunks([...wanted.values()], MEMBERS_IN_A_FILTER)) {
    for (const entry of await searchPeople(ldap, peopleBase, names)) {
      const key = normalizeDn(entry.dn);
      if (wanted.has(key)) people.set(key, personIn(entry));
    }
  }
  return people;
}

/**
 * The people of whom any `cn` or `uid` answers to one of these names, each once. At most 100 names in one search.
 */
export async function findPeople(
  ldap: LdapSession,
  peopleBase: string,
  wanted: { readonly cns: readonly string[]; readonly uids: readonly string[] },
): Promise<readonly LdapPerson[]> {
  const cns = wanted.cns.map((value) => ({ type: 'cn', value }));
  const uids = wanted.uids.map((value) => ({ type: 'uid', value }));
  const entries: LdapEntry[] = [];
  for (const names of chunks([...cns, ...uids], NAMES_IN_A_FILTER))
    entries.push(...(await searchPeople(ldap, peopleBase, names)));
  return distinctBy(entries, (entry) => normalizeDn(entry.dn)).map(personIn);
}

const searchPeople = (ldap: LdapSession, base: string, names: readonly DnPart[]) =>
  ldap.search(base, {
    scope: 'sub',
    filter: new AndFilter({ filters: [PERSON, anyOf(names)] }),
    attributes: PERSON_ATTRIBUTES,
  });

/** Values stand in such a filter as bytes: there is no text in which a `*` or a parenthesis could mean something. */
const anyOf = (names: readonly DnPart[]): Filter =>
  new OrFilter({
    filters: names.map(({ type, value }) => new EqualityFilter({ attribute: type, value })),
  });

function personIn(entry: LdapEntry): LdapPerson {
  const uids = attributeValues(entry, 'uid');
  const found = uids.length === 0 ? 'none' : uids.join(', ');
  const locked = attributeValues(entry, 'pwdAccountLockedTime').includes(LOCKED_FOR_GOOD);
  return {
    dn: entry.dn,
    uid: uids.join(' and '),
    ...(uids.length === 1
      ? {}
      : { unreadable: `${entry.dn}: a person needs exactly one uid (found ${found})` }),
    cns: attributeValues(entry, 'cn'),
    mails: attributeValues(entry, 'mail'),
    disabled: locked || attributeValues(entry, 'pwdPolicySubentry').some(isDisabledPolicy),
  };
}

/** Any other time is a lock after wrong passwords, which ends by itself (draft-behera-ldap-password-policy, 5.3.3). */
const LOCKED_FOR_GOOD = '000001010000Z';

const isDisabledPolicy = (dn: string) => `${normalizeDn(dn)},`.startsWith('cn=disabled,ou=ppolicies,');

function distinctBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const byKey = new Map<string, T>();
  for (const item of items) if (!byKey.has(keyOf(item))) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
