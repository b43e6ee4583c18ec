import { afterAll, describe, expect, test } from 'vitest';
import { editAt, editPoints } from './edit.ts';
import { startSecondRuns } from './second-run.ts';
import { twoRunsAt, twoRunsPoints, twoRunsText } from './two-runs.ts';

/** One point in so many is tried here; `npm run edits` tries all. */
const STRIDE = { edits: 61, twoRuns: 29 };

const second = startSecondRuns();
afterAll(() => second.close());

describe.each(['growthbook-roles', 'gitlab-approvals'] as const)(
  '%s, while somebody else edits the target',
  async (job) => {
    const points = await editPoints(job);
    test('has many points', () => expect(points.length).toBeGreaterThan(100));

    test.each(
      points
        .filter((_, index) => index % STRIDE.edits === 3)
        .map((point) => [point.edit, point.moment, point.nth, point] as const),
    )(
      'loses nothing unnoticed, and undoes nothing: edit %i %s request %i',
      async (_edit, _moment, _nth, point) => {
        expect((await editAt(point)).broken).toEqual([]);
      },
    );
  },
);

describe.each(['growthbook-roles', 'gitlab-approvals'] as const)('%s, twice at once', async (job) => {
  const points = await twoRunsPoints(job);
  test('has many points', () => expect(points.length).toBeGreaterThan(300));

  test.each(
    points
      .filter((_, index) => index % STRIDE.twoRuns === 5)
      .map((point) => [twoRunsText(point), point] as const),
  )('ends as one run does: %s', async (_, point) => {
    expect(await twoRunsAt(point, second.run)).toEqual([]);
  });
});
