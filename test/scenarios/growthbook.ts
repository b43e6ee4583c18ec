import { test as base } from 'vitest';
import { growthbookDefinition } from '../../src/jobs/growthbook-roles/job.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import {
  type GrowthBookWorld,
  type GrowthBookWorldOptions,
  startGrowthBookWorld,
} from '../sandbox/growthbook/world.ts';
import type { Recorded } from '../sandbox/server.ts';
import { type LogLine, type RunOnStage, runOnStage } from './run-on-stage.ts';

/** All systems of the job on localhost with a clock that a test moves, and a way to run the job. */
export interface Stage extends GrowthBookWorld {
  readonly clock: StillClock;
  /** Every log line so far. */
  readonly lines: readonly LogLine[];
  readonly run: RunOnStage;
  /** The role writes that reached GrowthBook, accepted or not. */
  posts(): readonly Recorded[];
}

type Options = Omit<GrowthBookWorldOptions, 'now'>;

/** Starts a stage, which the caller closes. */
export async function setStage(options: Options = {}): Promise<Stage> {
  const clock = stillClock();
  const world = await startGrowthBookWorld({ ...options, now: clock.now });
  const lines: LogLine[] = [];
  const run = runOnStage(growthbookDefinition, { environment: world.environment, clock }, lines);
  const posts = () => world.growthbook.requests.filter(({ method }) => method !== 'GET');
  return { ...world, clock, lines, run, posts };
}

/** The stage of the test that runs. */
export let stage: Stage;

/** A test with a stage of its own, which is started before the test and closed after it. */
export const test = base.extend<{ options: Options; opened: undefined }>({
  options: {},
  opened: [
    async ({ options }, use) => {
      stage = await setStage(options);
      await use(undefined);
      await stage.close();
    },
    { auto: true },
  ],
});

/** Whether a request writes a role, of the given member or of any. */
export const isWrite =
  (id?: string) =>
  ({ method, path }: Pick<Recorded, 'method' | 'path'>): boolean =>
    method === 'POST' && (id === undefined || path.includes(`/${id}/`));
