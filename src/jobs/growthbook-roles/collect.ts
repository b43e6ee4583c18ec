import { normalizeDn } from '../../directories/ldap/dn.ts';
import {
  findPeople,
  type LdapGroup,
  type LdapPerson,
  readGroups,
  readMembers,
  whyMissing,
} from '../../directories/ldap/groups-and-people.ts';
import { withLdap } from '../../directories/ldap/session.ts';
import {
  type PosixGroups,
  type PosixQuery,
  readPosixGroups,
} from '../../directories/posix-groups/data-yaml.ts';
import type { Note } from '../../engine/model.ts';
import { allSources, readSource } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Reading, Recorder } from '../../engine/stage-types.ts';
import { SourceError } from '../../platform/errors.ts';
import type { Leaf } from '../../policy/conditions.ts';
import { groupsNamed, populationNamed } from '../../policy/named-groups.ts';
import type { GrowthBook } from '../../targets/growthbook/target.ts';
import { requireCompleteLdap, requireCompletePosix } from './completeness.ts';
import { mayBeEmptyIn, type Projects } from './managed-projects.ts';
import type { RoleFacts } from './resolve.ts';
import type { RoleSettings } from './settings.ts';

/** Reads LDAP, GrowthBook and, where the policy names a POSIX group, `data.yaml`, at the same time, each completely or not at all. */
export async function collect(input: CollectInput, recorder: Recorder): Promise<RoleFacts> {
  const at = { clock: input.run.clock, recorder };
  const [[ldap, posix], kept] = await allSources([
    readDirectories(input, recorder),
    readSource('growthbook', () => input.target.read(), at),
  ]);
  for (const note of danglingNotes(ldap, posix)) recorder.note(note);
  return { people: ldap.people, membersOf: ldap.membersOf, posix, ...kept };
}

type LdapFacts = Awaited<ReturnType<typeof readMembers>>;

/** What collect works with. */
export interface CollectInput {
  readonly settings: Pick<RoleSettings, 'ldap' | 'posix' | 'incomplete'>;
  readonly projects: Projects;
  readonly target: GrowthBook;
  readonly run: Run;
}

const NO_POSIX_GROUPS: PosixGroups = {
  membersOf: new Map(),
  absent: new Set(),
  dangling: [],
  known: new Set(),
  expiring: [],
  repeatedKeys: [],
  sizeOf: new Map(),
};

/** LDAP waits for `data.yaml` only if a rule gives something to a POSIX group alone: then its people are looked up by user name. */
async function readDirectories({ settings, projects, run }: CollectInput, recorder: Recorder) {
  const at = { clock: run.clock, recorder };
  const query = {
    ...settings.posix,
    groups: namedIn(projects, groupsNamed, 'posix'),
    mayBeEmpty: mayBeEmptyIn(projects),
  };
  const posix =
    query.groups.length === 0
      ? Promise.resolve(NO_POSIX_GROUPS)
      : readSource('posix', () => readPosix(query, settings.incomplete, run), at);
  const needed = namedIn(projects, populationNamed, 'posix');
  const { membersOf } = needed.length === 0 ? NO_POSIX_GROUPS : await posix;
  const inPosix = needed.flatMap((group) => [...(membersOf.get(group) ?? [])]);
  const asked = run.whatIf?.changes.map(({ uid }) => uid) ?? [];
  const uids = [...new Set([...namedIn(projects, populationNamed, 'user'), ...inPosix, ...asked])];
  const ldap = readSource('ldap', () => readLdap({ settings, projects, uids }, run), at);
  return await allSources([ldap, posix]);
}

async function readPosix(
  query: PosixQuery,
  incomplete: RoleSettings['incomplete'],
  run: Run,
): Promise<Reading<PosixGroups>> {
  const reading = await readPosixGroups(query, run);
  requireCompletePosix(reading.facts, incomplete);
  return reading;
}

/** The groups that the policies of all projects name, each once. */
const namedIn = ({ all }: Projects, namedBy: typeof groupsNamed, leaf: Leaf): readonly string[] => [
  ...new Set(all.flatMap(({ policy }) => namedBy(policy, leaf))),
];

