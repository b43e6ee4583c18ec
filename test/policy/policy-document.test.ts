import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultPolicy } from '../../src/jobs/growthbook-roles/policy.ts';
import { groupsNamed, highestRole, populationNamed } from '../../src/policy/named-groups.ts';
import { parsePolicy, policyJsonSchema } from '../../src/policy/policy-document.ts';
import { GATE } from '../fixtures.ts';

const policy = defaultPolicy();
const ADMIN = 'growthbook-admin';
const CUSTOM = 'growthbook-customelevatedaccess';
const READ = 'growthbook-readonly';
const TEAMS = ['analytics-product-users', 'analytics-wmde-users', 'deployment'];

describe('the default policy', () => {
  test('is the published document, to the letter', () => {
    expect(policy).toEqual({
      order: [
        'noaccess',
        'readonly',
        'collaborator',
        'visualEditor',
        'analyst',
        'engineer',
        'experimenter',
        'CustomElevatedAccess',
        'gbDefault_projectAdmin',
        'admin',
      ],
      gate: { rule: 1, when: { posix: GATE } },
      rules: [
        { rule: 2, description: 'administrators', when: { ldap: ADMIN }, role: 'admin' },
        {
          rule: 3,
          description: 'people who run experiments',
          when: { all: [{ ldap: CUSTOM }, { any: TEAMS.map((posix) => ({ posix })) }] },
          role: 'CustomElevatedAccess',
        },
        { rule: 4, description: 'readers', when: { ldap: READ }, role: 'readonly' },
      ],
      otherwise: { rule: 5 },
      mayBeEmpty: [],
    });
  });

  test('names three LDAP groups, four POSIX groups once each, and no user', () => {
    expect(groupsNamed(policy, 'ldap')).toEqual([ADMIN, CUSTOM, READ]);
    expect(groupsNamed(policy, 'posix')).toEqual([GATE, ...TEAMS]);
    expect(groupsNamed(policy, 'user')).toEqual([]);
  });

  test('gives something to people of its LDAP groups only', () => {
    expect(populationNamed(policy, 'ldap')).toEqual([ADMIN, CUSTOM, READ]);
    expect(populationNamed(policy, 'posix')).toEqual([]);
  });

  test('has admin as its highest role', () => {
    expect(highestRole(policy)).toBe('admin');
  });
});

const versionOne = {
  order: policy.order,
  gate: { rule: 1, posix: GATE },
  rules: [
    { rule: 2, ldap: ADMIN, role: 'admin' },
    { rule: 3, ldap: CUSTOM, anyPosix: TEAMS, role: 'CustomElevatedAccess' },
    { rule: 4, ldap: READ, role: 'readonly' },
  ],
  otherwise: { rule: 5 },
};
const withoutDescriptions = {
  ...policy,
  rules: policy.rules.map(({ description: _, ...rule }) => rule),
};

describe('a document of version 1', () => {
  test('is read as the same policy of version 2', () => {
    expect(parsePolicy(JSON.stringify(versionOne))).toEqual(withoutDescriptions);
  });
});

describe('the general form', () => {
  test('is itself a document of the same policy', () => {
    expect(parsePolicy(JSON.stringify(policy))).toEqual(policy);
  });

  test.each([
    ['none', 'none'],
    [{ posix: 'a' }, { rule: 1, when: { posix: 'a' } }],
    [
      { rule: 9, ldap: 'a' },
      { rule: 9, when: { ldap: 'a' } },
    ],
    [
      { description: 'staff', when: { any: [{ ldap: 'a' }, { ldap: 'b' }] } },
      { rule: 1, description: 'staff', when: { any: [{ ldap: 'a' }, { ldap: 'b' }] } },
    ],
    [{ not: { ldap: 'a' } }, { rule: 1, when: { not: { ldap: 'a' } } }],
  ])('of the gate %j', (gate, general) => {
    expect(parsePolicy(document({ gate })).gate).toEqual(general);
  });

  test('a gate without a number is rule 1, and rule 0 where a rule has that number', () => {
    const rules = [{ rule: 1, when: { ldap: 'a' }, role: 'admin' }];
    expect(parsePolicy(document({ gate: { posix: 'b' }, rules })).gate).toMatchObject({ rule: 0 });
  });
});

