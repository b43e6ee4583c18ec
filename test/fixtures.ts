import type { LdapPerson } from '../src/directories/ldap/groups-and-people.ts';
import type { Decision } from '../src/engine/model.ts';
import type { Run } from '../src/engine/run-types.ts';
import { defaultPolicy } from '../src/jobs/growthbook-roles/policy.ts';
import type { RoleFacts } from '../src/jobs/growthbook-roles/resolve.ts';
import { createDeadline } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { createRedactor } from '../src/platform/redact.ts';
import { createRequestCounter } from '../src/platform/request-counts.ts';
import { createWriteGuard } from '../src/platform/write-guard.ts';
import type { Member, ProjectRole, Team } from '../src/targets/growthbook/schema.ts';
import { type StillClock, stillClock } from './sandbox/clock.ts';

/** The project that fixtures speak of. */
export const PROJECT = 'prj_a';

/** How roles on that project are ranked: as the default policy does. */
export const RULES = { project: PROJECT, order: defaultPolicy().order };

/** The POSIX group that the default policy's gate asks for. */
export const GATE = 'analytics-privatedata-users';

/** A member with no access anywhere, address `<id>@example.org`. */
export const member = (id: string, over: Partial<Member> = {}): Member => ({
  id,
  email: `${id}@example.org`,
  globalRole: 'noaccess',
  teams: [],
  environments: [],
  limitAccessByEnvironment: false,
  additionalRoles: [],
  projectRoles: [],
  managedbyIdp: false,
  ...over,
});

/** An unlimited entry for a project. */
export const entry = (
  role: string,
  project: string = PROJECT,
  over: Partial<ProjectRole> = {},
): ProjectRole => ({ project, role, environments: [], limitAccessByEnvironment: false, ...over });

/** A team that gives nothing. */
export const team = (id: string, over: Partial<Team> = {}): Team => ({
  id,
  name: id,
  role: 'noaccess',
  environments: [],
  limitAccessByEnvironment: false,
  additionalRoles: [],
  projectRoles: [],
  members: [],
  ...over,
});

/** A person in good standing, address `<uid>@example.org`. */
export const person = (uid: string, over: Partial<LdapPerson> = {}): LdapPerson => ({
  dn: `uid=${uid},ou=people,dc=wikimedia,dc=org`,
  uid,
  cns: [uid],
  mails: [`${uid}@example.org`],
  disabled: false,
  ...over,
});

const NO_LDAP_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  'growthbook-admin': [],
  'growthbook-customelevatedaccess': [],
  'growthbook-readonly': [],
};
const NO_POSIX_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  [GATE]: [],
  'analytics-product-users': [],
  'analytics-wmde-users': [],
  deployment: [],
};

/** What is known of people and members; `groups` and `posix` list uids by group. Who is not in `posix`'s gate is outside it. */
export interface FactSeed {
  readonly members?: readonly Member[];
  readonly people?: readonly LdapPerson[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly posix?: Readonly<Record<string, readonly string[]>>;
  readonly absent?: readonly string[];
  readonly teams?: readonly Team[];
}

/** Facts as collect would have read them: every group of the default policy was read. */
export const facts = ({
  members = [],
  people = [],
  groups = {},
  posix = {},
  absent = [],
  teams = [],
}: FactSeed): RoleFacts => ({
  people,
  membersOf: new Map(
    Object.entries({ ...NO_LDAP_MEMBERS, ...groups }).map(([group, uids]) => [
      group,
      people.filter(({ uid }) => uids.includes(uid)),
    ]),
  ),
  posix: {
    membersOf: new Map(
      Object.entries({ ...NO_POSIX_MEMBERS, ...posix }).map(([group, uids]) => [group, new Set(uids)]),
    ),
    absent: new Set(absent),
    dangling: [],
    known: new Set(),
    expiring: [],
    repeatedKeys: [],
    sizeOf: new Map(),
  },
  members,
  teams,
});

/** A decision of a target whose access is one word. */
export const decision = (over: Partial<Decision<string>> = {}): Decision<string> => ({
  account: 'u_1',
  label: 'ann@example.org',
  kind: 'unchanged',
  from: 'old',
  to: 'new',
  rule: 1,
  because: 'a sentence',
  groups: [],
  row: null,
  ...over,
});

/** A run whose clock does not move, with every line that it logs. */
export interface TestRun extends Run {
  readonly clock: StillClock;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** How a test's run differs from an enforcing one of 240 s that may not write yet. */
export interface TestRunOptions extends Partial<Omit<Run, 'clock' | 'deadline' | 'requestCounter' | 'log'>> {
  readonly clock?: StillClock;
  readonly seconds?: number;
  readonly stop?: AbortSignal;
  /** The write guard is open from the start. */
  readonly mayWrite?: boolean;
}

/** A run for tests. */
export function testRun(options: TestRunOptions = {}): TestRun {
  const { clock = stillClock(), seconds = 240, stop, mayWrite = false, ...over } = options;
  const lines: Readonly<Record<string, unknown>>[] = [];
  const writeGuard = createWriteGuard();
  if (mayWrite) writeGuard.open();
  return {
    id: '00000000-0000-4000-8000-000000000000',
    job: 'a-job',
    userAgent: 'muster',
    mode: 'enforce',
    dryRun: false,
    approval: undefined,
    startedAt: clock.now(),
    startedMonotonic: clock.monotonic(),
    writeGuard,
    redactor: createRedactor([]),
    ...over,
    clock,
    deadline: createDeadline(clock, seconds * 1000, stop),
    requestCounter: createRequestCounter(),
    log: createLog({ write: (line) => void lines.push(JSON.parse(line)) }, 'debug'),
    lines,
  };
}
