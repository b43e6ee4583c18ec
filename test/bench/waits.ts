import { runJob } from '../../src/app/run-job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { jumpingClock } from '../faults/clock.ts';
import { growthBookContent } from '../sandbox/growthbook/example.ts';
import { startGrowthBookWorld } from '../sandbox/growthbook/world.ts';
import type { BenchRow } from './resolve.ts';

const LATENCY_MS = 200;
const MAX_RATIO = 1.15;
const wait = () => new Promise<void>((resolve) => setTimeout(resolve, LATENCY_MS));

/** Reading with 200 ms before each answer of GrowthBook and gitiles, against the longest chain of requests that have to wait for each other. */
export async function benchCollect(): Promise<BenchRow> {
  const members = Array.from({ length: 350 }, (_, n) => ({
    id: `u_m${n}`,
    role: 'noaccess',
    email: `m${n}@example.org`,
  }));
  const content = { ...growthBookContent, members: [...growthBookContent.members, ...members] };
  const world = await startGrowthBookWorld({ content, requestsPerMinute: 6000 });
  try {
    for (const server of [world.growthbook, world.gitiles]) server.onRequest({}, wait);
    const startedAt = performance.now();
    const { report } = await runJob(
      growthbookRoles,
      { dryRun: true },
      {
        environment: {
          ...world.environment,
          GROWTHBOOK_REQUESTS_PER_MINUTE: '6000',
          SAFETY_MAX_COUNT: '1000',
        },
        clock: systemClock,
        log: { write: () => undefined },
        known: knownSettings,
      },
    );
    const ms = performance.now() - startedAt;
    if (report.exitCode !== 0)
      throw new Error(`bench: the plan ended with ${report.exitCode}: ${report.error}`);
    // The first page says how many there are, so that the others come together; gitiles gives a commit, then the file.
    const chain = 2 * LATENCY_MS;
    const ratio = ms / chain;
    return {
      name: `Collect with ${LATENCY_MS} ms before each answer, against the slowest source's own chain`,
      measured: `${ratio.toFixed(2)} × (${ms.toFixed(0)} ms against ${chain} ms)`,
      limit: `${MAX_RATIO} ×`,
      isWithin: ratio <= MAX_RATIO,
    };
  } finally {
    await world.close();
  }
}

const MIN_SHARE = 95;
const WRITES = 300;
const PER_MINUTE = 60;

/** 300 writes at 60 requests a minute: how many of the requests that the limit allows are made, on a clock that jumps over pauses. */
export async function benchApply(): Promise<BenchRow> {
  const clock = jumpingClock();
  const lines: string[] = [];
  const members = Array.from({ length: WRITES }, (_, n) => ({
    id: `u_m${n}`,
    role: 'engineer',
    email: `m${n}@example.org`,
  }));
  const content = { ...growthBookContent, members: [...growthBookContent.members, ...members] };
  const world = await startGrowthBookWorld({ content, now: clock.now });
  try {
    const { report } = await runJob(
      growthbookRoles,
      { dryRun: false },
      {
        environment: {
          ...world.environment,
          MODE: 'enforce',
          SAFETY_MAX_COUNT: '1000',
          SYNC_DEADLINE_SECONDS: '1700',
          LOG_LEVEL: 'debug',
        },
        clock,
        log: { write: (line) => void lines.push(line) },
        known: knownSettings,
      },
    );
    if (report.exitCode !== 0)
      throw new Error(`bench: the run ended with ${report.exitCode}: ${report.error}`);
    const { requests } = world.growthbook;
    const times = requests.map(({ at }) => at);
    const minutes = (Math.max(...times) - Math.min(...times)) / 60_000;
    const allowed = (Math.floor(minutes) + 1) * PER_MINUTE;
    const share = (100 * requests.length) / allowed;
    const refused = lines.filter((line) => line.includes('"status":429')).length;
    return {
      name: `Apply of ${WRITES} writes: requests made, of those that ${PER_MINUTE} a minute allow`,
      measured: `${share.toFixed(0)} % (${requests.length} of ${allowed}), ${refused} answered with 429`,
      limit: `${MIN_SHARE} %, no 429`,
      isWithin: share >= MIN_SHARE && refused === 0,
    };
  } finally {
    await world.close();
  }
}
