import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/policy/conditions.ts';
import {
  type Answer,
  evaluateCondition,
  type Sources,
  sentenceOf,
  sentenceText,
} from '../../src/policy/evaluate-condition.ts';

/** The group of each name has just this answer for ann. */
const ANSWERS: readonly Answer[] = ['yes', 'no', 'off', 'failed'];
const ann: Sources = {
  ldap: { asked: new Set(['yes', 'no', 'a', 'b', 'c']), in: new Set(['yes', 'a']) },
  posix: { asked: new Set(['x', 'y']), in: new Set(['x']) },
  gerrit: 'off',
  phabricator: 'failed',
};
const LEAF: Readonly<Record<Answer, Condition>> = {
  yes: { ldap: 'yes' },
  no: { ldap: 'no' },
  off: { gerrit: 'g' },
  failed: { phabricator: 'p' },
};
const answerTo = (condition: Condition) => evaluateCondition(condition, ann).answer;
const leaves = (...answers: readonly Answer[]) => answers.map((answer) => LEAF[answer]);

describe('the truth tables of the language', () => {
  test.each<[Answer, Answer, any: Answer, all: Answer]>([
    ['yes', 'yes', 'yes', 'yes'],
    ['yes', 'no', 'yes', 'no'],
    ['yes', 'off', 'yes', 'off'],
    ['yes', 'failed', 'yes', 'failed'],
    ['no', 'no', 'no', 'no'],
    ['no', 'off', 'off', 'no'],
    ['no', 'failed', 'failed', 'no'],
    ['off', 'off', 'off', 'off'],
    ['off', 'failed', 'failed', 'failed'],
    ['failed', 'failed', 'failed', 'failed'],
  ])('%s with %s: any is %s, all is %s', (one, other, any, all) => {
    for (const inner of [leaves(one, other), leaves(other, one)]) {
      expect([answerTo({ any: inner }), answerTo({ all: inner })]).toEqual([any, all]);
    }
  });

  test.each<[Answer, Answer]>([
    ['yes', 'no'],
    ['no', 'yes'],
    ['off', 'off'],
    ['failed', 'failed'],
  ])('not %s is %s', (inner, outer) => {
    expect(answerTo({ not: LEAF[inner] })).toBe(outer);
    expect(answerTo({ not: { not: LEAF[inner] } })).toBe(inner);
  });

  test.each(ANSWERS)('one part alone has its own answer: %s', (answer) => {
    expect([answerTo({ any: [LEAF[answer]] }), answerTo({ all: [LEAF[answer]] })]).toEqual([answer, answer]);
  });
});

describe('a group that was not read is never "not a member"', () => {
  test.each<[string, Condition]>([
    ['a group that the source was not asked about', { ldap: 'unread' }],
    ['a source that was not read', { phabricator: 'p' }],
    ['a source that nobody knows of', { user: 'ann' }],
    ['a condition without a key', {}],
  ])('%s', (_, condition) => {
    expect(answerTo(condition)).toBe('failed');
    expect(answerTo({ not: condition })).toBe('failed');
    expect(answerTo({ all: [{ ldap: 'a' }, { not: condition }] })).toBe('failed');
  });
});

const condition = fc.letrec<{ one: Condition }>((tie) => ({
  one: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...ANSWERS).map((answer) => LEAF[answer]),
    fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    tie('one').map((not) => ({ not })),
  ),
})).one;

test('a condition that nothing can answer is failed, with no facts and nothing that is missing', () => {
  const nobodyKnows = { answer: 'failed', facts: [], missing: [] };
  for (const condition of [{}, { any: [] }, { all: [] }, { not: { any: [] } }])
    expect(evaluateCondition(condition, ann)).toEqual(nobodyKnows);
});

describe('laws', () => {
  const OPPOSITE: Readonly<Record<Answer, Answer>> = { yes: 'no', no: 'yes', off: 'off', failed: 'failed' };

  test('not turns every answer round', () => {
    fc.assert(
      fc.property(condition, (one) => {
        expect(answerTo({ not: one })).toBe(OPPOSITE[answerTo(one)]);
      }),
    );
  });

  test('not any of some is all of their nots', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), (some) => {
        expect(answerTo({ not: { any: some } })).toBe(answerTo({ all: some.map((not) => ({ not })) }));
      }),
    );
  });

  test('a yes or no is made from facts that were read', () => {
    fc.assert(
      fc.property(condition, (one) => {
        const { answer, facts, missing } = evaluateCondition(one, ann);
        expect(facts.length).toBeGreaterThan(0);
        if (answer === 'yes' || answer === 'no') {
          expect(facts.every(({ state }) => state === 'yes' || state === 'no')).toBe(true);
        }
        expect(missing.length > 0).toBe(answer === 'no');
      }),
    );
  });
});

