import { readGroupMembers } from '../../directories/gerrit/group-members.ts';
import { normalizeDn } from '../../directories/ldap/dn.ts';
import {
  findPeople,
  type LdapGroup,
  type LdapPerson,
  readGroups,
  whyMissing,
  withMemberDns,
} from '../../directories/ldap/groups-and-people.ts';
import { withLdap } from '../../directories/ldap/session.ts';
import { type Membership, readProjectMembers } from '../../directories/phabricator/project-members.ts';
import { nameKey } from '../../directories/same-name.ts';
import { EVENTS } from '../../engine/log-events.ts';
import { readSource } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Reading, Recorder } from '../../engine/stage-types.ts';
import { DeadlineError, messageOf, SourceError } from '../../platform/errors.ts';
import type { ConcurrencyLimit } from '../../platform/http-client.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { groupsNamedByAny } from '../../policy/named-groups.ts';
import type { Account } from '../../targets/gitlab/schema.ts';
import type { GitlabTarget } from '../../targets/gitlab/target.ts';
import { changeMemberships } from './change-memberships.ts';
import { createIdentifier, namesToLookUp } from './identify.ts';
import { logEvaluation } from './log-evaluation.ts';
import type { ApprovalFacts, ApprovalRules } from './resolve.ts';
import type { SourceSettings } from './settings.ts';
import { type Evidence, needsAnswer, type OptionalName, type OptionalSource } from './trust.ts';

/** Reads the waiting accounts, then their people in LDAP, then Phabricator and Gerrit for those who are not decided yet. Without a waiting account it reads nothing else. */
export async function collect(input: CollectInput, recorder: Recorder): Promise<ApprovalFacts> {
  const { rules, trust, target, run } = input;
  const at = { clock: run.clock, recorder };
  const initial = initialEvidence(input, recorder);
  const waiting = await readSource('gitlab', () => target.read(), at);
  if (waiting.length === 0) return { waiting, people: [], evidence: initial };

  const { people, groups } = await readSource('ldap', () => readLdap(waiting, input), at);
  const known = knownAmong(waiting, people, rules);
  const asRead = { waiting, people, evidence: { ...initial, groups: membersOf(groups, recorder) } };
  // An assumed change of membership can end trust, so sources are also asked about these people.
  const ways = run.whatIf ? [asRead, changeMemberships(asRead, run.whatIf.changes)] : [asRead];
  const mayNeed = (source: OptionalName, answers: Partial<Evidence>) => (person: LdapPerson) =>
    ways.some(({ evidence: before }) =>
      trust.some((policy) => needsAnswer(person, { ...before, ...answers }, { policy, source })),
    );
  const { evidence: byLdap } = asRead;
  const undecided = known.filter(mayNeed('phabricator', {}));
  const byPhabricator = { ...byLdap, phabricator: await askPhabricator(undecided, input, recorder) };
  const stillUndecided = known.filter(mayNeed('gerrit', { phabricator: byPhabricator.phabricator }));
  const evidence = { ...byPhabricator, gerrit: await askGerrit(stillUndecided, input, recorder) };
  const facts = { waiting, people, evidence };
  logEvaluation(facts, rules, run.log);
  return facts;
}

/** What collect works with. */
export interface CollectInput {
  readonly sources: SourceSettings;
  readonly rules: ApprovalRules;
  /** The policies whose groups are read: the one in effect, and the one that it is compared with. */
  readonly trust: readonly DatedPolicy[];
  readonly target: GitlabTarget;
  readonly concurrency: ConcurrencyLimit;
  readonly run: Run;
}

/** The evidence before a source is asked. A source without credentials is off; if the policy names it, that is noted. */
function initialEvidence({ sources, trust }: CollectInput, recorder: Recorder): Evidence {
  const isOff = (source: OptionalName, access: object | undefined, settings: string) => {
    if (groupsNamedByAny(trust, source).length === 0 || access) return false;
    noteDisabledSource(source, settings, recorder);
    return true;
  };
  const noPhabricator = isOff('phabricator', sources.phabricator, 'PHABRICATOR_USER and PHABRICATOR_TOKEN');
  const noGerrit = isOff('gerrit', sources.gerrit, 'GERRIT_PASSWORD');
  return {
    groups: new Map(),
    phabricator: noPhabricator ? 'off' : new Map(),
    gerrit: noGerrit ? 'off' : new Map(),
  };
}

function noteDisabledSource(name: string, settings: string, recorder: Recorder): void {
  recorder.source({ name, entries: 0, version: 'off', asOf: null, durationMs: 0 });
  recorder.note({ kind: 'off', account: null, label: name, because: `not asked: ${settings} not set` });
}

interface LdapFacts {
  readonly people: readonly LdapPerson[];
  readonly groups: readonly LdapGroup[];
}

async function readLdap(
  waiting: readonly Account[],
  { sources, rules, trust, run }: CollectInput,
): Promise<Reading<LdapFacts>> {
  const settings = sources.ldap;
  const wanted = groupsNamedByAny(trust, 'ldap');
  return await withLdap(settings, run, async (ldap) => {
    const groups = await readGroups(ldap, settings.groupsBase, wanted);
    const missing = wanted.filter((name) => !groups.has(name));
    if (missing.length > 0) {
      const names = 'TRUSTED_LDAP_GROUPS, TOOLFORGE_LDAP_GROUP or the policy of trust';
      const reasons = await whyMissing(ldap, settings.groupsBase, missing);
      throw new SourceError(
        `groups missing (found none under ${settings.groupsBase}: ${missing.join(', ')}; ${[...reasons, names].join('; ')})`,
      );
    }
    const people = await findPeople(ldap, settings.peopleBase, namesToLookUp(waiting, rules.terms));
    const facts = {
      people,
      groups: await withMemberDns(ldap, { ...settings, people }, [...groups.values()]),
    };
    return { facts, entries: people.length, version: ldap.server, asOf: ldap.asOf };
  });
}

