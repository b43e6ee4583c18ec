import { growthbookDefinition } from '../../src/jobs/growthbook-roles/job.ts';
import { type StillClock, stillClock } from '../sandbox/clock.ts';
import {
  type GrowthBookSandbox,
  type GrowthBookSandboxOptions,
  startGrowthBookSandbox,
} from '../sandbox/growthbook/sandbox.ts';
import type { Recorded } from '../sandbox/server.ts';
import { test as base, open } from './harness.ts';
import { type LogLine, type RunInScenario, scenarioRunner } from './scenario-runner.ts';

/** All systems of the job on localhost with a clock that a test moves, and a way to run the job. */
export interface Scenario extends GrowthBookSandbox {
  readonly clock: StillClock;
  /** Every log line so far. */
  readonly lines: readonly LogLine[];
  readonly run: RunInScenario;
  /** The role writes that reached GrowthBook, accepted or not. */
  posts(): readonly Recorded[];
}

type Options = Omit<GrowthBookSandboxOptions, 'now'>;

/** Starts a scenario, which the caller closes. */
export async function startScenario(options: Options = {}): Promise<Scenario> {
  const clock = stillClock();
  const sandbox = await startGrowthBookSandbox({ ...options, now: clock.now });
  const lines: LogLine[] = [];
  const run = scenarioRunner(growthbookDefinition, { environment: sandbox.environment, clock }, lines);
  const posts = () => sandbox.growthbook.requests.filter(({ method }) => method !== 'GET');
  return { ...sandbox, clock, lines, run, posts };
}

/** Starts a scenario that is closed when the test ends. */
export const openScenario = (options: Options = {}): Promise<Scenario> => open(startScenario(options));

/** The scenario of the test that runs. */
export let scenario: Scenario;

/** A test with a scenario of its own, which is started before the test. */
export const test = base.extend<{ options: Options; ready: undefined }>({
  options: {},
  ready: [
    async ({ options, closing }, use) => {
      scenario = await openScenario(options);
      await use(closing);
    },
    { auto: true },
  ],
});

/** Whether a request writes a role, of the given member or of any. */
export const isWrite =
  (id?: string) =>
  ({ method, path }: Pick<Recorded, 'method' | 'path'>): boolean =>
    method === 'POST' && (id === undefined || path.includes(`/${id}/`));
