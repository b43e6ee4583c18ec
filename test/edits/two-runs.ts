import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJob } from '../../src/app/run-job.ts';
import { jobs, knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { sharedClock, sharedTime } from '../faults/clock.ts';
import { atRequest } from '../sandbox/at-request.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { effectiveAccess, globalAccess } from '../sandbox/growthbook/access.ts';
import { PROJECTS } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import type { SandboxServer } from '../sandbox/server.ts';
import { startStorage } from '../sandbox/storage.ts';
import type { EditJob } from './edit.ts';
import type { SecondRun } from './second-run.ts';

/** What keeps two runs apart. */
type Lock = 'no lock' | 'lease' | 'folder';

/** Where the second run begins: at a request of the first. `inside`: it ends before that request is answered; `beside`: they go on together. */
export interface TwoRunsPoint {
  readonly job: EditJob;
  readonly lock: Lock;
  readonly nth: number;
  readonly moment: 'before' | 'after';
  readonly way: 'inside' | 'beside';
}

const LOCKS: readonly Lock[] = ['no lock', 'lease', 'folder'];

/** The point in words. */
export const twoRunsText = ({ job, lock, nth, moment, way }: TwoRunsPoint): string =>
  `${job}, ${lock}: a second run ${way} request ${nth}, ${moment} it is carried out`;

async function startSystems(job: EditJob, lock: Lock) {
  const time = sharedTime();
  const clock = sharedClock(time);
  const storage = await startStorage({ now: clock.now });
  const folder = mkdtempSync(join(tmpdir(), 'muster-two-runs-'));
  const { LEASE_BUCKET: bucket = '', ...places } = storage.environment;
  const locks = { 'no lock': {}, lease: { LEASE_BUCKET: bucket }, folder: { LOCK_DIR: folder } };
  const common = { MODE: 'enforce', REPORTS: 'gs://reports', ...places, ...locks[lock] };
  const target = await (job === 'growthbook-roles' ? growthBook(clock.now) : gitlab(clock.now));
  const environment: Readonly<Record<string, string>> = { ...target.environment, ...common };
  const own = jobs.find(({ name }) => name === job);
  if (!own) throw new Error(`no job has the name ${job}`);
  const unexpected: string[] = [];
  return {
    ...target,
    servers: [...target.servers, storage] as readonly SandboxServer[],
    second: { job, environment, time } satisfies SecondRun,
    /** Whether the first run has the lock now. */
    isLocked: () => (lock === 'folder' ? isHeldIn(folder) : lock === 'lease' && storage.objects.size > 0),
    unexpected,
    run: async (): Promise<Report> => {
      const log = {
        write: (line: string) => void (line.includes('"event":"error"') && unexpected.push(line)),
      };
      const context = { clock, log, known: knownSettings };
      return (await runJob(own, { dryRun: false }, { environment, ...context })).report;
    },
    close: async () => {
      rmSync(folder, { recursive: true });
      await Promise.all([target.close(), storage.close()]);
    },
  };
}

/** Whether the newest lock file of a folder is not given back. */
function isHeldIn(folder: string): boolean {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.lock'))
    .toSorted()
    .at(-1);
  return newest !== undefined && !readFileSync(join(folder, newest), 'utf8').includes('"released":true');
}

async function growthBook(now: () => number) {
  const sandbox = await startGrowthBookSandbox({ now, requestsPerMinute: 6000 });
  const { state } = sandbox.growthbook;
  return {
    servers: [sandbox.growthbook],
    environment: sandbox.environment,
    state: () =>
      state.members.map(({ id, teams }) => [
        id,
        teams,
        globalAccess(state, id),
        PROJECTS.map(({ id: project }) => effectiveAccess(state, id, project)),
      ]),
    approved: (): readonly string[] => [],
    published: (): readonly string[] => [],
    close: () => sandbox.close(),
  };
}

async function gitlab(now: () => number) {
  const sandbox = await startGitlabSandbox(gitlabExample, now);
  const lines = () => (sandbox.auditPage() ?? '').split('\n').filter((line) => line.startsWith('* '));
  const nameIn = (line: string) => /gitlab:([^|]+)/.exec(line)?.[1] ?? line;
  return {
    servers: [sandbox.gitlab, sandbox.wiki],
    environment: { ...sandbox.environment, DENIED_ACCOUNTS: DENIED },
    // The time of a line is that of its run.
    state: () => [
      sandbox.gitlab.state.users.map(({ id, state }) => [id, state]),
      lines().map(nameIn).toSorted(),
    ],
    approved: () => sandbox.gitlab.approvals.map(({ username }) => username),
    published: () => lines().map(nameIn),
    close: () => sandbox.close(),
  };
}

/** What one run alone leads to, and how many requests it makes. */
interface Alone {
  readonly requests: number;
  readonly state: string;
}

const known = new Map<string, Promise<Alone>>();

/** What the job does where it is alone. */
function aloneOf(job: EditJob, lock: Lock): Promise<Alone> {
  const found = known.get(`${job} ${lock}`) ?? runAlone(job, lock);
  known.set(`${job} ${lock}`, found);
  return found;
}

async function runAlone(job: EditJob, lock: Lock): Promise<Alone> {
  const sandbox = await startSystems(job, lock);
  try {
    const count = atRequest(sandbox.servers, { nth: 0, moment: 'before' }, async () => undefined);
    const report = await sandbox.run();
    if (report.exitCode !== 0) throw new Error(`the run alone failed: ${report.error}`);
    return { requests: count(), state: JSON.stringify(sandbox.state()) };
  } finally {
    await sandbox.close();
  }
}

/** A second run at every request, under every lock. */
export async function twoRunsPoints(job: EditJob): Promise<readonly TwoRunsPoint[]> {
  const points: TwoRunsPoint[] = [];
  for (const lock of LOCKS) {
    const { requests } = await aloneOf(job, lock);
    for (let nth = 1; nth <= requests; nth += 1)
      for (const moment of ['before', 'after'] as const)
        for (const way of ['inside', 'beside'] as const) points.push({ job, lock, nth, moment, way });
  }
  return points;
}

/** What did not hold where a second run met the first; nothing where all did. */
export async function twoRunsAt(
  point: TwoRunsPoint,
  startSecond: (asked: SecondRun) => Promise<Report>,
): Promise<readonly string[]> {
  const alone = await aloneOf(point.job, point.lock);
  const sandbox = await startSystems(point.job, point.lock);
  try {
    let wasLocked = false;
    let second: Promise<Report> | undefined;
    atRequest(sandbox.servers, point, async () => {
      wasLocked = sandbox.isLocked();
      second = startSecond(sandbox.second);
      if (point.way === 'inside') await second;
    });
    const first = await sandbox.run();
    const other = await second;
    if (!other) return ['the second run did not begin'];
    const last = await sandbox.run();
    return [
      ...brokenAlone([first, other], { point, wasLocked }),
      ...sandbox.unexpected.map((line) => `an unexpected error: ${line.slice(0, 300)}`),
      ...(JSON.stringify(sandbox.state()) === alone.state ? [] : ['the end is not that of one run']),
      ...twice(sandbox.approved()).map((one) => `${one} was approved twice`),
      ...twice(sandbox.published()).map((one) => `the line of ${one} is published twice`),
      ...(last.exitCode === 0 && last.changes.length === 0 ? [] : [`a third run: ${last.outcome}`]),
    ];
  } finally {
    await sandbox.close();
  }
}

const twice = (all: readonly string[]) => all.filter((one, index) => all.indexOf(one) !== index);

/** What each of the two runs says. */
function brokenAlone(
  [first, second]: readonly [Report, Report],
  { point, wasLocked }: { readonly point: TwoRunsPoint; readonly wasLocked: boolean },
): readonly string[] {
  const isBeside = point.way === 'beside';
  // Beside each other, the first may give the lock back before the second asks for it, and the second may be first to take it.
  const mayRun = isBeside || !wasLocked;
  const left = [first, second]
    .flatMap(({ changes }) => changes)
    .filter(({ result, error }) => result !== 'applied' && result !== 'unchanged' && !error);
  return [
    ...(second.outcome === 'skipped' && point.lock === 'no lock' ? ['skipped, and there is no lock'] : []),
    ...(second.outcome !== 'skipped' && !mayRun
      ? [`the second run ended as ${second.outcome}, not as skipped`]
      : []),
    ...(first.outcome === 'skipped' && (wasLocked || !isBeside) ? ['the first run gave way'] : []),
    ...(point.lock !== 'no lock' && [first, second].some(({ exitCode }) => exitCode !== 0 && exitCode !== 5)
      ? [`a run failed although there is a lock: ${first.error ?? second.error}`]
      : []),
    ...left.map(({ account }) => `${account} was left without a reason`),
  ];
}
