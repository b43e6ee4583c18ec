import { describe, expect, test } from 'vitest';
import { rankIn } from '../../src/engine/role-order.ts';
import { defaultPolicy } from '../../src/jobs/growthbook-roles/policy.ts';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { evaluate, noMatch } from '../../src/policy/evaluate.ts';
import type { Membership } from '../../src/policy/evaluate-condition.ts';
import { groupsNamed } from '../../src/policy/named-groups.ts';
import { parsePolicy } from '../../src/policy/policy-document.ts';
import { GATE } from '../fixtures.ts';

const policy = defaultPolicy();
const ADMIN = 'growthbook-admin';
const CUSTOM = 'growthbook-customelevatedaccess';
const READ = 'growthbook-readonly';
const TEAMS = ['analytics-product-users', 'analytics-wmde-users', 'deployment'];
const NOW = Date.parse('2026-01-15T12:00:00Z');
const dated = policyAt(policy, NOW);

/** Every choice among `all`, none and all included. */
const subsets = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_one, index) => (bits >> index) & 1));

interface Groups {
  readonly ldap?: readonly string[];
  readonly posix?: readonly string[];
  readonly refusal?: string;
}
/** Ann in these groups; everything that the policy names was read. */
const personIn = ({ ldap = [], posix = [GATE], refusal }: Groups, of = policy): Membership => ({
  uid: 'ann',
  refusal,
  sources: {
    ldap: { asked: new Set(groupsNamed(of, 'ldap')), in: new Set(ldap) },
    posix: { asked: new Set(groupsNamed(of, 'posix')), in: new Set(posix) },
    user: {
      asked: new Set(groupsNamed(of, 'user')),
      in: new Set(groupsNamed(of, 'user').filter((uid) => uid === 'ann')),
    },
  },
});
const document = (over: object = {}): string => JSON.stringify({ ...policy, ...over });

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
  ['disabled in LDAP', { posix: [GATE], refusal: 'ann is disabled in LDAP' }, /disabled in LDAP/],
  ['ensure: absent', { posix: [GATE], refusal: 'ann is ensure: absent in data.yaml' }, /ensure: absent/],
  ['disabled and not in the group', { posix: [], refusal: 'ann is disabled in LDAP' }, /disabled in LDAP/],
  [
    'absent and not in the group',
    { posix: [], refusal: 'ann is ensure: absent in data.yaml' },
    /ensure: absent/,
  ],
] as const;

