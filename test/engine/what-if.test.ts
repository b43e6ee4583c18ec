import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/engine/model.ts';
import { differencesBetween } from '../../src/engine/what-if.ts';
import { decision } from '../fixtures.ts';

const ORDER = ['none', 'reader', 'admin'];
/** More than nothing is more; two words that are not in the order are neither. */
const compare = (before: string, after: string) => ORDER.indexOf(after) - ORDER.indexOf(before);
const of = (account: string, to: string | null, over: Partial<Decision<string>> = {}) =>
  decision({ account, label: account, to, row: 'row', ...over });
const between = (before: readonly Decision<string>[], after: readonly Decision<string>[]) =>
  differencesBetween(before, after, compare);
const directionOf = (before: Decision<string>, after: Decision<string>) =>
  between([before], [after]).differences.map(({ direction }) => direction)[0] ?? 'stays';

describe('an account that is decided in both ways', () => {
  test.each<[string, Partial<Decision<string>>, Partial<Decision<string>>, string]>([
    ['with more access gains', { to: 'reader' }, { to: 'admin' }, 'gains'],
    ['with less access loses', { to: 'reader' }, { to: 'none' }, 'loses'],
    ['with access that is neither differs', { to: 'x' }, { to: 'y' }, 'differs'],
    ['with the same access and reason stays', {}, {}, 'stays'],
    ['with the same access for another reason stays', { because: 'a' }, { because: 'b' }, 'stays'],
    ['with the same access in another way differs', { kind: 'unchanged' }, { kind: 'skipped' }, 'differs'],
    ['without access, for the same reason, stays', { to: null }, { to: null }, 'stays'],
    [
      'without access, for another reason, differs',
      { to: null, because: 'a' },
      { to: null, because: 'b' },
      'differs',
    ],
    [
      'without access, in another way, differs',
      { to: null, kind: 'undecided' },
      { to: null, kind: 'skipped' },
      'differs',
    ],
    ['that is undecided afterwards differs', { to: 'admin' }, { to: null, kind: 'undecided' }, 'differs'],
    ['that was undecided before differs', { to: null, kind: 'undecided' }, { to: 'admin' }, 'differs'],
  ])('%s', (_, before, after, direction) => {
    expect(directionOf(of('u', 'reader', before), of('u', 'reader', after))).toBe(direction);
  });

  test('has the same access whatever the order of its keys', () => {
    const [one, other] = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ] as unknown as readonly string[];
    expect(directionOf(of('u', one ?? ''), of('u', other ?? ''))).toBe('stays');
  });

  test('is compared as the project of the decision afterwards', () => {
    const seen: unknown[] = [];
    const project = 'prj_a';
    differencesBetween([of('u', 'reader', { project })], [of('u', 'admin', { project })], (...asked) =>
      seen.push(asked),
    );
    expect(seen).toEqual([['reader', 'admin', of('u', 'admin', { project })]]);
  });
});

test('losses come first, then gains, then the rest, each in the order of the decisions', () => {
  const before = [of('a', 'x'), of('b', 'none'), of('c', 'admin'), of('d', 'admin'), of('e', 'admin')];
  const after = [of('a', 'y'), of('b', 'admin'), of('c', 'none'), of('d', 'none'), of('e', 'admin')];
  const { differences, stays } = between(before, after);
  expect(differences.map(({ account }) => account)).toEqual(['c', 'd', 'b', 'a']);
  expect(stays).toEqual([{ account: 'e', label: 'e' }]);
});

test('a difference shows the access, the rule and the reason of both ways, and the project where there is one', () => {
  const project = 'prj_a';
  const before = of('u', 'reader', { project, label: 'ann', rule: 2, because: 'was' });
  const after = of('u', 'admin', { project, label: 'Ann', rule: null, because: 'is' });
  expect(between([before], [after])).toEqual({
    differences: [
      {
        account: 'u',
        project,
        label: 'Ann',
        direction: 'gains',
        before: { access: 'reader', rule: 2, because: 'was' },
        after: { access: 'admin', rule: null, because: 'is' },
      },
    ],
    stays: [],
  });
});

test('who is decided in one way only gains or loses, also beside a person without an account of the same name', () => {
  const person = of('u', 'reader', { row: null });
  const account = of('u', 'reader');
  const only = { access: 'reader', rule: 1, because: 'a sentence' };
  expect(between([person], [account])).toStrictEqual({
    differences: [
      { account: 'u', label: 'u', direction: 'loses', before: only, after: null },
      { account: 'u', label: 'u', direction: 'gains', before: null, after: only },
    ],
    stays: [],
  });
  expect(between([person], [person])).toEqual({ differences: [], stays: [{ account: 'u', label: 'u' }] });
});

test('an account in two projects is two decisions', () => {
  const [a, b] = ['a', 'b'].map((project) => of('u', 'reader', { project }));
  if (!a || !b) throw new Error('two decisions');
  expect(between([a, b], [b]).differences).toMatchObject([{ project: 'a', direction: 'loses' }]);
});