describe('evidence', () => {
  test.each<[Condition, string]>([
    [{ ldap: 'a' }, 'ann is in LDAP a'],
    [{ ldap: 'b' }, 'ann is not in LDAP b'],
    [{ all: [{ ldap: 'a' }, { any: [{ posix: 'x' }, { posix: 'y' }] }] }, 'ann is in LDAP a and in POSIX x'],
    [{ any: [{ ldap: 'b' }, { ldap: 'c' }, { posix: 'y' }] }, 'ann is not in LDAP b, c and not in POSIX y'],
    [{ all: [{ ldap: 'a' }, { not: { ldap: 'b' } }] }, 'ann is in LDAP a and not in LDAP b'],
    [{ not: { ldap: 'a' } }, 'ann is in LDAP a'],
    [{ gerrit: 'g' }, 'Gerrit g: not asked, the source is off'],
    [{ any: [{ gerrit: 'g' }, { gerrit: 'h' }] }, 'Gerrit g, h: not asked, the source is off'],
    [{ any: [{ phabricator: 'p' }, { ldap: 'b' }] }, 'Phabricator p: not read, so the answer is not known'],
    [
      { any: [{ phabricator: 'p' }, { phabricator: 'q' }, { user: 'ann' }] },
      'Phabricator p, q, users ann: not read, so the answer is not known',
    ],
  ])('%j: %s', (one, sentence) => {
    expect(sentenceText(sentenceOf(evaluateCondition(one, ann)), 'ann')).toBe(sentence);
  });
});

describe('what a source says in addition', () => {
  const detail = (because: string) => ({ because });
  const sources: Sources = {
    ldap: ann.ldap ?? 'off',
    phabricator: {
      asked: new Set(['p', 'q', 'r']),
      in: new Set(['p', 'q']),
      details: new Map([
        ['p', detail('p has her account')],
        ['q', detail('q has it, too')],
      ]),
    },
  };

  test('is part of the fact, and a fact without it has no such key', () => {
    expect(evaluateCondition({ all: [{ phabricator: 'p' }, { ldap: 'a' }] }, sources).facts).toEqual([
      { leaf: 'phabricator', name: 'p', state: 'yes', detail: { because: 'p has her account' } },
      { leaf: 'ldap', name: 'a', state: 'yes' },
    ]);
    expect(evaluateCondition({ phabricator: 'p' }, { phabricator: 'off' }).facts).toEqual([
      { leaf: 'phabricator', name: 'p', state: 'off' },
    ]);
  });

  test.each<[Condition, string]>([
    [{ phabricator: 'p' }, 'p has her account'],
    [{ all: [{ phabricator: 'p' }, { phabricator: 'q' }] }, 'p has her account; q has it, too'],
    [{ all: [{ phabricator: 'p' }, { ldap: 'a' }] }, 'ann is in LDAP a; p has her account'],
    [
      { all: [{ phabricator: 'q' }, { ldap: 'a' }, { phabricator: 'p' }] },
      'ann is in LDAP a; q has it, too; p has her account',
    ],
    [{ phabricator: 'r' }, 'ann is not in Phabricator r'],
  ])('is said instead of, or after, what is plain: %j', (one, sentence) => {
    expect(sentenceText(sentenceOf(evaluateCondition(one, sources)), 'ann')).toBe(sentence);
  });

  test('is nothing where there are no facts', () => {
    expect(sentenceOf({ facts: [] })).toEqual({ isAboutPerson: false, text: '' });
  });
});

describe('what is missing for a yes', () => {
  test.each<[Condition, readonly string[]]>([
    [{ ldap: 'b' }, ['ldap:b']],
    [{ all: [{ ldap: 'a' }, { ldap: 'b' }, { posix: 'y' }] }, ['ldap:b', 'posix:y']],
    [{ any: [{ ldap: 'b' }, { posix: 'y' }] }, ['ldap:b or posix:y']],
    [{ any: [{ all: [{ ldap: 'b' }, { ldap: 'c' }] }, { posix: 'y' }] }, ['(ldap:b and ldap:c) or posix:y']],
    [{ not: { ldap: 'a' } }, ['not ldap:a']],
    [{ not: { all: [{ ldap: 'a' }, { posix: 'x' }] } }, ['not ldap:a or not posix:x']],
    [{ not: { any: [{ ldap: 'a' }, { ldap: 'b' }, { posix: 'x' }] } }, ['not ldap:a', 'not posix:x']],
  ])('%j: %j', (one, missing) => {
    expect(evaluateCondition(one, ann).missing).toEqual(missing);
  });
});
