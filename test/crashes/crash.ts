import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atRequest } from '../sandbox/at-request.ts';
import { frameworkCommand } from '../sandbox/framework.ts';
import { freePort } from '../sandbox/free-port.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { effectiveAccess } from '../sandbox/growthbook/access.ts';
import { PROJECT } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import type { SandboxServer } from '../sandbox/server.ts';
import { LEASE_BUCKET, type StoredObject, startStorage } from '../sandbox/storage.ts';
import { type Line, nextRun } from './next-run.ts';

export type CrashJob = 'growthbook-roles' | 'gitlab-approvals';
/** How the process is started: the program `muster`, or the functions-framework. */
export type Host = 'program' | 'function';

/** How the process ends: by a signal, or because V8 finds no memory in a small heap, which ends it with SIGABRT. */
export type KillSignal = 'SIGKILL' | 'SIGTERM' | 'memory';
const KILL_SIGNALS: readonly KillSignal[] = ['SIGKILL', 'SIGTERM', 'memory'];

/** A place in an apply: before or after the request of this number is carried out. */
export interface CrashPoint {
  readonly job: CrashJob;
  readonly host: Host;
  readonly nth: number;
  readonly moment: 'before' | 'after';
  readonly signal: KillSignal;
}

/** The systems of a job, and what a run has done to them. */
export interface Systems {
  readonly servers: readonly SandboxServer[];
  readonly environment: Readonly<Record<string, string>>;
  state(): string;
  /** The accounts that were written. */
  written(): readonly string[];
  published(): readonly string[];
  /** The lease's object. */
  lease(): StoredObject | undefined;
  close(): Promise<void>;
}

/** Starts the systems. `now` is the time of Cloud Storage. */
export async function startSystems(job: CrashJob, now: () => number = Date.now): Promise<Systems> {
  const storage = await startStorage({ now });
  const lease = () => [...storage.objects.values()][0];
  const common = {
    ...storage.environment,
    REPORTS: 'gs://reports',
    MODE: 'enforce',
    NODE_ENV: 'production',
  };
  if (job === 'growthbook-roles') {
    const sandbox = await startGrowthBookSandbox({ requestsPerMinute: 6000 });
    const { state } = sandbox.growthbook;
    return {
      lease,
      servers: [sandbox.growthbook, storage],
      environment: { ...sandbox.environment, ...common },
      state: () => JSON.stringify(state.members.map(({ id }) => [id, effectiveAccess(state, id, PROJECT)])),
      written: () => sandbox.growthbook.writes.map(({ memberId }) => memberId),
      published: () => [],
      close: async () => void (await Promise.all([sandbox.close(), storage.close()])),
    };
  }
  const sandbox = await startGitlabSandbox(gitlabExample);
  return {
    lease,
    servers: [sandbox.gitlab, sandbox.wiki, storage],
    environment: { ...sandbox.environment, ...common, DENIED_ACCOUNTS: DENIED },
    state: () => JSON.stringify(sandbox.gitlab.state.users.map(({ id, state }) => [id, state])),
    written: () => sandbox.gitlab.approvals.map(({ id }) => `${id}`),
    published: () => (sandbox.auditPage() ?? '').split('\n').filter((line) => line.startsWith('* ')),
    close: async () => void (await Promise.all([sandbox.close(), storage.close()])),
  };
}

const PROGRAM = new URL('../../src/muster.cjs', import.meta.url).pathname;
const TARGETS = { 'growthbook-roles': 'growthbookRoles', 'gitlab-approvals': 'gitlabApprovals' };

const ALLOCATING = new URL('./out-of-memory.ts', import.meta.url).href;
/** Enough for a run, in MiB. */
const SMALL_HEAP = 96;
const NODE_OPTIONS = `--max-old-space-size=${SMALL_HEAP} --import=${ALLOCATING}`;

/** Ends the process; fulfilled once it has ended, but for a SIGTERM, which lets it finish what it began. */
export type End = (signal: KillSignal) => Promise<unknown>;

/** One run of the job in a process of its own. `lines` are its log. */
export async function runProcess(
  { job, host, signal }: Pick<CrashPoint, 'job' | 'host'> & { readonly signal?: KillSignal },
  environment: Readonly<Record<string, string>>,
  onStart: (end: End) => void,
) {
  const cwd = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  const port = host === 'function' ? await freePort() : 0;
  const { file, args } =
    host === 'function'
      ? frameworkCommand(TARGETS[job], port)
      : { file: process.execPath, args: ['--', PROGRAM, job, 'apply', '--yes'] };
  const memory = signal === 'memory' ? { NODE_OPTIONS } : {};
  const child = spawn(file, args, {
    cwd: host === 'function' ? undefined : cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      NODE_COMPILE_CACHE: join(tmpdir(), 'muster-compile-cache'),
      ...memory,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  onStart(async (how) => {
    child.kill(how === 'memory' ? 'SIGUSR2' : how);
    // A signal takes a moment.
    await (how === 'SIGTERM' ? new Promise((resolve) => setTimeout(resolve, 30)) : ended);
  });
  if (host === 'function') {
    await answered(`http://127.0.0.1:${port}/`, ended);
    child.kill('SIGTERM');
  }
  const end = await ended;
  // A request that waited for the end is carried out now.
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(cwd, { recursive: true });
  return { ...end, lines: linesIn(printed) };
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

const linesIn = (printed: string): readonly Line[] =>
  printed.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as Line] : [];
    } catch {
      return [];
    }
  });

