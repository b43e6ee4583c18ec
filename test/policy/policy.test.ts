import { describe, expect, test } from 'vitest';
import { rankIn } from '../../src/engine/role-order.ts';
import {
  type Candidate,
  defaultPolicy,
  evaluate,
  highestRole,
  ldapGroups,
  noMatch,
  parsePolicy,
  posixGroupNames,
} from '../../src/policy/policy.ts';
import { GATE } from '../fixtures.ts';

const policy = defaultPolicy();
const ADMIN = 'growthbook-admin';
const CUSTOM = 'growthbook-customelevatedaccess';
const READ = 'growthbook-readonly';
const TEAMS = ['analytics-product-users', 'analytics-wmde-users', 'deployment'];

/** Every choice among `all`, none and all included. */
const subsets = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_one, index) => (bits >> index) & 1));

const candidate = (over: Partial<Candidate> = {}): Candidate => ({
  uid: 'ann',
  disabled: false,
  absent: false,
  ldap: new Set(),
  posix: new Set([GATE]),
  ...over,
});

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
      gate: { rule: 1, posix: GATE },
      rules: [
        { rule: 2, ldap: ADMIN, role: 'admin' },
        { rule: 3, ldap: CUSTOM, anyPosix: TEAMS, role: 'CustomElevatedAccess' },
        { rule: 4, ldap: READ, role: 'readonly' },
      ],
      otherwise: { rule: 5 },
      mayBeEmpty: [],
    });
  });

  test('names three LDAP groups, and four POSIX groups once each', () => {
    expect(ldapGroups(policy)).toEqual([ADMIN, CUSTOM, READ]);
    expect(posixGroupNames(policy)).toEqual([GATE, ...TEAMS]);
  });

  test('has admin as its highest role', () => {
    expect(highestRole(policy)).toBe('admin');
  });
});

/** LDAP groups, whether in one of rule 3's POSIX groups, the role and the rule. */
const RULINGS = [
  [[], false, 'noaccess', 5],
  [[], true, 'noaccess', 5],
  [[READ], false, 'readonly', 4],
  [[READ], true, 'readonly', 4],
  [[CUSTOM], false, 'noaccess', 5],
  [[CUSTOM], true, 'CustomElevatedAccess', 3],
  [[CUSTOM, READ], false, 'readonly', 4],
  [[CUSTOM, READ], true, 'CustomElevatedAccess', 3],
  [[ADMIN], false, 'admin', 2],
  [[ADMIN], true, 'admin', 2],
  [[ADMIN, READ], false, 'admin', 2],
  [[ADMIN, READ], true, 'admin', 2],
  [[ADMIN, CUSTOM], false, 'admin', 2],
  [[ADMIN, CUSTOM], true, 'admin', 2],
  [[ADMIN, CUSTOM, READ], false, 'admin', 2],
  [[ADMIN, CUSTOM, READ], true, 'admin', 2],
] as const;

const SHUT = [
  ['not in the gate’s group', { posix: [] }, /not in POSIX analytics-privatedata-users/],
  ['disabled in LDAP', { posix: [GATE], disabled: true }, /disabled in LDAP/],
  ['ensure: absent', { posix: [GATE], absent: true }, /ensure: absent/],
  ['disabled and absent', { posix: [GATE], disabled: true, absent: true }, /disabled in LDAP/],
  ['disabled and not in the group', { posix: [], disabled: true }, /disabled in LDAP/],
  ['absent and not in the group', { posix: [], absent: true }, /ensure: absent/],
] as const;

describe('inside the gate', () => {
  test.each(RULINGS)(
    'LDAP %j, in a POSIX group of rule 3: %s → %s by rule %i',
    (ldap, inTeam, role, number) => {
      for (const teams of subsets(TEAMS).filter((few) => few.length > 0 === inTeam)) {
        const ruling = evaluate(policy, candidate({ ldap: new Set(ldap), posix: new Set([GATE, ...teams]) }));
        expect([ruling.role, ruling.rule], teams.join()).toEqual([role, number]);
      }
    },
  );
});

describe.each(SHUT)('rule 1, a gate: %s', (_, { posix, ...state }, because) => {
  test.each(RULINGS)(
    'LDAP %j, in a POSIX group of rule 3: %s → not %s but nothing, by rule 1',
    (ldap, inTeam) => {
      for (const teams of subsets(TEAMS).filter((few) => few.length > 0 === inTeam)) {
        const ruling = evaluate(
          policy,
          candidate({ ...state, ldap: new Set(ldap), posix: new Set([...posix, ...teams]) }),
        );
        expect(ruling).toMatchObject({ role: 'noaccess', rule: 1, groups: [] });
        expect(ruling.because).toMatch(because);
      }
    },
  );
});

