/** Finds the groups of each person in what the directories say. */

import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import { nameKey } from '../../directories/same-name.ts';
import type { LeafMembership, Membership, Sources } from '../../policy/evaluate-condition.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import type { Policy } from '../../policy/policy.ts';

/** What the directories say about people. `membersOf` maps LDAP groups to people. */
export interface DirectoryFacts {
  readonly people: readonly LdapPerson[];
  readonly membersOf: ReadonlyMap<string, readonly LdapPerson[]>;
  readonly posix: PosixGroups;
}

/** What the directories say about each person, in the form that policies evaluate. */
export function membershipsOf(facts: DirectoryFacts, policy: Policy): ReadonlyMap<LdapPerson, Membership> {
  const membershipOf = createMembershipIndex(facts, policy);
  return new Map(facts.people.map((person) => [person, membershipOf(person)]));
}

/** Finds what the directories say about a person. Each group is read once; people in the same groups share their `sources`. */
export function createMembershipIndex(
  facts: DirectoryFacts,
  policy: Policy,
): (person: LdapPerson) => Membership {
  const ldap = indexMembers(facts.membersOf);
  const posix = indexMembers(facts.posix.membersOf);
  const users = groupsNamed(policy, 'user');
  const namedUser = indexMembers(new Map(users.map((user) => [user, [nameKey(user)]])));
  const sourcesOf = createSharedSources();
  return (person) => ({
    uid: person.uid,
    refusal: refusalOf(person, facts.posix),
    sources: sourcesOf(
      ldap.of(person),
      posix.of(person.uid),
      namedUser.of(users.length === 0 ? '' : nameKey(person.uid)),
    ),
  });
}

/** The groups of one member in the order of reading. Members of the same groups share one value. */
interface Groups extends LeafMembership {
  /** The same groups and one more, by the name of the one more. */
  readonly and: Map<string, Groups>;
}

/** Indexes groups by member. */
function indexMembers<T>(membersOf: ReadonlyMap<string, Iterable<T>>): { of(member: T): Groups } {
  const none: Groups = { asked: new Set(membersOf.keys()), in: new Set(), and: new Map() };
  const index = new Map<T, Groups>();
  for (const [group, members] of membersOf) {
    for (const member of members) {
      const before = index.get(member) ?? none;
      index.set(member, before.and.get(group) ?? withGroup(before, group));
    }
  }
  return { of: (member) => index.get(member) ?? none };
}

function withGroup({ asked, in: before, and }: Groups, group: string): Groups {
  const made: Groups = { asked, in: new Set([...before, group]), and: new Map() };
  and.set(group, made);
  return made;
}

/** Makes the sources of people in these groups: the same object for the same groups. */
function createSharedSources(): (ldap: Groups, posix: Groups, user: Groups) => Sources {
  const made = new Map<Groups, Map<Groups, Sources[]>>();
  return (ldap, posix, user) => {
    const some = made.get(ldap)?.get(posix);
    const known = some?.find((one) => one.user === user);
    if (known) return known;
    const sources: Sources = { ldap, posix, user };
    if (some) some.push(sources);
    else made.set(ldap, (made.get(ldap) ?? new Map<Groups, Sources[]>()).set(posix, [sources]));
    return sources;
  };
}

function refusalOf({ uid, disabled }: LdapPerson, { absent }: PosixGroups): string | undefined {
  if (disabled) return `${uid} is disabled in LDAP`;
  return absent.has(uid) ? `${uid} is ensure: absent in data.yaml` : undefined;
}