/** Posts as soon as the function listens, and waits for the answer or the end of the process. */
async function answered(origin: string, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    try {
      await Promise.race([fetch(origin, { method: 'POST' }).then((answer) => answer.text()), ended]);
      return;
    } catch (error) {
      const isRefused = (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';
      if (!isRefused) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What a run without a crash does: how many requests it makes, and where it ends. */
export interface Smooth {
  readonly requests: number;
  /** With a lock in a folder instead of the lease. */
  readonly requestsWithFolder: number;
  readonly state: string;
  readonly published: number;
}

export async function smoothRun(job: CrashJob): Promise<Smooth> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
  try {
    const { requests: requestsWithFolder } = await oneRun(job, { LOCK_DIR: folder });
    return { ...(await oneRun(job, { LEASE_BUCKET })), requestsWithFolder };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function oneRun(job: CrashJob, lock: Readonly<Record<string, string>>) {
  const sandbox = await startSystems(job);
  try {
    const count = atRequest(sandbox.servers, { nth: 0, moment: 'before' }, async () => undefined);
    const { LEASE_BUCKET: _, ...places } = sandbox.environment;
    const { code, lines } = await runProcess(
      { job, host: 'program' },
      { ...places, ...lock },
      () => undefined,
    );
    if (code !== 0)
      throw new Error(`the run without a crash ended with ${code}: ${JSON.stringify(lines.at(-1))}`);
    return { requests: count(), state: sandbox.state(), published: sandbox.published().length };
  } finally {
    await sandbox.close();
  }
}

/** Every point of a job's apply in one host. */
export const pointsOf = (job: CrashJob, host: Host, { requests }: Smooth): readonly CrashPoint[] =>
  Array.from({ length: requests }, (_, index) =>
    (['before', 'after'] as const).flatMap((moment) =>
      KILL_SIGNALS.map((signal) => ({ job, host, nth: index + 1, moment, signal })),
    ),
  ).flat();

export const pointText = ({ job, host, nth, moment, signal }: CrashPoint): string =>
  `${job}, ${host}: ${signal === 'memory' ? 'no memory' : signal} ${moment} request ${nth}`;

const SIGNALS = { SIGKILL: 'SIGKILL', memory: 'SIGABRT', SIGTERM: null } as const;

/** What did not hold after a crash and a second run; nothing where all did. */
export async function crashAt(point: CrashPoint, smooth: Smooth): Promise<readonly string[]> {
  const sandbox = await startSystems(point.job);
  try {
    const first = await runProcess(point, sandbox.environment, (end) => {
      atRequest(sandbox.servers, point, () => end(point.signal));
    });
    const { LEASE_BUCKET: _, ...withoutLease } = sandbox.environment;
    const second = await nextRun(point.job, withoutLease);
    const wanted = SIGNALS[point.signal];
    return [
      ...(wanted === null || first.signal === wanted
        ? []
        : [`the process ended with ${first.code ?? first.signal}, not with ${wanted}`]),
      ...(second.report.exitCode === 0 ? [] : [`the second run ended as ${second.report.outcome}`]),
      ...brokenEnd(point.job, sandbox, smooth),
      ...notLogged(sandbox, [...first.lines, ...second.lines]),
    ];
  } finally {
    await sandbox.close();
  }
}

/** What is not as after one run without a crash. */
export function brokenEnd(job: CrashJob, sandbox: Systems, smooth: Smooth): readonly string[] {
  const published = sandbox.published();
  const twice = sandbox.written().filter((account, index, all) => all.indexOf(account) !== index);
  return [
    ...(sandbox.state() === smooth.state ? [] : ['the second run does not converge']),
    ...(job === 'gitlab-approvals' && twice.length > 0 ? [`approved twice: ${twice.join(', ')}`] : []),
    ...(new Set(published).size === published.length ? [] : ['a line is published twice']),
    ...(published.length === smooth.published
      ? []
      : [`${published.length} lines are published, of ${smooth.published}`]),
  ];
}

function notLogged(sandbox: Systems, lines: readonly Line[]): readonly string[] {
  const changes = lines.filter(({ event }) => `${event}`.startsWith('change.'));
  const logged = new Set(changes.map(({ account }) => account));
  const lost = sandbox.written().filter((account) => !logged.has(account));
  return lost.length === 0 ? [] : [`writes that no log line accounts for: ${lost.join(', ')}`];
}
