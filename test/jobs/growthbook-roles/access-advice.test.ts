import { describe, expect, test } from 'vitest';
import { adviceFor, type RoleCase } from '../../../src/jobs/growthbook-roles/access-advice.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { Membership } from '../../../src/policy/evaluate-condition.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import { decision, member, person } from '../../fixtures.ts';

const NOW = Date.parse('2026-06-01');
const policyWith = (over: Partial<Policy>): Policy => ({ ...defaultPolicy(), ...over });
const asked = new Set(['a', 'b', 'c', 'gate']);
const inGroups = (ldap: readonly string[], posix: readonly string[] = ['gate']): Membership => ({
  uid: 'ann',
  sources: {
    ldap: { asked, in: new Set(ldap) },
    posix: { asked, in: new Set(posix) },
    user: { asked, in: new Set() },
  },
});
const ann = person('ann');
const account = member('u', { email: 'ann@example.org' });
const none: RoleCase = { member: account, person: ann, membership: null, decision: null, ambiguous: null };

const policy = policyWith({
  gate: { rule: 1, when: { posix: 'gate' } },
  rules: [
    { rule: 2, when: { ldap: 'a' }, role: 'admin' },
    { rule: 3, when: { all: [{ ldap: 'b' }, { posix: 'b' }] }, role: 'engineer' },
    { rule: 4, when: { ldap: 'c' }, role: 'readonly' },
  ],
});
const advise = (one: Partial<RoleCase>, membership: Membership, of: Policy = policy) => {
  const dated = policyAt(of, NOW);
  return adviceFor({ ...none, ...one }, evaluate(dated, membership), dated);
};
const ADMIN = 'For the role admin: ask in IDM to be added to a.';
const ENGINEER = 'For the role engineer: ask in IDM to be added to b; being in b is needed as well.';
const READER = 'For the role readonly: ask in IDM to be added to c.';

describe('one sentence for each rule that would give more', () => {
  test.each([
    ['nobody', [], [ADMIN, ENGINEER, READER]],
    ['a reader', ['c'], [ADMIN, ENGINEER]],
    ['an administrator', ['a'], []],
  ])('to %s', (_, ldap, expected) => {
    expect(advise({}, inGroups(ldap))).toEqual(expected);
  });

  test('has also what the gate needs, even for a rule that is met already', () => {
    expect(advise({}, inGroups(['c'], []))).toEqual([
      'For the role admin: ask in IDM to be added to a; being in gate is needed as well.',
      'For the role engineer: ask in IDM to be added to b; being in b is needed; being in gate is needed as well.',
      'For the role readonly: being in gate is needed.',
    ]);
  });

  test('has several groups in one request, and what is no single LDAP group as a need', () => {
    const rules = [
      { rule: 2, when: { all: [{ ldap: 'a' }, { ldap: 'b' }] }, role: 'admin' },
      { rule: 3, when: { any: [{ ldap: 'a' }, { posix: 'b' }, { posix: 'c' }] }, role: 'engineer' },
      { rule: 4, when: { all: [{ ldap: 'a' }, { not: { ldap: 'c' } }] }, role: 'readonly' },
    ];
    expect(advise({}, inGroups(['c']), policyWith({ gate: 'none', rules }))).toEqual([
      'For the role admin: ask in IDM to be added to a and b.',
      'For the role engineer: being in ldap:a or b or c is needed.',
      'For the role readonly: ask in IDM to be added to a; being in not ldap:c is needed as well.',
    ]);
  });

  test('is none for another rule that gives the same role, and has the whole name of a group', () => {
    const rules = [
      { rule: 2, when: { ldap: 'c' }, role: 'readonly' },
      { rule: 3, when: { ldap: 'a' }, role: 'readonly' },
      { rule: 4, when: { ldap: 'the-long_name.1' }, role: 'admin' },
    ];
    const membership = inGroups(['c']);
    const ldap = { asked: new Set([...asked, 'the-long_name.1']), in: new Set(['c']) };
    const sources = { ...membership.sources, ldap };
    expect(advise({}, { ...membership, sources }, policyWith({ gate: 'none', rules }))).toEqual([
      'For the role admin: ask in IDM to be added to the-long_name.1.',
    ]);
  });

  test('is none for a rule that was not answered with no, and none for one that has expired', () => {
    const rules = [
      { rule: 2, when: { ldap: 'not-read' }, role: 'admin' },
      { rule: 3, when: { ldap: 'a' }, role: 'engineer', expires: '2026-06-01' },
    ];
    const gate = { rule: 1, when: { posix: 'gate' } };
    expect(advise({}, inGroups([]), policyWith({ gate: 'none', rules }))).toEqual([]);
    expect(advise({}, inGroups([], []), policyWith({ gate, rules }))).toEqual([]);
  });

  test('is none for a person who meets a rule and has nothing all the same', () => {
    const refused = {
      ...inGroups(['a', 'b', 'c'], ['gate', 'b']),
      refusal: 'ann is ensure: absent in data.yaml',
    };
    expect(advise({}, refused)).toEqual([]);
  });

  test('is none for a gate whose number another rule’s answer has', () => {
    const gate = { rule: 1, when: { ldap: 'not-read' } };
    expect(advise({}, inGroups([], []), { ...policy, gate })).toEqual([ADMIN, ENGINEER, READER]);
  });
});

describe('what comes first', () => {
  const skipped = { ...decision(), kind: 'skipped', because: 'two entries' } as const;
  const decided = { ...skipped, from: null, to: null, row: account } satisfies RoleCase['decision'] & {
    readonly from: Access | null;
  };

  test.each([
    [
      'an ambiguous account is to be corrected, and that is all',
      { ambiguous: 'two people', person: person('ann', { disabled: true }) },
      ['It is not clear whose account this is (two people): an administrator has to correct it first.'],
    ],
    [
      'an account without a person needs its address in LDAP',
      { person: null },
      [
        'No person in LDAP with a group of the policy has this address. The address in LDAP has to be ann@example.org.',
        ADMIN,
        ENGINEER,
      ],
    ],
    [
      'an address of nobody',
      { person: null, member: null },
      ['No person in LDAP with a group of the policy has this address.', ADMIN, ENGINEER],
    ],
    [
      'a disabled person asks for that, and that is all',
      { person: person('ann', { disabled: true }) },
      ['The account is disabled in LDAP: ask the administrators of LDAP.'],
    ],
    [
      'a user who is absent asks for that, and that is all',
      { membership: { ...inGroups([]), refusal: 'ann is ensure: absent in data.yaml' } },
      ['ann is ensure: absent in data.yaml: ask who maintains that file.'],
    ],
    [
      'a person without an account signs in',
      { member: null },
      ['Sign in to GrowthBook once: the next run then gives the role readonly.', ADMIN, ENGINEER],
    ],
    [
      'a skipped account is for an administrator of GrowthBook',
      { decision: decided },
      ['An administrator of GrowthBook has to look at this account: two entries.', ADMIN, ENGINEER],
    ],
    ['any other decision says nothing', { decision: { ...decided, kind: 'unchanged' } }, [ADMIN, ENGINEER]],
  ] as const)('%s', (_, one, expected) => {
    expect(advise(one, inGroups(['c']))).toEqual(expected);
  });

  test('a person without an account who gets nothing does not sign in', () => {
    expect(advise({ member: null }, inGroups([]))).toEqual([ADMIN, ENGINEER, READER]);
  });
});
