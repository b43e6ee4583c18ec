import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/engine/model.ts';
import { checkSafety } from '../../../src/jobs/gitlab-approvals/safety.ts';
import { decision } from '../../fixtures.ts';

const known = [{ rule: 1, answer: 'no' }] as const;
const approve = decision({ kind: 'approve', tried: [{ rule: 1, answer: 'yes' }] });
const untrusted = decision({ kind: 'skipped', tried: known });
const undecided = decision({ kind: 'undecided', tried: known });
const unknown = decision({ kind: 'skipped', tried: [] });
const unasked = decision({ kind: 'skipped' });

const times = (n: number, one: Decision<string>) => Array.from({ length: n }, () => one);
const checked = (...decisions: readonly Decision<string>[]) => checkSafety({ decisions, notes: [] }, 20);
const names = (...decisions: readonly Decision<string>[]) =>
  checked(...decisions).objections.map(({ name }) => name);

describe('safety', () => {
  test('lets as many approvals pass as the setting says, and not one more', () => {
    expect(checked(...times(20, approve))).toEqual({
      limits: [{ name: 'approvals', found: 20, allowed: 20 }],
      objections: [],
    });
    expect(checked(...times(21, approve)).objections).toEqual([
      {
        name: 'approvals',
        found: 21,
        allowed: 20,
        message: 'approvals: too many for one run (found 21, allowed 20; see SAFETY_MAX_APPROVALS)',
        overridable: true,
      },
    ]);
  });

  test.each([
    ['100 waiting, all trusted', times(100, approve), false],
    ['101 waiting, all trusted', times(101, approve), true],
    ['101 waiting, one known and trusted', [approve, ...times(100, unknown)], false],
    ['201 waiting, 101 known and trusted', [...times(101, approve), ...times(100, unknown)], true],
    ['200 waiting, 100 known and trusted', [...times(100, approve), ...times(100, unknown)], false],
    ['102 waiting, one known one not trusted', [...times(101, approve), untrusted], false],
    ['102 waiting, one known one undecided', [...times(101, approve), undecided], false],
    ['102 waiting, of one nothing was asked', [...times(101, approve), unasked], true],
    ['101 waiting, nobody known', times(101, unknown), false],
  ])('with %s', (_, decisions, objects) => {
    expect(names(...decisions).includes('everybody-trusted')).toBe(objects);
    expect(checked(...decisions).objections.every(({ overridable }) => overridable)).toBe(true);
  });

  test('the objection to trusting everybody says how many', () => {
    expect(checked(...times(101, approve)).objections[1]).toEqual({
      name: 'everybody-trusted',
      found: 101,
      allowed: 100,
      message:
        'everybody-trusted: with more than 100 approvals, each one whose person is known is trusted (found 101 of 101, allowed fewer); see whether a source trusts everybody',
      overridable: true,
    });
  });
});
