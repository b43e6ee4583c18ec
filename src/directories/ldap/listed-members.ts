import { assembled, type LdapMembers, under, whyDangling } from './assemble-members.ts';
import { normalizeDn } from './dn.ts';
import type { LdapGroup } from './groups.ts';
import { type Bases, entriesAt, flattened, followGroups, type Member, memberOf } from './nested-groups.ts';
import { type LdapPerson, personIn, searchPeople } from './person.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSession } from './session.ts';

/** Finds the people behind members that are DNs, by the first name of each DN. Each other member is read to see whether it is a group. */
export async function readListed(
  ldap: LdapSession,
  bases: Bases,
  groups: readonly LdapGroup[],
): Promise<LdapMembers> {
  const isPlaced = under(bases.peopleBase);
  const persons = new Map<string, LdapPerson>();
  const others = new Map<string, LdapEntry>();
  const look = async (open: readonly Member[]) => {
    const placed = new Map(open.filter(isPlaced).map((member) => [member.key, member]));
    const names = [...placed.values()].flatMap(({ name }) => name ?? []);
    for await (const entries of searchPeople(ldap, bases.peopleBase, names))
      for (const entry of entries) {
        const key = normalizeDn(entry.dn);
        if (placed.has(key)) persons.set(key, personIn(entry, ldap.schema));
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
