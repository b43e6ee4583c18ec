import { expect, test } from 'vitest';
import type { Condition } from '../../src/policy/conditions.ts';
import {
  groupsNamed,
  groupsNamedByAny,
  highestRole,
  populationNamed,
} from '../../src/policy/named-groups.ts';
import type { Policy } from '../../src/policy/policy.ts';

const policyOf = (gate: Policy['gate'], ...conditions: readonly Condition[]): Policy => ({
  order: ['noaccess', 'readonly', 'admin'],
  gate,
  rules: conditions.map((when, index) => ({ rule: index + 2, when, role: 'readonly' })),
  otherwise: { rule: 9 },
  mayBeEmpty: [],
});
const GATE = { rule: 1, when: { ldap: 'gate' } };

test('the groups of several policies are those of each, once', () => {
  const policies = [
    policyOf('none', { ldap: 'a' }, { posix: 'p' }),
    policyOf(GATE, { any: [{ ldap: 'b' }, { not: { ldap: 'a' } }] }),
  ];
  expect(groupsNamedByAny(policies, 'ldap')).toEqual(['a', 'gate', 'b']);
  expect(groupsNamedByAny(policies, 'posix')).toEqual(['p']);
  expect(groupsNamedByAny([], 'ldap')).toEqual([]);
});

test('the gate names its groups first, and only those of the source that is asked for', () => {
  const policy = policyOf(GATE, { ldap: 'a' }, { all: [{ ldap: 'gate' }, { user: 'ann' }] });
  expect(groupsNamed(policy, 'ldap')).toEqual(['gate', 'a']);
  expect(groupsNamed(policy, 'user')).toEqual(['ann']);
  expect(groupsNamed(policy, 'gerrit')).toEqual([]);
});

test('a rule that can be true for anybody names nobody to look up, and does not hinder the others', () => {
  const policy = policyOf(
    'none',
    { not: { ldap: 'a' } },
    { ldap: 'b' },
    { any: [{ ldap: 'b' }, { user: 'u' }] },
  );
  expect(populationNamed(policy, 'ldap')).toEqual(['b']);
  expect(populationNamed(policy, 'user')).toEqual(['u']);
});

test('the highest role is that of a rule, and the lowest of all where no rule gives more', () => {
  const policy = policyOf('none', { ldap: 'a' }, { ldap: 'b' });
  expect(highestRole(policy)).toBe('readonly');
  expect(highestRole({ ...policy, rules: [] })).toBe('noaccess');
});
