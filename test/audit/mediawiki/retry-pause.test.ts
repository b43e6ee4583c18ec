import { expect, test } from 'vitest';
import { RetryableError, type RetryReason } from '../../../src/audit/mediawiki/answer.ts';
import { pauseAfter } from '../../../src/audit/mediawiki/retry-pause.ts';

const pauses = (kind: RetryReason, tries: number, input: { wait?: number; left: number; random: number }) => {
  const all: number[] = [];
  let left = input.left;
  for (let seen = 1; seen < tries; seen += 1) {
    const refused = new RetryableError('refused', kind, input.wait ?? 0);
    const pause = pauseAfter(refused, { seen, left, random: input.random });
    all.push(pause);
    left -= pause;
  }
  return all;
};

test('pauses after a conflict grow from half a second to four, and are random', () => {
  expect(pauses('conflict', 6, { left: 100_000, random: 1 })).toEqual([1000, 2000, 4000, 4000, 4000]);
  expect(pauses('conflict', 6, { left: 100_000, random: 0.5 })).toEqual([750, 1250, 2250, 2250, 2250]);
  expect(pauses('conflict', 6, { left: 100_000, random: 0 })).toEqual([500, 500, 500, 500, 500]);
});

test.each([20_000, 10_000, 6000, 4000])(
  'six tries have time within %i ms, whatever the random numbers',
  (left) => {
    const all = pauses('conflict', 6, { left, random: 1 });
    expect(all.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(left);
    for (const pause of all) expect(pause).toBeGreaterThanOrEqual(500);
  },
);

test('pauses after a conflict leave time for six tries, and are as long as they can be', () => {
  expect(pauses('conflict', 8, { left: 12_000, random: 1 })).toEqual([
    1000, 2000, 2250, 2250, 2250, 2250, 500,
  ]);
});

test('pauses for a busy wiki grow from what it asks for', () => {
  expect(pauses('busy', 7, { wait: 2000, left: 100_000, random: 1 })).toEqual([
    2000, 3000, 4500, 6750, 10_000, 10_000,
  ]);
  expect(pauses('busy', 3, { wait: 30_000, left: 100_000, random: 1 })).toEqual([30_000, 30_000]);
});

test('a lagging wiki is given the pause that it asks for', () => {
  expect(pauses('maxlag', 4, { wait: 5000, left: 100_000, random: 1 })).toEqual([5000, 5000, 5000]);
});
