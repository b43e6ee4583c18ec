/** How the facts of `growthbook-roles` are written into a recording, and read from one. */

import { z } from 'zod';
import type { FactsFormat } from '../../engine/recording.ts';
import { InvalidRequestError } from '../../platform/errors.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import { Member, Team } from '../../targets/growthbook/schema.ts';
import { factsAs, NamesByGroup, PersonShape, requireRecorded } from '../facts-shapes.ts';
import type { Projects } from './managed-projects.ts';
import type { RoleFacts } from './resolve.ts';

const RecordedFacts = z.lazy(() =>
  z.strictObject({
    people: z.array(PersonShape),
    /** DNs of people by LDAP group. */
    membersOf: NamesByGroup,
    posix: z.strictObject({
      membersOf: NamesByGroup,
      sizeOf: z.record(z.string(), z.int().nonnegative()),
      absent: z.array(z.string()),
      known: z.array(z.string()),
      dangling: z.array(z.strictObject({ group: z.string(), name: z.string() })),
      expiring: z.array(z.strictObject({ name: z.string(), on: z.string() })),
      repeatedKeys: z.array(z.string()),
    }),
    members: z.array(Member),
    teams: z.array(Team),
    defaultRole: z.string().optional(),
  }),
);

/** How the facts of `growthbook-roles` are recorded: maps and sets as objects and lists, people in groups by their DN. */
export const factsFormat = (projects: Projects): FactsFormat<RoleFacts> => ({
  toJson: ({ people, membersOf, posix, members, teams, defaultRole }) => ({
    people,
    membersOf: Object.fromEntries([...membersOf].map(([group, all]) => [group, all.map(({ dn }) => dn)])),
    posix: {
      membersOf: Object.fromEntries([...posix.membersOf].map(([group, names]) => [group, [...names]])),
      sizeOf: Object.fromEntries(posix.sizeOf),
      absent: [...posix.absent],
      known: [...posix.known],
      dangling: posix.dangling,
      expiring: posix.expiring,
      repeatedKeys: posix.repeatedKeys,
    },
    members,
    teams,
    ...(defaultRole === undefined ? {} : { defaultRole }),
  }),
  fromJson: (value) => {
    const { people, membersOf, posix, members, teams, defaultRole } = factsAs(RecordedFacts, value);
    for (const { policy } of projects.all) {
      requireRecorded('LDAP', groupsNamed(policy, 'ldap'), (group) => Object.hasOwn(membersOf, group));
      requireRecorded('POSIX', groupsNamed(policy, 'posix'), (group) =>
        Object.hasOwn(posix.membersOf, group),
      );
    }
    const byDn = new Map(people.map((person) => [person.dn, person]));
    return {
      people: [...byDn.values()],
      membersOf: new Map(
        Object.entries(membersOf).map(([group, dns]) => [group, dns.map((dn) => personAt(byDn, dn, group))]),
      ),
      posix: {
        membersOf: new Map(Object.entries(posix.membersOf).map(([group, names]) => [group, new Set(names)])),
        sizeOf: new Map(Object.entries(posix.sizeOf)),
        absent: new Set(posix.absent),
        known: new Set(posix.known),
        dangling: posix.dangling,
        expiring: posix.expiring,
        repeatedKeys: posix.repeatedKeys,
      },
      members,
      teams,
      ...(defaultRole === undefined ? {} : { defaultRole }),
    };
  },
});

type Person = RoleFacts['people'][number];

function personAt(byDn: ReadonlyMap<string, Person>, dn: string, group: string): Person {
  const person = byDn.get(dn);
  if (!person)
    throw new InvalidRequestError(
      `recording: facts.membersOf.${group}: ${dn.slice(0, 200)} is not in facts.people (found ${byDn.size} others, allowed: the DN of one of them)`,
    );
  return person;
}
