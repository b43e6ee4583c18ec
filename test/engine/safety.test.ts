import { describe, expect, test } from 'vitest';
import type { Objection } from '../../src/engine/model.ts';
import { allowance, objectionsFor, remainingObjections } from '../../src/engine/safety.ts';

describe('the greater of a count and a percentage, rounded down', () => {
  test.each([
    [5, 10, 0, 5],
    [5, 10, 49, 5],
    [5, 10, 50, 5],
    [5, 10, 59, 5],
    [5, 10, 60, 6],
    [5, 10, 69, 6],
    [5, 10, 70, 7],
    [10, 25, 43, 10],
    [10, 25, 44, 11],
    [10, 25, 47, 11],
    [10, 25, 48, 12],
    [0, 10, 9, 0],
    [0, 10, 10, 1],
    [0, 0, 1000, 0],
    [7, 0, 1000, 7],
    [0, 100, 3, 3],
    [0, 29, 100, 29],
    [0, 58, 50, 29],
  ])('%i or %i %% of %i: %i', (count, percent, population, allowed) => {
    expect(allowance(count, percent, population)).toBe(allowed);
  });
});

describe('an objection', () => {
  test.each([
    [0, 0, false],
    [4, 5, false],
    [5, 5, false],
    [6, 5, true],
  ])('found %i, allowed %i: %s', (found, allowed, objects) => {
    expect(objectionsFor([{ name: 'revokes', found, allowed, setting: 'S' }])).toHaveLength(objects ? 1 : 0);
  });

  test('names what was found, what is allowed and the setting, and can be overridden', () => {
    expect(objectionsFor([{ name: 'revokes', found: 6, allowed: 5, setting: 'SAFETY_MAX_COUNT' }])).toEqual([
      {
        name: 'revokes',
        found: 6,
        allowed: 5,
        message: expect.stringMatching(/^revokes: .*found 6, allowed 5.*SAFETY_MAX_COUNT/),
        overridable: true,
      },
    ]);
  });

  test('all are listed together, in the order of the limits', () => {
    const limit = (name: string, found: number) => ({ name, found, allowed: 1, setting: 'S' });
    const found = objectionsFor([limit('c', 2), limit('b', 1), limit('a', 3)]);
    expect(found.map(({ name }) => name)).toEqual(['c', 'a']);
  });
});

describe('the objections to a plan', () => {
  const plan = { changes: [], hash: `sha256:${'a'.repeat(64)}` };
  const other = `sha256:${'b'.repeat(64)}`;
  const objection = (name: string, overridable: boolean): Objection => ({
    name,
    found: 2,
    allowed: 1,
    message: name,
    overridable,
  });
  const threshold = objection('revokes', true);
  const last = objection('last-admin', false);

  test.each([
    ['nothing, unapproved', [], undefined, []],
    ['thresholds, unapproved', [threshold], undefined, ['revokes']],
    ['the last admin, unapproved', [last], undefined, ['last-admin']],
    ['nothing, approved', [], plan.hash, []],
    ['thresholds, approved', [threshold], plan.hash, []],
    ['the last admin, approved', [last], plan.hash, ['last-admin']],
    ['both, approved', [threshold, last], plan.hash, ['last-admin']],
    ['nothing, another plan approved', [], other, ['approve']],
    ['thresholds, another plan approved', [threshold], other, ['revokes', 'approve']],
    ['both, another plan approved', [threshold, last], other, ['revokes', 'last-admin', 'approve']],
    ['thresholds, an empty hash approved', [threshold], '', ['revokes', 'approve']],
    [
      'thresholds, the hash in capitals approved',
      [threshold],
      plan.hash.toUpperCase(),
      ['revokes', 'approve'],
    ],
  ])('%s', (_, objections, approved, names) => {
    expect(remainingObjections(objections, plan, approved).map(({ name }) => name)).toEqual(names);
  });

  test('the hash of another plan is refused with both hashes, and can’t be overridden', () => {
    expect(remainingObjections([], plan, other)).toEqual([
      {
        name: 'approve',
        found: other,
        allowed: plan.hash,
        message: expect.stringContaining(`found ${other}, allowed ${plan.hash}`),
        overridable: false,
      },
    ]);
  });
});
