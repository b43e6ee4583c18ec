import { describe, expect, test } from 'vitest';
import { parsePolicies, parsePolicy } from '../../src/policy/policy-document.ts';

const POLICY = {
  order: ['noaccess', 'readonly', 'admin'],
  gate: 'none',
  rules: [{ rule: 2, when: { ldap: 'a' }, role: 'admin' }],
  otherwise: { rule: 5 },
};
const READ = { ...POLICY, mayBeEmpty: [] };
const text = (over: object = {}): string => JSON.stringify({ ...POLICY, ...over });
const rules = (...some: readonly object[]) => ({
  rules: some.map((one, index) => ({ rule: index + 2, role: 'admin', ...one })),
});

describe('the faults of a policy document, word for word', () => {
  test.each<[string, object, string]>([
    ['no condition', rules({}), 'rules.0: exactly one of when, ldap (found none)'],
    [
      'two conditions',
      rules({ when: { ldap: 'a' }, ldap: 'b' }),
      'rules.0: exactly one of when, ldap (found when, ldap)',
    ],
    [
      'a key of version 1 beside a condition',
      rules({ when: { ldap: 'a' }, anyPosix: ['b'] }),
      'rules.0: anyPosix belongs to version 1 (allowed beside ldap only)',
    ],
    ['a group twice in version 1', rules({ ldap: 'a' }, { ldap: 'a' }), 'rules: group a occurs twice'],
    [
      'an order of other roles',
      { order: ['x', 'x', 'admin'] },
      'order: begins with x (allowed: noaccess), order: readonly is missing, order: x occurs twice',
    ],
    [
      'a role that is not in order',
      rules({ when: { ldap: 'a' }, role: 'boss' }),
      'rule 2: role boss is not in order (allowed: noaccess, readonly, admin)',
    ],
    [
      'a group that may be empty twice, and one that no rule names',
      { mayBeEmpty: ['a', 'a', 'b'] },
      'mayBeEmpty: group a occurs twice, mayBeEmpty: no rule names group b',
    ],
    [
      'the same part twice: a group, a user and a condition',
      rules({
        when: {
          any: [
            { ldap: 'a' },
            { ldap: 'a' },
            { user: 'u' },
            { user: 'u' },
            { all: [{ ldap: 'b' }, { ldap: 'c' }] },
            { all: [{ ldap: 'b' }, { ldap: 'c' }] },
          ],
        },
      }),
      'rule 2: group a occurs twice, rule 2: user u occurs twice, rule 2: a condition occurs twice',
    ],
    [
      'the same part twice inside a denial',
      rules({ when: { all: [{ ldap: 'a' }, { not: { any: [{ ldap: 'b' }, { ldap: 'b' }] } }] } }),
      'rule 2: group b occurs twice',
    ],
    [
      'the same part twice in the gate',
      { gate: { any: [{ ldap: 'a' }, { ldap: 'a' }] } },
      'rule 1: group a occurs twice',
    ],
    [
      'a rule for everybody',
      rules({ when: { not: { ldap: 'a' } } }),
      'rule 2: is true for people in no group (allowed: a condition that needs a group or a user)',
    ],
    ['a number of two rules', { otherwise: { rule: 2 } }, 'rule 2 occurs twice'],
  ])('%s', (_, over, faults) => {
    expect(() => parsePolicy(text(over))).toThrow(new Error(`a policy document: ${faults}`));
  });
});

test('groups of rules and of the gate may be named as those that may be empty', () => {
  const over = { gate: { posix: 'p' }, mayBeEmpty: ['p', 'a'] };
  expect(parsePolicy(text(over)).mayBeEmpty).toEqual(['p', 'a']);
});

test('a gate is kept with its description, and without one where it has none', () => {
  expect(parsePolicy(text({ gate: { posix: 'p' } })).gate).toEqual({ rule: 1, when: { posix: 'p' } });
  expect(parsePolicy(text({ gate: { description: 'd', posix: 'p' } })).gate).toEqual({
    rule: 1,
    description: 'd',
    when: { posix: 'p' },
  });
});

const list = (...entries: readonly unknown[]): string => JSON.stringify(entries);

describe('a document is one policy, or a list of projects with a policy each', () => {
  test('one policy', () => {
    expect(parsePolicies(text())).toEqual(READ);
  });

  test('a list', () => {
    const other = { ...POLICY, otherwise: { rule: 7 } };
    expect(parsePolicies(list({ project: 'b', policy: POLICY }, { project: 'a', policy: other }))).toEqual([
      { project: 'b', policy: READ },
      { project: 'a', policy: { ...READ, otherwise: { rule: 7 } } },
    ]);
  });

  test.each<[string, string, string]>([
    [
      'one policy with a fault',
      text({ mayBeEmpty: ['b'] }),
      'a policy document: mayBeEmpty: no rule names group b',
    ],
    ['an empty list', list(), 'a policy document: the list is empty'],
    [
      'a project twice',
      list(...['a', 'b', 'c', 'b', 'a'].map((project) => ({ project, policy: POLICY }))),
      'a policy document: project b, a occurs twice',
    ],
    ['no object', list(5), 'a policy document: the document: found 5 (allowed: an object)'],
    ['no project', list({ policy: POLICY }), 'a policy document: project: found nothing (allowed: text)'],
    ['no policy', list({ project: 'a' }), 'a policy document: policy: found nothing (allowed: a value)'],
    [
      'an unknown key',
      list({ project: 'a', policy: POLICY, more: 1 }),
      'a policy document: the document: found the unknown key "more" (allowed: project, policy)',
    ],
    [
      'a policy with a fault, by its project',
      list({ project: 'a', policy: POLICY }, { project: 'b', policy: { ...POLICY, mayBeEmpty: ['b'] } }),
      'project b: a policy document: mayBeEmpty: no rule names group b',
    ],
  ])('is refused for %s', (_, document, message) => {
    expect(() => parsePolicies(document)).toThrow(new Error(message));
  });

  test('the error of a project has the error of its policy as its cause', () => {
    const read = () => parsePolicies(list({ project: 'a', policy: 5 }));
    expect(read).toThrow(expect.objectContaining({ cause: expect.any(Error) }));
  });
});