describe('who has to be looked up', () => {
  test.each([
    [{ ldap: 'a' }, ['a'], [], []],
    [{ posix: 'a' }, [], ['a'], []],
    [{ user: 'ann' }, [], [], ['ann']],
    [{ any: [{ ldap: 'a' }, { posix: 'b' }, { user: 'ann' }] }, ['a'], ['b'], ['ann']],
    [{ all: [{ posix: 'b' }, { ldap: 'a' }] }, ['a'], [], []],
    [{ all: [{ not: { ldap: 'a' } }, { posix: 'b' }] }, [], ['b'], []],
    [{ all: [{ any: [{ ldap: 'a' }, { posix: 'b' }] }, { user: 'ann' }] }, [], [], ['ann']],
  ])('for %j', (when, ldap, posix, user) => {
    const found = parsePolicy(document({ gate: 'none', rules: [{ rule: 2, when, role: 'admin' }] }));
    expect([
      populationNamed(found, 'ldap'),
      populationNamed(found, 'posix'),
      populationNamed(found, 'user'),
    ]).toEqual([ldap, posix, user]);
  });

  test('the gate counts: people outside it are given nothing', () => {
    const rules = [{ rule: 2, when: { not: { ldap: 'a' } }, role: 'readonly' }];
    expect(populationNamed(parsePolicy(document({ gate: { posix: 'b' }, rules })), 'posix')).toEqual(['b']);
  });
});

const document = (over: object = {}): string => JSON.stringify({ ...versionOne, ...over });

describe('a policy document is refused', () => {
  test.each([
    ['an unknown key', { surprise: 1 }, /surprise/],
    ['an unknown key of a rule', { rules: [{ rule: 2, ldap: 'a', role: 'admin', posix: 'b' }] }, /posix/],
    ['an unknown key of the gate', { gate: { rule: 1, posix: 'a', ldap: 'b' } }, /ldap/],
    ['no gate', { gate: undefined }, /gate/],
    ['no order', { order: undefined }, /order/],
    ['no rule', { rules: [] }, /rules/],
    ['an empty anyPosix', { rules: [{ rule: 2, ldap: 'a', anyPosix: [], role: 'admin' }] }, /anyPosix/],
    [
      'a rule without a condition',
      { rules: [{ rule: 2, role: 'admin' }] },
      /exactly one of when, ldap \(found none\)/,
    ],
    [
      'two things in one condition',
      { rules: [{ rule: 2, when: { ldap: 'a', posix: 'b' }, role: 'admin' }] },
      /rules\.0\.when: exactly one of .* \(found ldap, posix\)/,
    ],
    [
      'a source that this policy does not have',
      { rules: [{ rule: 2, when: { any: [{ ldap: 'a' }, { gerrit: 'b' }] }, role: 'admin' }] },
      /gerrit/,
    ],
    [
      'both versions in one rule',
      { rules: [{ rule: 2, when: { ldap: 'a' }, anyPosix: ['b'], role: 'admin' }] },
      /anyPosix belongs to version 1/,
    ],
    ['an empty any', { rules: [{ rule: 2, when: { any: [] }, role: 'admin' }] }, /rules\.0\.when\.any/],
    [
      'a group twice in one list',
      { rules: [{ rule: 2, when: { any: [{ ldap: 'a' }, { ldap: 'a' }] }, role: 'admin' }] },
      /rule 2: group a occurs twice/,
    ],
    [
      'a rule that is true for everybody else',
      { gate: 'none', rules: [{ rule: 2, when: { not: { ldap: 'a' } }, role: 'readonly' }] },
      /rule 2: is true for people in no group/,
    ],
    [
      'a day that is none',
      { rules: [{ rule: 2, when: { user: 'ann' }, role: 'readonly', expires: '2026-02-30' }] },
      /rules\.0\.expires/,
    ],
    ['a word for a gate that is not none', { gate: 'nothing' }, /gate/],
    ['a rule number that is no whole number', { otherwise: { rule: 5.5 } }, /otherwise\.rule/],
    ['rule 0', { otherwise: { rule: 0 } }, /otherwise\.rule/],
    ['a role outside the order', { rules: [{ rule: 2, ldap: 'a', role: 'boss' }] }, /boss is not in order/],
    ['a role of another case', { rules: [{ rule: 2, ldap: 'a', role: 'Admin' }] }, /Admin is not in order/],
    ['a role twice in the order', { order: [...policy.order, 'analyst'] }, /analyst occurs twice/],
    ['an order that does not begin with noaccess', { order: policy.order.toReversed() }, /noaccess/],
    ['an order without readonly', { order: ['noaccess', 'admin', 'CustomElevatedAccess'] }, /readonly/],
    [
      'an LDAP group twice',
      { rules: [...versionOne.rules, { rule: 6, ldap: READ, role: 'admin' }] },
      new RegExp(READ),
    ],
    [
      'a POSIX group twice in one rule',
      { rules: [{ rule: 2, ldap: 'a', anyPosix: ['b', 'b'], role: 'admin' }] },
      /group b occurs twice/,
    ],
    ['a rule number twice', { otherwise: { rule: 4 } }, /rule 4 occurs twice/],
    ['the gate’s number at a rule', { gate: { rule: 2, posix: 'a' } }, /rule 2 occurs twice/],
    ['mayBeEmpty with an unknown group', { mayBeEmpty: ['nobody-knows'] }, /nobody-knows/],
    ['mayBeEmpty with a group twice', { mayBeEmpty: [READ, READ] }, new RegExp(`${READ} occurs twice`)],
  ])('for %s', (_, over, message) => {
    expect(() => parsePolicy(document(over))).toThrow(message);
  });

  test.each([
    ['text that is no YAML', 'order: [a'],
    ['a key twice', 'order: [noaccess, readonly]\norder: [noaccess, readonly]\n'],
    ['a list', '- a\n'],
    ['nothing', ''],
    ['a word', 'policy.yaml'],
  ])('for %s', (_, text) => {
    expect(() => parsePolicy(text)).toThrow(/a policy document/);
  });

  test('with all its faults at once', () => {
    const rules = [
      { rule: 2, ldap: 'a', role: 'boss' },
      { rule: 2, ldap: 'a', anyPosix: ['x', 'x'], role: 'chief' },
    ];
    const faults = [
      'boss',
      'chief',
      'rule 2 occurs twice',
      'group a occurs twice',
      'group x occurs twice',
      'nobody',
    ];
    for (const fault of faults) {
      expect(() => parsePolicy(document({ rules, mayBeEmpty: ['nobody'] }))).toThrow(fault);
    }
  });

  test('with all its faults at once, unknown keys among them', () => {
    const over = { surprise: 1, rules: [{ rule: 2, ldap: 'a', role: 'boss' }] };
    expect(() => parsePolicy(document(over))).toThrow('surprise');
    expect(() => parsePolicy(document(over))).toThrow('boss');
  });
});

