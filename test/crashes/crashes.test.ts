import { describe, expect, test } from 'vitest';
import { crashAt, pointsOf, pointText, smoothRun } from './crash.ts';
import { takeOverAt, takeOverPoints, takeOverText } from './take-over.ts';

/** One point in so many is tried here; `npm run crashes` tries all. */
const STRIDE = { program: 31, function: 61 };
const HOSTS = ['program', 'function'] as const;

describe.each(['growthbook-roles', 'gitlab-approvals'] as const)('%s', async (job) => {
  const smooth = await smoothRun(job);
  const someOf = <T>(pointsIn: (host: (typeof HOSTS)[number]) => readonly T[]) =>
    HOSTS.flatMap((host) => pointsIn(host).filter((_, index) => index % STRIDE[host] === 7));
  const points = someOf((host) => pointsOf(job, host, smooth));
  const takeOvers = someOf((host) => takeOverPoints(job, host, smooth));
  test('makes many requests', () => expect(smooth.requests).toBeGreaterThan(15));

  test.each(points.map((point) => [pointText(point), point] as const))(
    'does in the next run what a crash left: %s',
    async (_, point) => {
      expect(await crashAt(point, smooth)).toEqual([]);
    },
    60_000,
  );

  test.each(takeOvers.map((point) => [takeOverText(point), point] as const))(
    'takes a lock over once its time is over, and not before: %s',
    async (_, point) => {
      expect(await takeOverAt(point, smooth)).toEqual([]);
    },
    60_000,
  );
});
