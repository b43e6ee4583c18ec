import { describe, expect, test } from 'vitest';
import { explain } from '../../src/engine/explain.ts';
import type { Decision, Objection, Subject } from '../../src/engine/model.ts';
import { decision } from '../fixtures.ts';

const EXPLAINED = {
  person: null,
  account: { id: 'u_1' },
  rules: [],
  current: 'old',
  effective: 'old',
  desired: 'new',
  advice: ['ask'],
};
const subject = (names: readonly string[], of: Decision<string> | null = null): Subject<string> => ({
  names,
  decision: of,
  explain: () => ({
    ...EXPLAINED,
    statements: [
      { source: 'ldap', says: 'a sentence' },
      { source: 'wiki', says: 'another' },
    ],
  }),
});
const READING = { name: 'ldap', entries: 1, version: 'v1', asOf: '2026-06-01', durationMs: 1 };
const objection = (message: string): Objection => ({
  name: 'x',
  found: 1,
  allowed: 0,
  message,
  overridable: true,
});

test('every subject of the name is explained: what each source says with its version and age, and the decision', () => {
  const of = decision({ kind: 'revoke', tried: [], row: 'row', desired: 'other' });
  const { row: _row, tried: _tried, desired: _desired, ...shown } = of;
  const subjects = [subject(['ann'], of), subject(['bob']), subject(['x', 'ANN'])];
  const match = {
    ...EXPLAINED,
    sources: [
      { source: 'ldap', says: 'a sentence', version: 'v1', asOf: '2026-06-01' },
      { source: 'wiki', says: 'another', version: null, asOf: null },
    ],
  };
  expect(explain('ann', subjects, { sources: [READING], objections: [] })).toEqual({
    who: 'ann',
    matches: [
      { ...match, decision: { ...shown, hindrance: null } },
      { ...match, decision: null },
    ],
    nearest: [],
  });
});

test('a name that nobody has is answered with the nearest ones', () => {
  expect(explain('bop', [subject(['bob'])], { sources: [], objections: [] })).toEqual({
    who: 'bop',
    matches: [],
    nearest: ['bob'],
  });
});

describe('what hinders a decision', () => {
  test.each([
    ['unchanged', ['a', 'b'], null],
    ['pending-sign-in', ['a'], null],
    ['skipped', ['a'], 'a sentence'],
    ['undecided', [], 'a sentence'],
    ['revoke', [], null],
    ['grant', ['a'], 'the whole plan is refused: a'],
    ['revoke', ['a', 'b'], 'the whole plan is refused: a; b'],
  ] as const)('%s with objections %j: %s', (kind, messages, hindrance) => {
    const objections = messages.map(objection);
    const { matches } = explain('ann', [subject(['ann'], decision({ kind }))], { sources: [], objections });
    expect(matches[0]?.decision?.hindrance).toBe(hindrance);
  });
});
