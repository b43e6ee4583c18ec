import { nameKey } from '../same-name.ts';
import { assembled, type LdapMembers } from './assemble-members.ts';
import { attributeValues } from './entry.ts';
import type { LdapGroup } from './groups.ts';
import type { Member } from './nested-groups.ts';
import { personIn, searchPeople } from './person.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

/** Finds the people behind members that are user names. A name that several people have matches nobody. */
export async function readNamed(
  ldap: LdapSession,
  peopleBase: string,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const { userName } = ldap.schema;
  const names = new Map(
    groups.flatMap(({ members }) => members.map((name) => [nameKey(name), name] as const)),
  );
  const wanted = [...names.values()].map((value) => ({ type: userName, value }));
  const entries: LdapEntry[] = [];
  for await (const some of searchPeople(ldap, peopleBase, wanted)) entries.push(...some);
  const owners = Map.groupBy(
    entries.flatMap((entry) =>
      attributeValues(entry, userName).map((name) => ({ key: nameKey(name), entry })),
    ),
    ({ key }) => key,
  );
  const persons = new Map(
    [...owners].flatMap(([key, [one, other]]) =>
      one && !other && names.has(key) ? [[key, personIn(one.entry, ldap.schema)] as const] : [],
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
