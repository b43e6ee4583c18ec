import { type RunRequest, type RunResult, runJob } from '../../src/app/run-job.ts';
import { growthbookDefinition } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import {
  type GrowthBookWorld,
  type GrowthBookWorldOptions,
  startGrowthBookWorld,
} from '../sandbox/growthbook/world.ts';
import type { Recorded } from '../sandbox/server.ts';
import { explaining } from './explaining.ts';

/** The example's world with time standing still, and a way to run the job in it. */
export interface Stage extends GrowthBookWorld {
  readonly clock: StillClock;
  /** Every log line so far. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  run(
    call?: Partial<RunRequest>,
    environment?: Readonly<Record<string, string>>,
    stop?: AbortSignal,
  ): Promise<RunResult>;
  /** The role writes that reached GrowthBook, accepted or not. */
  posts(): readonly Recorded[];
}

/** Sets the stage; runs enforce unless told otherwise. */
export async function setStage(options: Omit<GrowthBookWorldOptions, 'now'> = {}): Promise<Stage> {
  const clock = stillClock();
  const world = await startGrowthBookWorld({ ...options, now: clock.now });
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return {
    ...world,
    clock,
    lines,
    run: (call = {}, environment = {}, stop) =>
      explaining(growthbookDefinition, (job) =>
        runJob(
          job,
          { dryRun: false, ...call },
          {
            environment: { MODE: 'enforce', LOG_LEVEL: 'debug', ...world.environment, ...environment },
            clock,
            log,
            known: knownSettings,
            ...(stop ? { stop } : {}),
          },
        ),
      ),
    posts: () => world.growthbook.requests.filter(({ method }) => method !== 'GET'),
  };
}

/** Whether a request writes a role, of the given member or of any. */
export const isWrite =
  (id?: string) =>
  ({ method, path }: Pick<Recorded, 'method' | 'path'>): boolean =>
    method === 'POST' && (id === undefined || path.includes(`/${id}/`));
