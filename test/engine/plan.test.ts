import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, Decision, Kind } from '../../src/engine/model.ts';
import { isChange, makePlan } from '../../src/engine/plan.ts';
import type { PlanIdentity } from '../../src/engine/stage-types.ts';
import { canonicalJson } from '../../src/platform/canonical-json.ts';
import { compareText } from '../../src/platform/compare-text.ts';
import { decision } from '../fixtures.ts';

const identity: PlanIdentity<string> = {
  target: { api: 'https://gb.example.org', project: 'prj_a' },
  compare: (a, b) => compareText(a.label, b.label) || compareText(a.account, b.account),
  hashInput: ({ account, kind, from, to }) => ({ account, kind, from, to }),
};
const change = (kind: Kind, account: string, over: Partial<Decision<string>> = {}) =>
  decision({ kind, account, label: `${account}@example.org`, ...over });

describe('a plan', () => {
  test.each([
    ['revoke', true],
    ['downgrade', true],
    ['upgrade', true],
    ['grant', true],
    ['approve', true],
    ['unchanged', false],
    ['skipped', false],
    ['pending-sign-in', false],
    ['undecided', false],
  ] as const)('has %s: %s', (kind, included) => {
    expect(isChange(change(kind, 'a'))).toBe(included);
    expect(makePlan([change(kind, 'a')], identity).changes).toHaveLength(included ? 1 : 0);
  });

  test('loses access before it gives access: revoke, downgrade, upgrade, grant', () => {
    const kinds: readonly Kind[] = ['grant', 'unchanged', 'upgrade', 'skipped', 'downgrade', 'revoke'];
    const decisions = kinds.map((kind, index) => change(kind, `u${index}`));
    expect(makePlan(decisions, identity).changes.map(({ kind }) => kind)).toEqual([
      'revoke',
      'downgrade',
      'upgrade',
      'grant',
    ]);
  });

  test('has a loss that may be a gain after the losses', () => {
    const decisions = [
      change('upgrade', 'u'),
      change('downgrade', 'a', { mayGain: true }),
      change('downgrade', 'b'),
    ];
    expect(makePlan(decisions, identity).changes.map(({ account }) => account)).toEqual(['b', 'a', 'u']);
  });

  test('keeps the target’s order inside each kind', () => {
    const decisions = [
      change('grant', 'c'),
      change('revoke', 'b'),
      change('grant', 'a'),
      change('revoke', 'd'),
    ];
    expect(makePlan(decisions, identity).changes.map(({ account }) => account)).toEqual(['b', 'd', 'a', 'c']);
  });

  test('leaves the decisions as they were', () => {
    const decisions = [change('grant', 'b'), change('revoke', 'a')];
    const before = structuredClone(decisions);
    makePlan(decisions, identity);
    expect(decisions).toEqual(before);
  });
});

describe('the hash', () => {
  const base = [change('revoke', 'a'), change('grant', 'b')];
  const hashOf = (decisions: readonly Decision<string>[], over: Partial<PlanIdentity<string>> = {}) =>
    makePlan(decisions, { ...identity, ...over }).hash;
  const [first, second] = base as [Decision<string>, Decision<string>];

  test('is sha256 in hexadecimal, for an empty plan, too', () => {
    for (const decisions of [base, []]) expect(hashOf(decisions)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('is the same from one version of this code to the next', () => {
    expect(hashOf(base)).toBe('sha256:344109624eb5602bfde2ce46b151695b0f53c46c24f053d17d590c5ae94c2267');
  });

  test.each([
    ['account', [{ ...first, account: 'c', label: first.label }, second]],
    ['kind', [{ ...first, kind: 'downgrade' as const }, second]],
    ['from', [{ ...first, from: 'other' }, second]],
    ['to', [{ ...first, to: 'other' }, second]],
    ['one change less', [first]],
    ['one change more', [...base, change('grant', 'c')]],
    ['order', [first, { ...second, kind: 'revoke' as const }]],
  ])('covers %s', (_, decisions) => {
    expect(hashOf(decisions)).not.toBe(hashOf(base));
  });

  test.each([
    ['api', { api: 'https://other.example.org', project: 'prj_a' }],
    ['project', { api: 'https://gb.example.org', project: 'prj_b' }],
  ])('covers the target’s %s', (_, target) => {
    expect(hashOf(base, { target })).not.toBe(hashOf(base));
    expect(hashOf([], { target })).not.toBe(hashOf([]));
  });

  test.each([
    ['sentences', { because: 'another sentence' }],
    ['rule numbers', { rule: 9 }],
    ['groups', { groups: ['ldap:other'] }],
    ['what was tried', { tried: [{ rule: 1, answer: 'no' as const }] }],
  ])('does not cover %s', (_, over) => {
    expect(hashOf([{ ...first, ...over }, second])).toBe(hashOf(base));
  });

  test.each(['unchanged', 'skipped', 'pending-sign-in', 'undecided'] as const)(
    'does not cover %s accounts',
    (kind) => {
      expect(hashOf([...base, change(kind, 'z')])).toBe(hashOf(base));
    },
  );

  test('does not depend on the order of keys', () => {
    const turned: PlanIdentity<string> = {
      ...identity,
      target: { project: 'prj_a', api: 'https://gb.example.org' },
      hashInput: ({ account, kind, from, to }) => ({ to, from, kind, account }),
    };
    expect(makePlan(base, turned).hash).toBe(hashOf(base));
  });

  test('tells apart what only looks alike when strung together', () => {
    const one = [change('revoke', 'a', { from: 'x', to: 'yz' })];
    const other = [change('revoke', 'a', { from: 'xy', to: 'z' })];
    expect(hashOf(one)).not.toBe(hashOf(other));
  });
});

describe('canonicalJson JSON', () => {
  test.each([
    [{ b: 1, a: { d: 2, c: [3, { f: 4, e: 5 }] } }, '{"a":{"c":[3,{"e":5,"f":4}],"d":2},"b":1}'],
    [[2, 1], '[2,1]'],
    [null, 'null'],
    [{ a: null, b: undefined }, '{"a":null}'],
    ['ü', '"ü"'],
  ])('%j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

test.each([
  ['a', 'b', -1],
  ['b', 'a', 1],
  ['a', 'a', 0],
  ['B', 'a', -1],
  ['ä', 'z', 1],
  ['a', 'ab', -1],
])('%s and %s are ordered by code units: %i', (a, b, order) => {
  expect(compareText(a, b)).toBe(order);
});

test('the same decisions in any order make the same plan, byte for byte', () => {
  const kind = fc.constantFrom<Kind>('revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped');
  const rows = fc.uniqueArray(
    fc.record({ account: fc.string(), label: fc.string(), kind, to: fc.string() }),
    {
      selector: ({ account }) => account,
      maxLength: 12,
    },
  );
  const shuffled = rows.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      const [a, b] = [one, other].map((all) =>
        JSON.stringify(
          makePlan(
            all.map((row) => decision(row)),
            identity,
          ),
        ),
      );
      expect(b).toBe(a);
    }),
  );
});

test('a change is a change of the type that says so', () => {
  const changes: readonly Change<string>[] = [change('revoke', 'a'), change('skipped', 'b')].filter(isChange);
  expect(changes.map(({ account }) => account)).toEqual(['a']);
});
