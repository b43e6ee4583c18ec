import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { growthOf } from './growth.ts';
import { TARGETS } from './targets.ts';

describe.each(TARGETS)('$name', ({ name, input, check }) => {
  // A browser's parser takes long; npm run fuzz runs 10,000 cases of each.
  const numRuns = name.includes('browser') ? 20 : 150;

  test('holds in generated cases', () => {
    fc.assert(
      fc.property(input, (value) => void check(value)),
      { numRuns },
    );
  });
});

describe.each(TARGETS.filter(({ hostile = [] }) => hostile.length > 0))(
  '$name',
  ({ check, hostile = [] }) => {
    test('takes time that grows with the input', () => {
      expect(growthOf(hostile, check)).toBeUndefined();
    });
  },
);

test('work that grows faster than its input is noticed', () => {
  const quadratic = (text: string) => {
    let count = 0;
    for (let at = 0; at < text.length; at += 1500) count += text.slice(at).split('a').length;
    return count;
  };
  expect(growthOf([(size: number) => 'a'.repeat(size)], quadratic)).toContain('shape 1 takes');
});