interface LdapQuery extends Pick<CollectInput, 'settings' | 'projects'> {
  /** The people who are looked up by user name, in addition to those in the groups. */
  readonly uids: readonly string[];
}

async function readLdap({ settings, projects, uids }: LdapQuery, run: Run): Promise<Reading<LdapFacts>> {
  const { groupsBase, peopleBase } = settings.ldap;
  const wanted = namedIn(projects, groupsNamed, 'ldap');
  const mayBeEmpty = mayBeEmptyIn(projects);
  return await withLdap(settings.ldap, run, async (ldap) => {
    const groups = await readGroups(ldap, groupsBase, wanted);
    const missing = wanted.filter((name) => !groups.has(name) && !mayBeEmpty.includes(name));
    if (missing.length > 0) refuseMissing(missing, await whyMissing(ldap, groupsBase, missing));
    const facts = await readMembers(ldap, peopleBase, [...groups.values()]);
    requireMembers([...groups.values()], facts, mayBeEmpty);
    requireCompleteLdap(facts, settings.incomplete);
    const named = await findPeople(ldap, peopleBase, { cns: [], uids });
    const people = peopleOnce([...facts.people, ...named]);
    requireReadable(people);
    const membersOf = new Map([...wanted.map((name) => [name, []] as const), ...facts.membersOf]);
    return {
      facts: { ...facts, people, membersOf },
      entries: people.length,
      version: ldap.server,
      asOf: ldap.asOf,
    };
  });
}

/** Each person once: the entry that was read first. */
const peopleOnce = (people: readonly LdapPerson[]): readonly LdapPerson[] =>
  [...new Map(people.toReversed().map((person) => [normalizeDn(person.dn), person])).values()].toReversed();

/** Maximum number of unreadable entries: a few are mistakes in the directory, more are a sign of a wrong setting. */
const MAX_UNREADABLE = 2;

function requireReadable(people: readonly LdapPerson[]): void {
  const reasons = people.map(({ unreadable }) => unreadable).filter((reason) => reason !== undefined);
  if (reasons.length <= MAX_UNREADABLE) return;
  throw new SourceError(
    `entries that cannot be read as one person (found ${reasons.length}, allowed ${MAX_UNREADABLE}): ${reasons.slice(0, 5).join('; ')}`,
  );
}

const ALLOWED_EMPTY = 'allowed only where the policy says mayBeEmpty';

function refuseMissing(groups: readonly string[], reasons: readonly string[]): never {
  const why = reasons.length > 0 ? reasons.slice(0, 5).join('; ') : ALLOWED_EMPTY;
  throw new SourceError(`groups missing (found ${groups.join(', ')}, ${why})`);
}

/** Throws for a group whose members are all unknown: it is not empty, most likely a setting is wrong. */
function requireMembers(
  groups: readonly LdapGroup[],
  { membersOf, dangling }: LdapFacts,
  mayBeEmpty: readonly string[],
): void {
  const refused = groups.filter(({ name }) => !membersOf.get(name)?.length && !mayBeEmpty.includes(name));
  const [listed] = refused.filter(({ members }) => members.length > 0);
  const first = dangling.find(({ group }) => group === listed?.name);
  if (listed && first)
    throw new SourceError(
      `groups without members (found ${listed.name}: none of its ${listed.members.length} members is a person; the first is ${first.dn}: ${first.why})`,
    );
  if (refused.length > 0)
    throw new SourceError(
      `groups without members (found ${refused.map(({ name }) => name).join(', ')}, ${ALLOWED_EMPTY})`,
    );
}

function danglingNotes(ldap: LdapFacts, posix: PosixGroups): readonly Note[] {
  const note = (label: string, because: string): Note => ({
    kind: 'dangling',
    account: null,
    label,
    because,
  });
  return [
    ...ldap.dangling.map(({ group, dn, why }) => note(dn, `member of LDAP group ${group}: ${why}`)),
    ...posix.dangling.map(({ group, name }) =>
      note(name, `member of POSIX group ${group}: is missing under users`),
    ),
    ...posix.repeatedKeys.map(
      (label): Note => ({
        kind: 'repeated-key',
        account: null,
        label,
        because: 'is there twice in data.yaml, where it decides nothing',
      }),
    ),
  ];
}
