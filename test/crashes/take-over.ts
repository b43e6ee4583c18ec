import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atRequest } from '../sandbox/at-request.ts';
import {
  brokenEnd,
  type CrashJob,
  type CrashPoint,
  type Host,
  runProcess,
  type Smooth,
  type Systems,
  startSystems,
} from './crash.ts';
import { nextRun } from './next-run.ts';

/** What the killed run holds: the lease, or the lock in a folder, of a machine where its end can be seen or of another one. */
export type LockKind = 'lease' | 'folder' | 'folder of another machine';
const LOCK_KINDS: readonly LockKind[] = ['lease', 'folder', 'folder of another machine'];

/** A run that holds the lock is killed at a request. */
export interface TakeOverPoint extends Omit<CrashPoint, 'signal'> {
  readonly held: LockKind;
}

/** Every point of a job’s apply. A function has the lease. With a lock in a folder a run makes fewer requests. */
export const takeOverPoints = (
  job: CrashJob,
  host: Host,
  { requests, requestsWithFolder }: Smooth,
): readonly TakeOverPoint[] =>
  LOCK_KINDS.filter((held) => host === 'program' || held === 'lease').flatMap((held) =>
    Array.from({ length: held === 'lease' ? requests : requestsWithFolder }, (_, index) =>
      (['before', 'after'] as const).map((moment) => ({ job, host, held, nth: index + 1, moment })),
    ).flat(),
  );

/** The point in words. */
export const takeOverText = ({ job, host, held, nth, moment }: TakeOverPoint): string =>
  `${job}, ${host}, ${held}: killed ${moment} request ${nth}`;

/** What is known of a lock after its run was killed, and a way to let so many seconds pass since it was taken. */
interface Left {
  readonly seconds: number;
  pass(seconds: number): void;
}

/** The lease, by the clock of Cloud Storage. */
function leftLease(sandbox: Systems, time: { now: number | undefined }): Left | undefined {
  const object = sandbox.lease();
  if (!object) return undefined;
  const { seconds } = JSON.parse(`${object.body}`) as { seconds: number };
  const pass = (past: number) => {
    time.now = object.updated + past * 1000;
  };
  return { seconds, pass };
}

/** The lock file, by the clock of the file system. */
function leftFile(folder: string, isElsewhere: boolean): Left | undefined {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.lock'))
    .at(-1);
  if (newest === undefined) return undefined;
  const path = join(folder, newest);
  const content = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  if (content.released) return undefined;
  if (!isElsewhere) return { seconds: 0, pass: () => undefined };
  const { mtimeMs } = statSync(path);
  writeFileSync(path, JSON.stringify({ ...content, process: { ...content.process, space: 'elsewhere' } }));
  const pass = (past: number) => utimesSync(path, new Date(), new Date(Date.now() - past * 1000));
  utimesSync(path, new Date(), new Date(mtimeMs));
  return { seconds: content.seconds, pass };
}

interface Lock {
  readonly seconds: number;
  readonly released?: boolean;
  readonly process: Readonly<Record<string, unknown>>;
}

/** Seconds before the end of a lock at which it still holds: the machine's time goes on meanwhile. */
const BEFORE_THE_END: Readonly<Record<LockKind, number>> = {
  lease: 1,
  folder: 0,
  'folder of another machine': 60,
};

/** What did not hold: the next run waits for the end of the lock, and then does what is left. */
export async function takeOverAt(point: TakeOverPoint, smooth: Smooth): Promise<readonly string[]> {
  const time: { now: number | undefined } = { now: undefined };
  const sandbox = await startSystems(point.job, () => time.now ?? Date.now());
  const folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
  try {
    const { LEASE_BUCKET: bucket = '', ...places } = sandbox.environment;
    const lock = point.held === 'lease' ? { LEASE_BUCKET: bucket } : { LOCK_DIR: folder };
    const environment = { ...places, ...lock };
    const first = await runProcess(point, environment, (end) => {
      atRequest(sandbox.servers, point, () => end('SIGKILL'));
    });
    const left =
      point.held === 'lease'
        ? leftLease(sandbox, time)
        : leftFile(folder, point.held === 'folder of another machine');
    const run = async () => (await nextRun(point.job, environment)).report.outcome;
    const early = await earlyRuns(point, left, run);
    left?.pass(left.seconds);
    const last = await run();
    return [
      ...(first.signal === 'SIGKILL' ? [] : ['the process was not killed']),
      ...early.filter((outcome) => outcome !== 'skipped').map((one) => `${one} before the lock was over`),
      ...(['applied', 'unchanged'].includes(last) ? [] : [`${last} after the lock was over`]),
      ...brokenEnd(point.job, sandbox, smooth),
    ];
  } finally {
    rmSync(folder, { recursive: true });
    await sandbox.close();
  }
}

/** Runs at once, and shortly before the lock is over. */
async function earlyRuns(
  { held }: TakeOverPoint,
  left: Left | undefined,
  run: () => Promise<string>,
): Promise<readonly string[]> {
  if (!left || left.seconds === 0) return [];
  const atOnce = await run();
  left.pass(left.seconds - BEFORE_THE_END[held]);
  return [atOnce, await run()];
}
