import { describe, expect, test } from 'vitest';
import { editAt, editPoints } from './edit.ts';

/** One point in so many is tried here; `npm run edits` tries all. */
const STRIDE = 29;

describe.each(['growthbook-roles', 'gitlab-approvals'] as const)(
  '%s, while somebody else edits the target',
  async (job) => {
    const points = await editPoints(job);
    test('has many points', () => expect(points.length).toBeGreaterThan(100));

    test.each(
      points
        .filter((_, index) => index % STRIDE === 3)
        .map((point) => [point.edit, point.moment, point.nth, point] as const),
    )(
      'loses nothing unnoticed, and undoes nothing: edit %i %s request %i',
      async (_edit, _moment, _nth, point) => {
        expect((await editAt(point)).broken).toEqual([]);
      },
    );
  },
);
