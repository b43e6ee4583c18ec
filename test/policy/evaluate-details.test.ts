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
      unknown: 'rule 2: POSIX x: not read, so that nobody knows',
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
