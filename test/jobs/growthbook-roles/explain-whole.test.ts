import { describe, expect, test } from 'vitest';
import type { RoleCase } from '../../../src/jobs/growthbook-roles/access-advice.ts';
import { explain } from '../../../src/jobs/growthbook-roles/explain.ts';
import { subjects } from '../../../src/jobs/growthbook-roles/list-subjects.ts';
import { createMembershipIndex } from '../../../src/jobs/growthbook-roles/membership.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { entry, facts, GATE, member, PROJECT, person, team } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const rules = {
  policy,
  access: { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' },
  protectedMembers: [],
};
const ann = person('ann', { cns: ['Ann'], mails: ['ann@example.org', 'a@example.org'] });
const limited = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };
const account = member('u', {
  email: 'ann@example.org',
  globalRole: 'collaborator',
  teams: ['t', 's'],
  environments: ['dev'],
  additionalRoles: [limited, { ...limited, role: 'analyst', limitAccessByEnvironment: false }],
  projectRoles: [entry('engineer', 'prj_b')],
  managedbyIdp: true,
});
const read = facts({
  people: [ann, person('eve')],
  members: [account],
  teams: [team('s', { name: '' }), team('t', { name: 'Search' }), team('other', { role: 'admin' })],
  groups: { 'growthbook-readonly': ['ann'], 'growthbook-admin': ['ann'] },
  posix: { [GATE]: ['ann'], deployment: ['ann'] },
});
const caseOf = (over: Partial<RoleCase>): RoleCase => ({
  member: account,
  person: ann,
  membership: createMembershipIndex(read, policy)(ann),
  decision: null,
  ambiguous: null,
  ...over,
});
const saysOf = (over: Partial<RoleCase>, known = read) =>
  explain(caseOf(over), known, rules).statements.map(({ source, says }) => `${source}: ${says}`);

describe('an explanation', () => {
  test('has the person, the account, what is in force and what is desired', () => {
    const {
      statements: _,
      rules: answers,
      ...rest
    } = explain(caseOf({ decision: resolve(read, rules).decisions[0] ?? null }), read, rules);
    expect(rest).toEqual({
      person: { uid: 'ann', cns: ['Ann'], mails: ['ann@example.org', 'a@example.org'], disabled: false },
      account: {
        id: 'u',
        email: 'ann@example.org',
        globalRole: 'collaborator',
        projectRoles: [entry('engineer', 'prj_b')],
        additionalRoles: [limited, { ...limited, role: 'analyst', limitAccessByEnvironment: false }],
        environments: ['dev'],
        limitAccessByEnvironment: false,
        teams: ['s', 'Search'],
        managedByIdentityProvider: true,
      },
      current: { globalRole: 'collaborator', projectRole: null, additionalRoles: ['analyst', 'engineer'] },
      effective: [
        { role: 'collaborator', environments: null },
        { role: 'engineer', environments: ['dev'] },
        { role: 'analyst', environments: null },
        { role: 'noaccess', environments: null },
        { role: 'noaccess', environments: null },
      ],
      desired: { globalRole: 'readonly', projectRole: 'admin', additionalRoles: [] },
      advice: [
        expect.stringMatching(/^An administrator of GrowthBook has to look at this account: an identity/),
      ],
    });
    expect(answers[1]).toEqual({
      rule: 2,
      description: 'administrators',
      answer: 'yes',
      because: 'ann is in LDAP growthbook-admin',
      missing: [],
    });
    expect(answers.map(({ rule }) => rule)).toEqual([1, 2, 3, 4]);
  });

  test('of somebody without an account has the role alone, and no access now', () => {
    expect(explain(caseOf({ member: null }), read, rules)).toMatchObject({
      account: null,
      current: null,
      effective: null,
      desired: { projectRole: 'admin' },
    });
  });

  test('of an account without a person says no to each rule', () => {
    const { person: nobody, rules: answers } = explain(
      caseOf({ person: null, membership: null }),
      read,
      rules,
    );
    expect(nobody).toBeNull();
    expect(answers.map(({ answer, because }) => [answer, because])).toEqual([
      ['no', 'no person of the policy’s LDAP groups has this address'],
      ['no', 'ann@example.org is not in LDAP growthbook-admin'],
      [
        'no',
        'ann@example.org is not in LDAP growthbook-customelevatedaccess and not in POSIX analytics-product-users, analytics-wmde-users, deployment',
      ],
      ['no', 'ann@example.org is not in LDAP growthbook-readonly'],
    ]);
  });

  test('of nobody at all gives the reason of an account without a person', () => {
    const found = explain(caseOf({ member: null, person: null, membership: null }), read, rules);
    expect(found.rules[0]?.because).toBe('no person of the policy’s LDAP groups has this address');
    expect(found.rules[1]?.because).toBe('nobody is not in LDAP growthbook-admin');
  });

  test('of an account without a person says no to a rule for one user', () => {
    const forUser = policyAt(
      { ...defaultPolicy(), gate: 'none', rules: [{ rule: 2, when: { user: 'ann' }, role: 'admin' }] },
      0,
    );
    const found = explain(caseOf({ person: null, membership: null }), read, { ...rules, policy: forUser });
    expect(found.desired).toMatchObject({ projectRole: 'noaccess' });
  });

  test('of an ambiguous member has what the decision makes of it', () => {
    const to = { globalRole: 'noaccess', projectRole: 'readonly', additionalRoles: [] };
    const { desired: _, ...made } = { ...resolve(read, rules).decisions[0], to };
    const decision = made as RoleCase['decision'];
    expect(explain(caseOf({ ambiguous: 'two people', decision }), read, rules).desired).toEqual(to);
  });

  test('has what the rules ask for, where it is not carried out', () => {
    const [decision = null] = resolve(read, rules).decisions;
    expect(decision).toMatchObject({ kind: 'skipped', to: { projectRole: null } });
    expect(explain(caseOf({ decision }), read, rules).desired).toMatchObject({ projectRole: 'admin' });
  });

  test('of an entry in LDAP that cannot be read as one person says why, and whom to ask', () => {
    const broken = person('ann', { unreadable: 'a person needs exactly one uid' });
    const found = explain(caseOf({ person: broken }), read, rules);
    expect(found.statements[0]?.says).toContain('a person needs exactly one uid');
    expect(found.advice).toEqual([expect.stringContaining('cannot be read as one person')]);
  });
});