/** The people whose account is certain, each once. */
function knownAmong(
  waiting: readonly Account[],
  people: readonly LdapPerson[],
  { terms }: ApprovalRules,
): readonly LdapPerson[] {
  const identify = createIdentifier(people, terms);
  const known = waiting.map((account) => identify(account).person).filter((person) => person !== undefined);
  return [...new Set(known)];
}

/** Members by group, as normalised DNs. A member that is not a DN counts for nobody, and is noted. */
function membersOf(
  groups: readonly LdapGroup[],
  recorder: Recorder,
): ReadonlyMap<string, ReadonlySet<string>> {
  const keyOf = (group: string, dn: string) => {
    try {
      return normalizeDn(dn);
    } catch (error) {
      const because = `member of LDAP group ${group}: ${messageOf(error)}`;
      recorder.note({ kind: 'dangling', account: null, label: dn, because });
      return undefined;
    }
  };
  return new Map(
    groups.map(({ name, members }) => [
      name,
      new Set(members.map((dn) => keyOf(name, dn)).filter((key) => key !== undefined)),
    ]),
  );
}

/** The share of the remaining time that an optional source may take. Accounts that other sources trust must not wait for it. */
const SHARE = 1 / 4;

async function askOptional(
  name: OptionalName,
  read: (run: Run) => Promise<Reading<OptionalAnswer>>,
  { run, recorder }: { run: Run; recorder: Recorder },
): Promise<OptionalSource> {
  const left = run.deadline.left();
  const limited = { ...run, deadline: run.deadline.sooner(left * (1 - SHARE)) };
  try {
    return await readSource(name, () => read(limited), { clock: run.clock, recorder });
  } catch (error) {
    const late = error instanceof DeadlineError && run.deadline.left() > 0;
    if (!late && !(error instanceof SourceError)) throw error;
    const seconds = Math.round((left * SHARE) / 1000);
    recorder.failure(late ? `source ${name}: no whole answer within ${seconds} s` : error.message);
    return 'failed';
  }
}

type OptionalAnswer = Exclude<OptionalSource, string>;
type Reader = (group: string, run: Run) => Promise<Reading<ReadonlyMap<string, Membership>>>;

/** Reads one group after the other, and returns them as one reading of the source. */
const readEach =
  (groups: readonly string[], read: Reader) =>
  async (run: Run): Promise<Reading<OptionalAnswer>> => {
    const answers = new Map<string, ReadonlyMap<string, Membership>>();
    let entries = 0;
    for (const group of groups) {
      const reading = await read(group, run);
      answers.set(group, reading.facts);
      entries += reading.entries;
    }
    return { facts: answers, entries, version: null };
  };

async function askPhabricator(
  people: readonly LdapPerson[],
  { sources, trust, concurrency, run }: CollectInput,
  recorder: Recorder,
): Promise<OptionalSource> {
  const access = sources.phabricator;
  const projects = groupsNamedByAny(trust, 'phabricator');
  if (!access) return projects.length === 0 ? new Map() : 'off';
  if (people.length === 0) return new Map();
  const names = new Map(people.map(({ dn, cns }) => [dn, cns]));
  const read: Reader = (project, limited) =>
    readProjectMembers({ ...access, concurrency }, { project, people: names, bots: sources.bots }, limited);
  return await askOptional('phabricator', readEach(projects, read), { run, recorder });
}

async function askGerrit(
  people: readonly LdapPerson[],
  { sources, trust, concurrency, run }: CollectInput,
  recorder: Recorder,
): Promise<OptionalSource> {
  const access = sources.gerrit;
  const groups = groupsNamedByAny(trust, 'gerrit');
  if (!access) return groups.length === 0 ? new Map() : 'off';
  if (people.length === 0) return new Map();
  const read: Reader = async (group, limited) => {
    const { facts: found, ...reading } = await readGroupMembers({ ...access, concurrency }, group, limited);
    if (found.isHidden) noteHiddenGroup(group, { run, recorder });
    const usernames = new Set(found.usernames.map(nameKey));
    const facts = new Map(people.map((person) => [person.dn, inGroup(person, group, usernames)]));
    return { ...reading, facts };
  };
  return await askOptional('gerrit', readEach(groups, read), { run, recorder });
}

/** Notes that Gerrit shows no members: the group is most likely hidden, not empty. */
function noteHiddenGroup(group: string, { run, recorder }: { run: Run; recorder: Recorder }): void {
  const because =
    'cannot see who is in it: Gerrit shows nobody, or GERRIT_USER alone (the group has to be visible to all, or owned by GERRIT_USER)';
  recorder.note({ kind: 'unreadable-group', account: null, label: group, because });
  run.log.warn({ event: EVENTS.sourceUnreadable, source: 'gerrit', group, because }, 'group cannot be read');
}

function inGroup({ uid }: LdapPerson, group: string, usernames: ReadonlySet<string>): Membership {
  const isMember = usernames.has(nameKey(uid));
  return { isMember, because: `${uid} is ${isMember ? '' : 'not '}in Gerrit ${group}` };
}
