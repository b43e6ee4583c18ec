import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frameworkCommand } from '../sandbox/framework.ts';
import { freePort } from '../sandbox/free-port.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabWorld } from '../sandbox/gitlab/world.ts';
import { effectiveAccess } from '../sandbox/growthbook/access.ts';
import { PROJECT } from '../sandbox/growthbook/example.ts';
import { startGrowthBookWorld } from '../sandbox/growthbook/world.ts';
import type { Recorded, SandboxServer } from '../sandbox/server.ts';
import { startStorage } from '../sandbox/storage.ts';

export type CrashJob = 'growthbook-roles' | 'gitlab-approvals';
/** How the process is started: the program `muster`, or the functions-framework. */
export type Host = 'program' | 'function';

/** A place in an apply: before or after the request of this number is carried out. SIGKILL is also what a lack of memory sends. */
export interface CrashPoint {
  readonly job: CrashJob;
  readonly host: Host;
  readonly nth: number;
  readonly moment: 'before' | 'after';
  readonly signal: 'SIGKILL' | 'SIGTERM';
}

interface World {
  readonly servers: readonly SandboxServer[];
  readonly environment: Readonly<Record<string, string>>;
  state(): string;
  /** The accounts that were written. */
  written(): readonly string[];
  published(): readonly string[];
  close(): Promise<void>;
}

async function startWorld(job: CrashJob): Promise<World> {
  const storage = await startStorage({ now: Date.now });
  const common = {
    ...storage.environment,
    REPORTS: 'gs://reports',
    MODE: 'enforce',
    NODE_ENV: 'production',
  };
  if (job === 'growthbook-roles') {
    const world = await startGrowthBookWorld({ requestsPerMinute: 6000 });
    const { state } = world.growthbook;
    return {
      servers: [world.growthbook, storage],
      environment: { ...world.environment, ...common },
      state: () => JSON.stringify(state.members.map(({ id }) => [id, effectiveAccess(state, id, PROJECT)])),
      written: () => world.growthbook.writes.map(({ memberId }) => memberId),
      published: () => [],
      close: async () => void (await Promise.all([world.close(), storage.close()])),
    };
  }
  const world = await startGitlabWorld(gitlabExample);
  return {
    servers: [world.gitlab, world.wiki, storage],
    environment: { ...world.environment, ...common, DENIED_ACCOUNTS: DENIED },
    state: () => JSON.stringify(world.gitlab.state.users.map(({ id, state }) => [id, state])),
    written: () => world.gitlab.approvals.map(({ id }) => `${id}`),
    published: () => (world.auditPage() ?? '').split('\n').filter((line) => line.startsWith('* ')),
    close: async () => void (await Promise.all([world.close(), storage.close()])),
  };
}

const PROGRAM = new URL('../../src/muster.cjs', import.meta.url).pathname;
const TARGETS = { 'growthbook-roles': 'growthbookRoles', 'gitlab-approvals': 'gitlabApprovals' };

/** One run of the job in a process of its own. `lines` are its log. */
async function runProcess(
  { job, host }: Pick<CrashPoint, 'job' | 'host'>,
  environment: Readonly<Record<string, string>>,
  onStart: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<{ readonly code: number | null; readonly lines: readonly Readonly<Record<string, unknown>>[] }> {
  const cwd = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  const port = host === 'function' ? await freePort() : 0;
  const { file, args } =
    host === 'function'
      ? frameworkCommand(TARGETS[job], port)
      : { file: process.execPath, args: ['--', PROGRAM, job, 'apply', '--yes'] };
  const env = { PATH: process.env.PATH, HOME: cwd, ...environment };
  const child = spawn(file, args, {
    cwd: host === 'function' ? undefined : cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  onStart((signal) => child.kill(signal));
  if (host === 'function') {
    await answered(`http://127.0.0.1:${port}/`, ended);
    child.kill('SIGTERM');
  }
  const code = await ended;
  rmSync(cwd, { recursive: true });
  const lines = printed.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as Readonly<Record<string, unknown>>] : [];
    } catch {
      return [];
    }
  });
  return { code, lines };
}

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

/** Counts requests of all servers, and calls `act` at one of them. */
function atRequest(
  servers: readonly SandboxServer[],
  nth: number,
  moment: 'before' | 'after',
  act: () => void,
): () => number {
  let count = 0;
  const seen = new WeakSet<Recorded>();
  for (const server of servers)
    server.onRequest(
      {},
      async (request) => {
        if (seen.has(request)) return;
        seen.add(request);
        count += 1;
        if (count !== nth) return;
        act();
        // A signal takes a moment; the answer waits for it.
        await new Promise((resolve) => setTimeout(resolve, 30));
      },
      moment,
    );
  return () => count;
}

/** What a run without a crash does: how many requests it makes, and where it ends. */
export interface Smooth {
  readonly requests: number;
  readonly state: string;
  readonly published: number;
}

export async function smoothRun(job: CrashJob): Promise<Smooth> {
  const world = await startWorld(job);
  try {
    const count = atRequest(world.servers, 0, 'before', () => undefined);
    const { code, lines } = await runProcess({ job, host: 'program' }, world.environment, () => undefined);
    if (code !== 0)
      throw new Error(`the run without a crash ended with ${code}: ${JSON.stringify(lines.at(-1))}`);
    return { requests: count(), state: world.state(), published: world.published().length };
  } finally {
    await world.close();
  }
}

/** Every point of a job's apply in one host. */
export const pointsOf = (job: CrashJob, host: Host, { requests }: Smooth): readonly CrashPoint[] =>
  Array.from({ length: requests }, (_, index) =>
    (['before', 'after'] as const).flatMap((moment) =>
      (['SIGKILL', 'SIGTERM'] as const).map((signal) => ({ job, host, nth: index + 1, moment, signal })),
    ),
  ).flat();

export const pointText = ({ job, host, nth, moment, signal }: CrashPoint): string =>
  `${job}, ${host}: ${signal} ${moment} request ${nth}`;

/** What did not hold after a crash and a second run; nothing where all did. */
export async function crashAt(point: CrashPoint, smooth: Smooth): Promise<readonly string[]> {
  const world = await startWorld(point.job);
  try {
    const first = await runProcess(point, world.environment, (kill) => {
      atRequest(world.servers, point.nth, point.moment, () => kill(point.signal));
    });
    const again = { ...world.environment, LEASE_BUCKET: '' };
    const { LEASE_BUCKET: _, ...withoutLease } = again;
    const second = await runProcess({ job: point.job, host: 'program' }, withoutLease, () => undefined);
    const logged = new Set(
      [...first.lines, ...second.lines]
        .filter(({ event }) => `${event}`.startsWith('change.'))
        .map(({ account }) => account),
    );
    const lost = world.written().filter((account) => !logged.has(account));
    const twice = world.written().filter((account, index, all) => all.indexOf(account) !== index);
    return [
      ...(point.signal === 'SIGKILL' && first.code !== null ? ['the process was not killed'] : []),
      ...(second.code === 0 ? [] : [`the second run ended with ${second.code}`]),
      ...(world.state() === smooth.state ? [] : ['the second run does not converge']),
      ...(lost.length === 0 ? [] : [`writes that no log line accounts for: ${lost.join(', ')}`]),
      ...(point.job === 'gitlab-approvals' && twice.length > 0
        ? [`approved twice: ${twice.join(', ')}`]
        : []),
      ...(new Set(world.published()).size === world.published().length ? [] : ['a line is published twice']),
      ...(world.published().length <= smooth.published ? [] : ['more lines than approvals']),
    ];
  } finally {
    await world.close();
  }
}