describe('what each source says', () => {
  const growthbook =
    'growthbook: no entry for the project, so that the global role counts: collaborator; additional roles: analyst, engineer; teams: s, Search; managed by an identity provider';

  test('of a person with an account', () => {
    expect(saysOf({})).toEqual([
      'ldap: ann is in growthbook-admin, growthbook-readonly; addresses: ann@example.org, a@example.org',
      `posix: ann is in ${GATE}, deployment`,
      growthbook,
    ]);
  });

  test('of an ambiguous member', () => {
    expect(saysOf({ ambiguous: 'two people' }).at(-1)).toBe('growthbook: ambiguous: two people');
  });

  test('of a person in no group, without an address, disabled and absent', () => {
    const poor = person('ann', { mails: [], disabled: true });
    const membership = createMembershipIndex(facts({ people: [poor] }), policy)(poor);
    const known = { ...read, posix: { ...read.posix, absent: new Set(['ann']) } };
    expect(saysOf({ person: poor, membership, member: null }, known)).toEqual([
      "ldap: ann is in none of the policy's groups; addresses: none; the account is disabled",
      "posix: ann is in none of the policy's groups; ensure: absent",
      'growthbook: no member has one of these addresses',
    ]);
  });

  test('of a person about whom nothing was read', () => {
    expect(saysOf({ membership: null }).slice(0, 2)).toEqual([
      "ldap: ann is in none of the policy's groups; addresses: ann@example.org, a@example.org",
      "posix: ann is in none of the policy's groups",
    ]);
    const off = { uid: 'ann', sources: { ldap: 'off', posix: 'failed' } } as const;
    expect(saysOf({ membership: off }).slice(0, 2)).toEqual(saysOf({ membership: null }).slice(0, 2));
  });

  test('of an account without a person: nothing in POSIX', () => {
    expect(saysOf({ person: null })).toEqual([
      "ldap: nobody in the policy's groups has the address ann@example.org",
      growthbook,
    ]);
    expect(saysOf({ person: null, member: null })[0]).toBe(
      "ldap: nobody in the policy's groups has that address",
    );
  });

  test('nothing in POSIX where the policy names no such group', () => {
    const known = { ...read, posix: { ...read.posix, membersOf: new Map() } };
    expect(saysOf({}, known).map((text) => text.split(':')[0])).toEqual(['ldap', 'growthbook']);
  });

  test('of a plain account with an entry', () => {
    const plain = member('u', { globalRole: 'readonly', projectRoles: [entry('admin')] });
    expect(saysOf({ member: plain }).at(-1)).toBe(
      'growthbook: role admin on the project, global role readonly; no team',
    );
  });
});

describe('everybody whom a question can be about', () => {
  test('has all names, and its own decision though an account has the name of a person', () => {
    const members = [
      member('eve', { email: 'u@example.org' }),
      member('w', { email: 'ann@example.org' }),
      member('x', { email: 's@example.org' }),
    ];
    const people = [
      ann,
      person('eve'),
      person('p', { mails: ['s@example.org'] }),
      person('q', { mails: ['s@example.org'] }),
    ];
    const known = facts({
      members,
      people,
      groups: { 'growthbook-admin': ['eve', 'ann'] },
      posix: { [GATE]: ['eve', 'ann'] },
    });
    const all = subjects(known, resolve(known, rules), rules);
    expect(all.map(({ names, decision }) => [names, decision?.kind ?? null])).toEqual([
      [['eve', 'u@example.org'], 'unchanged'],
      [['w', 'ann@example.org', 'ann', 'Ann', 'ann@example.org', 'a@example.org'], 'grant'],
      [['x', 's@example.org', 'p', 'p', 's@example.org'], 'skipped'],
      [['x', 's@example.org', 'q', 'q', 's@example.org'], 'skipped'],
      [['eve', 'eve', 'eve@example.org'], 'pending-sign-in'],
    ]);
    expect(all.map((one) => one.explain().person?.['uid'] ?? null)).toEqual([null, 'ann', 'p', 'q', 'eve']);
    expect(all.map((one) => one.explain().account?.['id'] ?? null)).toEqual(['eve', 'w', 'x', 'x', null]);
    expect(all[1]?.explain().rules[1]?.answer).toBe('yes');
    expect(all[2]?.explain().advice[0]).toContain('several people have this address: p, q');
  });

  test('has no decision where none was made', () => {
    const known = facts({ people: [person('eve')] });
    expect(subjects(known, { decisions: [], notes: [] }, rules).map(({ decision }) => decision)).toEqual([
      null,
    ]);
  });
});
