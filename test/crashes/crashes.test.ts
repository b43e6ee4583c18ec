import { describe, expect, test } from 'vitest';
import { crashAt, pointsOf, pointText, smoothRun } from './crash.ts';

/** One point in so many is tried here; `npm run crashes` tries all. */
const STRIDE = { program: 19, function: 37 };

describe.each(['growthbook-roles', 'gitlab-approvals'] as const)('%s', async (job) => {
  const smooth = await smoothRun(job);
  const points = (['program', 'function'] as const).flatMap((host) =>
    pointsOf(job, host, smooth).filter((_, index) => index % STRIDE[host] === 7),
  );
  test('makes many requests', () => expect(smooth.requests).toBeGreaterThan(15));

  test.each(points.map((point) => [pointText(point), point] as const))(
    'does in the next run what a crash left: %s',
    async (_, point) => {
      expect(await crashAt(point, smooth)).toEqual([]);
    },
    60_000,
  );
});