test('a document may leave mayBeEmpty out', () => {
  expect(parsePolicy(document({ mayBeEmpty: undefined })).mayBeEmpty).toEqual([]);
});

test('an alias inside its own anchor is refused', () => {
  const text = 'order: [noaccess, readonly]\ngate: &a {not: *a}\nrules: []\notherwise: {rule: 5}\n';
  expect(() => parsePolicy(text)).toThrow(/a policy document/);
});

describe('the JSON Schema of a policy', () => {
  const isValid = new Ajv2020({ formats: { date: true } }).compile(policyJsonSchema());

  test('accepts what the parser accepts', () => {
    const list = JSON.stringify([{ project: 'prj_a', policy }]);
    for (const text of [document(), JSON.stringify(policy), document({ gate: 'none' }), list]) {
      expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
    }
  });

  test.each([
    ['an unknown key', { surprise: 1 }],
    ['a condition with two keys', { rules: [{ rule: 2, when: { ldap: 'a', posix: 'b' }, role: 'admin' }] }],
    ['a condition with none', { rules: [{ rule: 2, when: {}, role: 'admin' }] }],
    ['a condition inside a condition', { rules: [{ rule: 2, when: { not: { a: 1 } }, role: 'admin' }] }],
    ['a rule without a condition', { rules: [{ rule: 2, role: 'admin' }] }],
    ['a gate of another word', { gate: 'nothing' }],
    ['a gate with two conditions', { gate: { ldap: 'a', posix: 'b' } }],
  ])('refuses %s', (_, over) => {
    expect(isValid(parse(document(over)))).toBe(false);
  });
});

test('the highest role is the highest that a rule gives', () => {
  const rules = [
    { rule: 2, ldap: 'a', role: 'readonly' },
    { rule: 3, ldap: 'b', role: 'engineer' },
    { rule: 4, ldap: 'c', role: 'collaborator' },
  ];
  expect(highestRole(parsePolicy(document({ rules })))).toBe('engineer');
});