describe('a ruling carries a sentence and the groups that led to it', () => {
  test.each([
    [[ADMIN, READ], [], [`ldap:${ADMIN}`, `posix:${GATE}`], `ann is in LDAP ${ADMIN}`],
    [
      [CUSTOM],
      ['deployment', 'analytics-product-users'],
      [`ldap:${CUSTOM}`, 'posix:analytics-product-users', 'posix:deployment', `posix:${GATE}`],
      `ann is in LDAP ${CUSTOM} and in POSIX analytics-product-users, deployment`,
    ],
    [[READ], ['deployment'], [`ldap:${READ}`, `posix:${GATE}`], `ann is in LDAP ${READ}`],
  ])('LDAP %j and POSIX %j', (ldap, posix, groups, because) => {
    const ruling = evaluate(policy, candidate({ ldap: new Set(ldap), posix: new Set([GATE, ...posix]) }));
    expect(ruling).toMatchObject({ groups, because });
  });

  test('who is known to no directory is due nothing by rule 5', () => {
    expect(noMatch(policy)).toMatchObject({ role: 'noaccess', rule: 5, groups: [] });
    expect(noMatch(policy).because).not.toBe('');
  });
});

const document = (over: object = {}) => JSON.stringify({ ...policy, ...over });

describe('the highest role wins by the order, not by where its rule stands', () => {
  test('rules in reverse rule alike', () => {
    const reversed = parsePolicy(document({ rules: policy.rules.toReversed() }));
    for (const ldap of subsets([ADMIN, CUSTOM, READ])) {
      const person = candidate({ ldap: new Set(ldap), posix: new Set([GATE, 'deployment']) });
      expect(evaluate(reversed, person)).toEqual(evaluate(policy, person));
    }
  });

  test('another order, another winner', () => {
    const order = ['noaccess', 'CustomElevatedAccess', 'admin', 'readonly'];
    const person = candidate({ ldap: new Set([ADMIN, CUSTOM, READ]), posix: new Set([GATE, 'deployment']) });
    expect(evaluate(parsePolicy(document({ order })), person)).toMatchObject({ role: 'readonly', rule: 4 });
  });

  test('of two rules that give one role the first speaks', () => {
    const rules = [
      { rule: 8, ldap: 'b', role: 'readonly' },
      { rule: 7, ldap: 'a', role: 'readonly' },
    ];
    const ruling = evaluate(parsePolicy(document({ rules })), candidate({ ldap: new Set(['a', 'b']) }));
    expect(ruling.rule).toBe(8);
  });

  test('a role that stands nowhere in the order ranks above all', () => {
    const rank = rankIn(policy.order);
    expect(policy.order.map(rank)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rank('superhero')).toBeGreaterThan(rank('admin'));
    expect(rank('Admin')).toBeGreaterThan(rank('admin'));
  });
});

describe('a policy document is refused', () => {
  test.each([
    ['an unknown key', { surprise: 1 }, /surprise/],
    ['an unknown key of a rule', { rules: [{ rule: 2, ldap: 'a', role: 'admin', posix: 'b' }] }, /posix/],
    ['an unknown key of the gate', { gate: { rule: 1, posix: 'a', ldap: 'b' } }, /ldap/],
    ['no gate', { gate: undefined }, /gate/],
    ['no order', { order: undefined }, /order/],
    ['no rule', { rules: [] }, /rules/],
    ['an empty anyPosix', { rules: [{ rule: 2, ldap: 'a', anyPosix: [], role: 'admin' }] }, /anyPosix/],
    ['a rule without a group', { rules: [{ rule: 2, role: 'admin' }] }, /ldap/],
    ['a rule number that is no whole number', { otherwise: { rule: 5.5 } }, /otherwise\.rule/],
    ['rule 0', { otherwise: { rule: 0 } }, /otherwise\.rule/],
    ['a role outside the order', { rules: [{ rule: 2, ldap: 'a', role: 'boss' }] }, /boss is not in order/],
    ['a role of another case', { rules: [{ rule: 2, ldap: 'a', role: 'Admin' }] }, /Admin is not in order/],
    ['a role twice in the order', { order: [...policy.order, 'analyst'] }, /analyst stands twice/],
    ['an order that does not begin with noaccess', { order: policy.order.toReversed() }, /noaccess/],
    ['an order without readonly', { order: ['noaccess', 'admin', 'CustomElevatedAccess'] }, /readonly/],
    [
      'an LDAP group twice',
      { rules: [...policy.rules, { rule: 6, ldap: READ, role: 'admin' }] },
      new RegExp(READ),
    ],
    [
      'a POSIX group twice in one rule',
      { rules: [{ rule: 2, ldap: 'a', anyPosix: ['b', 'b'], role: 'admin' }] },
      /group b stands twice/,
    ],
    ['a rule number twice', { otherwise: { rule: 4 } }, /rule 4 stands twice/],
    ['the gate’s number at a rule', { gate: { rule: 2, posix: 'a' } }, /rule 2 stands twice/],
    ['mayBeEmpty with an unknown group', { mayBeEmpty: ['nobody-knows'] }, /nobody-knows/],
    ['mayBeEmpty with a group twice', { mayBeEmpty: [READ, READ] }, new RegExp(`${READ} stands twice`)],
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
      'rule 2 stands twice',
      'group a stands twice',
      'group x stands twice',
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

test('the highest role is the highest that a rule gives', () => {
  const rules = [
    { rule: 2, ldap: 'a', role: 'readonly' },
    { rule: 3, ldap: 'b', role: 'engineer' },
    { rule: 4, ldap: 'c', role: 'collaborator' },
  ];
  expect(highestRole(parsePolicy(document({ rules })))).toBe('engineer');
});
