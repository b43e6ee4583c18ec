import { describe, expect, test } from 'vitest';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { Membership } from '../../src/policy/evaluate-condition.ts';
import { parsePolicy } from '../../src/policy/policy-document.ts';

const policyOf = (rules: string, now = '2026-06-01') =>
  policyAt(
    parsePolicy(`order: [noaccess, readonly, admin]\ngate: none\nrules:\n${rules}\notherwise: { rule: 9 }\n`),
    Date.parse(now),
  );

/** Ann in these LDAP groups; data.yaml was not read. */
const annIn = (...groups: readonly string[]): Membership => ({
  uid: 'ann',
  sources: { ldap: { asked: new Set(['a', 'b']), in: new Set(groups) }, posix: 'failed' },
});

describe('a rule whose source was not read', () => {
  const rules = (role: string) =>
    `  - { rule: 1, when: { ldap: a }, role: readonly }\n  - { rule: 2, when: { posix: x }, role: ${role} }`;

  test('leaves nothing open where it could give no more than another rule gives', () => {
    expect(evaluate(policyOf(rules('readonly')), annIn('a'))).toMatchObject({
      role: 'readonly',
      unknown: null,
    });
  });

  test('leaves the role open where it could give more', () => {
    expect(evaluate(policyOf(rules('admin')), annIn('a'))).toMatchObject({
      role: 'readonly',
      unknown: 'rule 2: POSIX x: not read, so the answer is not known',
    });
  });

  test('names no groups and nothing that is missing', () => {
    const [, second] = evaluate(policyOf(rules('admin')), annIn('a')).answers;
    expect(second).toMatchObject({ answer: 'failed', groups: [], missing: [] });
  });
});

describe('the groups that led to a yes', () => {
  test('are those that somebody is in, not those that somebody is not in', () => {
    const policy = policyOf(
      '  - { rule: 1, when: { all: [{ ldap: a }, { not: { ldap: b } }] }, role: admin }',
    );
    const { groups, because, answers } = evaluate(policy, annIn('a'));
    expect([groups, because]).toEqual([['ldap:a'], 'ann is in LDAP a and not in LDAP b']);
    expect(answers[0]?.groups).toEqual(['ldap:a']);
    expect(evaluate(policy, annIn('a', 'b'))).toMatchObject({ role: 'noaccess', groups: [] });
    expect(evaluate(policy, annIn('a', 'b')).answers[0]).toMatchObject({
      groups: [],
      missing: ['not ldap:b'],
    });
  });
});

test('an expired rule is answered with off, its description and its day, and nothing more', () => {
  const rule = '{ rule: 2, description: on call, when: { ldap: a }, role: admin, expires: 2026-05-01 }';
  const policy = policyOf(`  - { rule: 1, when: { ldap: b }, role: readonly }\n  - ${rule}`);
  expect(evaluate(policy, annIn('a')).answers.at(-1)).toEqual({
    rule: 2,
    description: 'on call',
    answer: 'off',
    because: 'the rule expired on 2026-05-01',
    groups: [],
    missing: [],
    remarks: [],
  });
});

test('several groups of one source are said together, each by its name', () => {
  const policy = policyOf('  - { rule: 1, when: { any: [{ ldap: a }, { ldap: b }] }, role: admin }');
  expect(evaluate(policy, annIn()).answers[0]).toMatchObject({
    because: 'ann is not in LDAP a, b',
    missing: ['ldap:a or ldap:b'],
  });
});

describe('what people should know of a no', () => {
  const policy = policyOf(
    '  - { rule: 1, when: { any: [{ ldap: a }, { ldap: b }] }, role: admin }\n  - { rule: 2, when: { ldap: b }, role: readonly }',
  );
  const because = 'the account is not linked';
  const remarksOf = (inside: readonly string[], worthReporting?: boolean) => {
    const details = new Map([
      ['b', { because, ...(worthReporting === undefined ? {} : { worthReporting }) }],
    ]);
    const ldap = { asked: new Set(['a', 'b']), in: new Set(inside), details };
    return evaluate(policy, { uid: 'ann', sources: { ldap } }).answers.map(({ remarks }) => remarks);
  };

  test('is a remark of each rule that was answered with it', () => {
    expect(remarksOf([], true)).toEqual([[because], [because]]);
  });

  test.each<[string, readonly string[], boolean | undefined]>([
    ['a yes', ['b'], true],
    ['a detail that is not worth it', [], false],
    ['a detail that does not say so', [], undefined],
  ])('is not %s', (_, inside, worthReporting) => {
    expect(remarksOf(inside, worthReporting)).toEqual([[], []]);
  });
});

test('nobody who matches no rule has an unknown role, and the sentence is about that person', () => {
  const policy = policyOf('  - { rule: 1, when: { ldap: a }, role: admin }');
  const { answers: _, ...decision } = evaluate(policy, annIn());
  expect(decision).toEqual({
    role: 'noaccess',
    rule: 9,
    because: 'ann matches no rule',
    groups: [],
    unknown: null,
  });
});

test('a gate that says no leaves nothing unknown', () => {
  const gated = {
    ...policyOf('  - { rule: 2, when: { ldap: a }, role: admin }'),
    gate: { rule: 1, when: { ldap: 'b' } },
  };
  const { answers: _, ...decision } = evaluate(gated, annIn('a'));
  expect(decision).toEqual({
    role: 'noaccess',
    rule: 1,
    because: 'ann is not in LDAP b',
    groups: [],
    unknown: null,
  });
});

describe('who is refused is answered with that', () => {
  const refusal = 'ann is disabled in LDAP';
  const policy = policyOf(
    [{ ldap: 'a' }, { ldap: 'b' }, { posix: 'x' }]
      .map((when, index) => `  - { rule: ${index + 2}, when: ${JSON.stringify(when)}, role: admin }`)
      .join('\n'),
  );
  const answersOf = (gate: typeof policy.gate, person: Membership) =>
    evaluate({ ...policy, gate }, person).answers.map(({ rule, answer, because, groups }) => [
      rule,
      answer,
      because,
      groups,
    ]);
  const rules = [
    [2, 'yes', 'ann is in LDAP a', ['ldap:a']],
    [3, 'no', 'ann is not in LDAP b', []],
    [4, 'failed', 'POSIX x: not read, so the answer is not known', []],
  ];
  const gate = { rule: 1, when: { ldap: 'a' } };

  test('by the gate, whatever it would say, and by no rule', () => {
    const refused = [1, 'no', refusal, []];
    expect(answersOf(gate, { ...annIn('a'), refusal })).toEqual([refused, ...rules]);
    expect(answersOf({ ...gate, when: { ldap: 'b' } }, { ...annIn('a'), refusal })).toEqual([
      refused,
      ...rules,
    ]);
  });

  test('by each rule that would say yes, where there is no gate', () => {
    const [, ...others] = rules;
    expect(answersOf('none', { ...annIn('a'), refusal })).toEqual([[2, 'no', refusal, []], ...others]);
  });

  test('and nobody else is', () => {
    expect(answersOf(gate, annIn('a'))).toEqual([[1, 'yes', 'ann is in LDAP a', ['ldap:a']], ...rules]);
    expect(answersOf('none', annIn('a'))).toEqual(rules);
  });
});