describe('inside the gate', () => {
  test.each(RULINGS)(
    'LDAP %j, in a POSIX group of rule 3: %s → %s by rule %i',
    (ldap, inTeam, role, number) => {
      for (const teams of subsets(TEAMS).filter((few) => few.length > 0 === inTeam)) {
        const ruling = evaluate(dated, personIn({ ldap, posix: [GATE, ...teams] }));
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
        const ruling = evaluate(dated, personIn({ ldap, posix: [...posix, ...teams], ...state }));
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
    const ruling = evaluate(dated, personIn({ ldap, posix: [GATE, ...posix] }));
    expect(ruling).toMatchObject({ groups, because });
  });

  test('who is known to no directory gets nothing by rule 5', () => {
    expect(noMatch(policy)).toMatchObject({ role: 'noaccess', rule: 5, groups: [] });
    expect(noMatch(policy).because).not.toBe('');
  });
});

const at = (over: object, now = NOW) => policyAt(parsePolicy(document(over)), now);

describe('the highest role wins by the order, not by the place of its rule', () => {
  test('rules in reverse decide alike', () => {
    const reversed = at({ rules: policy.rules.toReversed() });
    for (const ldap of subsets([ADMIN, CUSTOM, READ])) {
      const person = personIn({ ldap, posix: [GATE, 'deployment'] });
      const { answers: _, ...decision } = evaluate(reversed, person);
      expect(evaluate(dated, person)).toMatchObject(decision);
    }
  });

  test('another order, another winner', () => {
    const order = ['noaccess', 'CustomElevatedAccess', 'admin', 'readonly'];
    const person = personIn({ ldap: [ADMIN, CUSTOM, READ], posix: [GATE, 'deployment'] });
    expect(evaluate(at({ order }), person)).toMatchObject({ role: 'readonly', rule: 4 });
  });

  test('of two rules that give one role the first speaks', () => {
    const rules = [
      { rule: 8, when: { ldap: 'b' }, role: 'readonly' },
      { rule: 7, when: { ldap: 'a' }, role: 'readonly' },
    ];
    const some = at({ rules });
    expect(evaluate(some, personIn({ ldap: ['a', 'b'] }, some)).rule).toBe(8);
  });

  test('a role that is not in the order ranks above all', () => {
    const rank = rankIn(policy.order);
    expect(policy.order.map(rank)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rank('superhero')).toBeGreaterThan(rank('admin'));
    expect(rank('Admin')).toBeGreaterThan(rank('admin'));
  });
});

describe('each rule has an answer', () => {
  test('the gate first, then the rules, each with its evidence and, for a no, what is missing', () => {
    expect(evaluate(dated, personIn({ ldap: [READ] })).answers).toMatchObject([
      { rule: 1, description: null, answer: 'yes', because: `ann is in POSIX ${GATE}`, missing: [] },
      {
        rule: 2,
        description: 'administrators',
        answer: 'no',
        because: `ann is not in LDAP ${ADMIN}`,
        groups: [],
        missing: [`ldap:${ADMIN}`],
      },
      {
        rule: 3,
        answer: 'no',
        because: `ann is not in LDAP ${CUSTOM} and not in POSIX ${TEAMS.join(', ')}`,
        missing: [`ldap:${CUSTOM}`, TEAMS.map((name) => `posix:${name}`).join(' or ')],
      },
      { rule: 4, answer: 'yes', groups: [`ldap:${READ}`], missing: [] },
    ]);
  });

  test('also where the gate says no', () => {
    const { answers, rule } = evaluate(dated, personIn({ ldap: [READ], posix: [] }));
    expect(rule).toBe(1);
    expect(answers.map(({ answer }) => answer)).toEqual(['no', 'no', 'no', 'yes']);
  });
});

describe('without a gate', () => {
  const open = at({ gate: 'none', rules: [{ rule: 2, when: { ldap: 'a' }, role: 'admin' }] });

  test('the rules alone decide', () => {
    expect(evaluate(open, personIn({ ldap: ['a'], posix: [] }, open))).toMatchObject({
      role: 'admin',
      rule: 2,
    });
    expect(evaluate(open, personIn({ ldap: [], posix: [] }, open))).toMatchObject({
      role: 'noaccess',
      rule: 5,
    });
  });

  test('who is disabled gets nothing by the last rule', () => {
    const person = personIn({ ldap: ['a'], refusal: 'ann is disabled in LDAP' }, open);
    expect(evaluate(open, person)).toMatchObject({
      role: 'noaccess',
      rule: 5,
      because: 'ann is disabled in LDAP',
    });
  });
});

describe('what was not read', () => {
  const unread = (ldap: readonly string[]): Membership => {
    const person = personIn({ ldap });
    return { ...person, sources: { ...person.sources, ldap: { asked: new Set([READ]), in: new Set(ldap) } } };
  };

  test('gives nothing, and the decision says that more is possible', () => {
    expect(evaluate(dated, unread([READ]))).toMatchObject({
      role: 'readonly',
      unknown: `rule 2: LDAP ${ADMIN}: not read, so the answer is not known`,
    });
  });

  test('does not matter where a rule that was answered gives as much', () => {
    const order = ['noaccess', 'CustomElevatedAccess', 'admin', 'readonly'];
    expect(evaluate(at({ order }), unread([READ]))).toMatchObject({ role: 'readonly', unknown: null });
  });

  test('leaves everything unknown where it is the gate’s', () => {
    const { ldap = 'failed' } = personIn({ ldap: [ADMIN] }).sources;
    const person: Membership = { uid: 'ann', sources: { ldap } };
    expect(evaluate(dated, person)).toMatchObject({
      role: 'noaccess',
      rule: 1,
      unknown: `POSIX ${GATE}: not read, so the answer is not known`,
    });
  });
});

describe('a rule for named people with an end', () => {
  const over = {
    rules: [
      { rule: 2, when: { ldap: 'a' }, role: 'readonly' },
      { rule: 3, when: { user: 'ann' }, role: 'admin', expires: '2026-01-20', reason: 'on call' },
    ],
  };
  const roleAt = (day: string) => {
    const some = at(over, Date.parse(day));
    return evaluate(some, personIn({ ldap: ['a'] }, some));
  };

  test('gives its role until its day begins in UTC, and counts as absent from then on', () => {
    expect(roleAt('2026-01-19T23:59:59Z')).toMatchObject({
      role: 'admin',
      rule: 3,
      because: 'ann is the user ann',
    });
    expect(roleAt('2026-01-20T00:00:00Z')).toMatchObject({ role: 'readonly', rule: 2 });
  });

  test('stays among the answers, off, with the day', () => {
    expect(roleAt('2026-01-20').answers.at(-1)).toMatchObject({
      rule: 3,
      answer: 'off',
      because: 'the rule expired on 2026-01-20',
    });
  });

  test('is listed as expiring a week before, and as expired after', () => {
    const listed = (day: string) => {
      const { expired, expiring } = at(over, Date.parse(day));
      return [expired, expiring].map((rules) => rules.map(({ rule }) => rule));
    };
    expect(listed('2026-01-12T23:59:59Z')).toEqual([[], []]);
    expect(listed('2026-01-13T00:00:00Z')).toEqual([[], [3]]);
    expect(listed('2026-01-20T00:00:00Z')).toEqual([[3], []]);
  });

  test('does not name its groups once it has expired: they are not read', () => {
    const rules = [...over.rules, { rule: 4, when: { posix: 'old' }, role: 'admin', expires: '2026-01-01' }];
    expect(groupsNamed(at({ rules }), 'posix')).toEqual([GATE]);
  });
});
