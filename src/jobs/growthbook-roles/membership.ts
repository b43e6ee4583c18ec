import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import { nameKey } from '../../directories/names.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import type { Membership } from '../../policy/check-condition.ts';
import type { Policy } from '../../policy/document.ts';
import { groupsNamed } from '../../policy/named-groups.ts';

/** What the directories say of people. `membersOf` maps LDAP groups to people. */
export interface DirectoryFacts {
  readonly people: readonly LdapPerson[];
  readonly membersOf: ReadonlyMap<string, readonly LdapPerson[]>;
  readonly posix: PosixGroups;
}

const NONE: ReadonlySet<string> = new Set();

/** What the directories say of each person, as the policy asks it. Each group is gone through once. */
export function membershipsOf(facts: DirectoryFacts, policy: Policy): ReadonlyMap<LdapPerson, Membership> {
  const ldap = new Map(facts.people.map((person) => [person, new Set<string>()]));
  for (const [group, members] of facts.membersOf) {
    for (const person of members) ldap.get(person)?.add(group);
  }
  const posix = groupsByName(facts.posix.membersOf);
  const users = Map.groupBy(groupsNamed(policy, 'user'), nameKey);
  const asked = {
    ldap: new Set(facts.membersOf.keys()),
    posix: new Set(facts.posix.membersOf.keys()),
    user: new Set([...users.values()].flat()),
  };
  const membershipOf = (person: LdapPerson): Membership => ({
    uid: person.uid,
    refusal: refusalOf(person, facts.posix),
    sources: {
      ldap: { asked: asked.ldap, in: ldap.get(person) ?? NONE },
      posix: { asked: asked.posix, in: posix.get(person.uid) ?? NONE },
      user: { asked: asked.user, in: users.size > 0 ? new Set(users.get(nameKey(person.uid))) : NONE },
    },
  });
  return new Map(facts.people.map((person) => [person, membershipOf(person)]));
}

function groupsByName(membersOf: PosixGroups['membersOf']): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = new Map<string, Set<string>>();
  for (const [group, names] of membersOf) {
    for (const name of names) {
      const known = groups.get(name);
      if (known) known.add(group);
      else groups.set(name, new Set([group]));
    }
  }
  return groups;
}

function refusalOf({ uid, disabled }: LdapPerson, { absent }: PosixGroups): string | undefined {
  if (disabled) return `${uid} is disabled in LDAP`;
  return absent.has(uid) ? `${uid} is ensure: absent in data.yaml` : undefined;
}
