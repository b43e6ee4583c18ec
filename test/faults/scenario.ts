import { renderResult } from '../../src/app/render-result.ts';
import { type RunRequest, type RunResult, runJob } from '../../src/app/run-job.ts';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { FORMATS } from '../../src/reports/render.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import {
  CONDUIT_TOKEN,
  CREDENTIALS,
  GERRIT_PASSWORD,
  GITLAB_TOKEN,
  startGitlabSandbox,
} from '../sandbox/gitlab/sandbox.ts';
import { effectiveAccess, globalAccess } from '../sandbox/growthbook/access.ts';
import { PROJECT } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import type { SandboxServer } from '../sandbox/server.ts';
import { sharedClock, sharedTime } from './clock.ts';
import { startFunctionHost } from './function-host.ts';
import { type LdapRelay, startLdapRelay } from './ldap-relay.ts';

export type JobName = 'growthbook-roles' | 'gitlab-approvals';
/** A command of the program, or a plan (GET) or an apply (POST) over HTTP. */
export type Command = 'plan' | 'apply' | 'check' | 'explain' | 'GET' | 'POST';

/** The systems of a job with faults that can be switched on, and a way to run the job against them. */
export interface FaultScenario {
  readonly servers: Readonly<Record<string, Pick<SandboxServer, 'addFault' | 'clearFaults' | 'requests'>>>;
  readonly ldap: LdapRelay;
  /** The variable that has the address of a system. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** The value that a variable has. */
  given(name: string): string;
  run(command: Command, settings?: Readonly<Record<string, string>>): Promise<ScenarioRun>;
  /** What each account can do now, and what was published. */
  state(): ReadonlyMap<string, string>;
  /** How many writes the target has carried out. */
  writes(): number;
  close(): Promise<void>;
}

/** One run, with everything that came out of it. */
export interface ScenarioRun {
  readonly result: RunResult;
  /** All log lines and the result in each representation. */
  readonly output: string;
  readonly ms: number;
  /** The status of an answer over HTTP. */
  readonly status?: number;
}

const MARKED_PASSWORD = 'ldap MARKED"&<+/=0123456789';
const MARKED_KEY = 'secret_MARKED+/=0123456789abcdefghij';

/** Starts all systems of a job. */
export const startScenario = (job: JobName): Promise<FaultScenario> =>
  job === 'growthbook-roles' ? growthBookScenario() : gitlabScenario();

async function growthBookScenario(): Promise<FaultScenario> {
  const time = sharedTime();
  const clock = sharedClock(time);
  const sandbox = await startGrowthBookSandbox({ now: clock.now, bindPassword: MARKED_PASSWORD });
  sandbox.growthbook.state.keys.push({ id: 'key_marked', secret: MARKED_KEY, role: 'admin' });
  const ldap = await startLdapRelay(sandbox.ldap.port);
  const environment = {
    ...sandbox.environment,
    GROWTHBOOK_LDAP_SYNC_API_KEY: MARKED_KEY,
    LDAP_SERVERS: `ldap://127.0.0.1:${ldap.port}`,
  };
  const { state } = sandbox.growthbook;
  return {
    servers: { growthbook: sandbox.growthbook, posix: sandbox.gitiles },
    ldap,
    addresses: { growthbook: 'GROWTHBOOK_API_URL', posix: 'DATA_YAML_URL', ldap: 'LDAP_SERVERS' },
    secrets: [MARKED_KEY, MARKED_PASSWORD],
    given: (name) => environment[name as keyof typeof environment] ?? '',
    run: runner(growthbookRoles, environment, time),
    state: () =>
      new Map(
        state.members.map(({ id }) => [
          id,
          JSON.stringify([effectiveAccess(state, id, PROJECT), globalAccess(state, id)]),
        ]),
      ),
    writes: () => sandbox.growthbook.writes.length,
    close: async () => {
      await ldap.close();
      await sandbox.close();
    },
  };
}

async function gitlabScenario(): Promise<FaultScenario> {
  const time = sharedTime();
  const clock = sharedClock(time);
  const sandbox = await startGitlabSandbox(gitlabExample, clock.now);
  const ldap = await startLdapRelay(sandbox.ldap.port);
  const environment = {
    ...sandbox.environment,
    DENIED_ACCOUNTS: DENIED,
    LDAP_SERVERS: `ldap://127.0.0.1:${ldap.port}`,
  };
  const { gitlab, phabricator, gerrit, wiki } = sandbox;
  return {
    servers: { gitlab, phabricator, gerrit, mediawiki: wiki },
    ldap,
    addresses: {
      gitlab: 'GITLAB_URL',
      phabricator: 'PHABRICATOR_URL',
      gerrit: 'GERRIT_URL',
      mediawiki: 'MEDIAWIKI_URL',
      ldap: 'LDAP_SERVERS',
    },
    given: (name) => environment[name as keyof typeof environment] ?? '',
    secrets: [GITLAB_TOKEN, CONDUIT_TOKEN, GERRIT_PASSWORD, ...Object.values(CREDENTIALS)],
    run: runner(gitlabApprovals, environment, time),
    state: () => new Map(gitlab.state.users.map(({ id, state }) => [`${id}`, state])),
    writes: () => gitlab.approvals.length,
    close: async () => {
      await ldap.close();
      await sandbox.close();
    },
  };
}

const hosts = new Map<string, ReturnType<typeof startFunctionHost>>();

/** One host for each job, as long as the process. */
function functionHost(job: string) {
  const host = hosts.get(job) ?? startFunctionHost();
  hosts.set(job, host);
  return host;
}

type Job = typeof growthbookRoles;

const REQUESTS: Readonly<Record<Exclude<Command, 'GET' | 'POST'>, RunRequest>> = {
  plan: { dryRun: true },
  apply: { dryRun: false },
  check: { dryRun: true, check: true },
  explain: { dryRun: true, explain: 'iris' },
};

function runner(job: Job, environment: Readonly<Record<string, string>>, time: SharedArrayBuffer) {
  return async (command: Command, settings: Readonly<Record<string, string>> = {}): Promise<ScenarioRun> => {
    const lines: string[] = [];
    const startedAt = performance.now();
    const all = { MODE: 'enforce', LOG_LEVEL: 'trace', ...environment, ...settings };
    if (command === 'GET' || command === 'POST') {
      const call = { job: job.name, method: command, environment: all, time };
      const { status, text, lines: logged } = await functionHost(job.name).call(call);
      const ms = performance.now() - startedAt;
      return { result: resultIn(job, text), output: [...logged, text].join('\n'), ms, status };
    }
    const result = await runJob(job, REQUESTS[command], {
      environment: all,
      clock: sharedClock(time),
      log: { write: (line: string) => void lines.push(line) },
      known: knownSettings,
      verbose: true,
    });
    const ms = performance.now() - startedAt;
    const shown = FORMATS.map((format) => renderResult(result, format, { colour: false }));
    return { result, output: [...lines, ...shown].join('\n'), ms };
  };
}

/** The report of a body, as the program would have returned it. */
const resultIn = (job: Job, text: string): RunResult => ({
  report: JSON.parse(text) as RunResult['report'],
  unchanged: () => [],
  describe: job.describe,
});
