import { describe, expect, test } from 'vitest';
import { nearestNames, restrictTo, subjectsNamed } from '../../src/engine/subjects.ts';
import { unknownName } from '../../src/engine/unknown-name.ts';
import { InvalidRequestError } from '../../src/platform/errors.ts';
import { decision } from '../fixtures.ts';

const named = (...names: readonly string[]) => ({ names });

describe('a subject has a name', () => {
  test.each([
    ['ann', true],
    [' Ann ', true],
    ['ann  de \t la', false],
    ['anne', false],
    ['', false],
    ['JÖRG  van\tX', true],
    ['jo\u0308rg van x', true],
    ['jorg van x', false],
    ['jörgvanx', false],
    ['strasse', false],
    ['STRAßE', true],
  ])('%j: %s', (who, found) => {
    const subjects = [named('ann', 'Jörg van x', 'Straße'), named('bob')];
    expect(subjectsNamed(subjects, who)).toEqual(found ? [subjects[0]] : []);
  });

  test('that several can have, by any of their names', () => {
    const subjects = [named('x', 'ann'), named('ann@example.org'), named('ANN', 'y')];
    expect(subjectsNamed(subjects, 'ann')).toEqual([subjects[0], subjects[2]]);
  });
});

describe('the nearest names', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    // One letter in three may differ, and one in any case.
    ['an', ['ann', 'on', 'xy', 'annn'], ['ann', 'on']],
    ['abcdef', ['abcdxy', 'abcxyz'], ['abcdxy']],
    ['abcde', ['abcdx', 'abcxx'], ['abcdx']],
    // A part of a name is near where it has three letters, and so is a name that is the beginning.
    ['ber', ['rosenberger'], ['rosenberger']],
    ['be', ['rosenberger'], []],
    ['annabel@example.net', ['ann@example.org', 'an@example.org'], ['ann@example.org']],
    ['annabel', ['xann'], []],
    // The part before the @ counts by itself.
    ['anm', ['ann@example.org'], ['ann@example.org']],
    // The nearest first, then by the alphabet.
    ['abcdef', ['abcdxy', 'abcdex', 'abcdefg', 'abcdea'], ['abcdea', 'abcdefg', 'abcdex', 'abcdxy']],
    // At most five.
    ['abc', ['abc1', 'abc2', 'abc3', 'abc4', 'abc5', 'abc6'], ['abc1', 'abc2', 'abc3', 'abc4', 'abc5']],
    // As they are written; of names that differ in case alone the last one.
    [' ABC', ['Abd', 'ABD'], ['ABD']],
    ['abc', [], []],
  ])('to %j among %j are %j', (who, names, nearest) => {
    expect(nearestNames([named(...names)], who)).toEqual(nearest);
    expect(
      nearestNames(
        names.map((name) => named(name)),
        who,
      ),
    ).toEqual(nearest);
  });
});

test('an unknown name is an error that shows the nearest known ones, where there are any', () => {
  expect(unknownName('only: nobody', 'anm', ['ann', 'amm', 'bob'])).toEqual(
    new InvalidRequestError('only: nobody (found anm; the nearest names: amm, ann)'),
  );
  expect(unknownName('only: nobody', 'zzz', ['ann'])).toEqual(
    new InvalidRequestError('only: nobody (found zzz)'),
  );
});

test('decisions about other accounts become unchanged, and their notes are left out', () => {
  const note = (account: string | null) => ({ kind: 'x', account, label: 'x', because: 'x' });
  const wanted = decision({ account: 'a', kind: 'revoke' });
  const other = decision({ account: 'b', kind: 'grant', from: 'old', to: 'new' });
  const person = { names: ['a'], decision: wanted, explain: () => expect.unreachable() };
  const nobody = { names: ['a'], decision: null, explain: () => expect.unreachable() };
  const resolved = {
    decisions: [wanted, other],
    notes: [note('a'), note('b'), note(null)],
    drift: [{ id: 'd', kind: 'x', account: null, label: 'x', because: 'x' }],
  };
  expect(restrictTo(resolved, [person, nobody])).toEqual({
    decisions: [wanted, { ...other, kind: 'unchanged', to: 'old' }],
    notes: [note('a'), note(null)],
  });
});
