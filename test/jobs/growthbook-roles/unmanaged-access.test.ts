import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { type RoleFacts, resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { driftIn } from '../../../src/jobs/growthbook-roles/unmanaged-access.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { entry, facts, GATE, member, PROJECT, person, RULES, team } from '../../fixtures.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const ann = person('ann');
const inReadonly = { people: [ann], groups: { 'growthbook-readonly': ['ann'] }, posix: { [GATE]: ['ann'] } };

function driftOf(given: RoleFacts, protectedMembers: readonly string[] = []) {
  const policy = policyAt(defaultPolicy(), NOW);
  const access = { ...RULES, maxGlobalRole: 'readonly' };
  return driftIn(given, resolve(given, { policy, access, protectedMembers }), {
    now: NOW,
    projects: [PROJECT],
  });
}
const idsOf = (...args: Parameters<typeof driftOf>) => driftOf(...args).map(({ id }) => id);

describe('what a run leaves on the target', () => {
  test('is nothing where everybody has what the rules give', () => {
    const members = [member('ann', { projectRoles: [entry('readonly')] })];
    expect(driftOf(facts({ ...inReadonly, members }))).toEqual([]);
  });

  test.each([
    ['more than the rules give', 'admin', ['protected-above:ann']],
    ['what the rules give', 'readonly', []],
    ['less than the rules give', 'noaccess', []],
  ])('a protected member with %s: %s', (_, role, ids) => {
    const members = [member('ann', { projectRoles: [entry(role)] })];
    expect(idsOf(facts({ ...inReadonly, members }), ['ann@example.org'])).toEqual(ids);
  });

  test('a member of an identity provider with more than the rules give', () => {
    const members = [member('ann', { projectRoles: [entry('admin')], managedbyIdp: true })];
    expect(idsOf(facts({ ...inReadonly, members }))).toEqual(['provider-managed-above:ann']);
  });

  test('each role of each team, with an id of its own', () => {
    const teams = [
      team('t', { name: 'Search', role: 'admin', projectRoles: [entry('engineer'), entry('admin')] }),
      team('u', { name: 'Search', projectRoles: [entry('engineer')] }),
    ];
    const members = [member('ann', { teams: ['t', 'u'], projectRoles: [entry('readonly')] })];
    expect(idsOf(facts({ ...inReadonly, members, teams }))).toEqual([
      'team-role:ann:t:engineer:prj_a',
      'team-role:ann:t:admin:prj_a',
      'team-role:ann:u:engineer:prj_a',
      'team-role:ann:t:admin:global',
    ]);
  });
});

describe('a member whom no directory knows', () => {
  test.each([
    ['a global role', { globalRole: 'readonly' }, 'the global role readonly'],
    ['a role on another project', { projectRoles: [entry('admin', 'prj_b')] }, 'admin on prj_b'],
    [
      'a global role above the highest, which the plan lowers',
      { globalRole: 'admin', projectRoles: [entry('admin')] },
      'the global role readonly',
    ],
  ])('is drift where it keeps %s', (_, over, words) => {
    const [found, ...others] = driftOf(facts({ ...inReadonly, members: [member('eve', over)] }));
    expect(found).toMatchObject({ id: 'unknown-origin:eve', label: 'eve@example.org' });
    expect(found?.because).toContain(words);
    expect(others).toEqual([]);
  });

  test.each([
    ['nothing', {}],
    ['a role on the project alone, which the plan takes', { projectRoles: [entry('admin')] }],
    ['no role on another project', { projectRoles: [entry('noaccess', 'prj_b')] }],
  ])('is none where it keeps %s', (_, over) => {
    expect(driftOf(facts({ ...inReadonly, members: [member('eve', over)] }))).toEqual([]);
  });

  test('is there once where it is protected', () => {
    const eve = member('eve', { globalRole: 'admin', projectRoles: [entry('admin')] });
    expect(idsOf(facts({ ...inReadonly, members: [eve] }), ['eve@example.org'])).toEqual([
      'protected-above:eve',
    ]);
  });

  test('is not somebody whose address is written otherwise', () => {
    const members = [member('ann', { email: 'ANN@Example.org', globalRole: 'readonly' })];
    expect(driftOf(facts({ ...inReadonly, members }))).toEqual([]);
  });
});

describe('people', () => {
  const withPosix = (over: Partial<RoleFacts['posix']>): RoleFacts => {
    const given = facts({ ...inReadonly, members: [] });
    return { ...given, posix: { ...given.posix, ...over } };
  };

  test('who are in LDAP and nowhere in data.yaml are drift', () => {
    expect(idsOf(withPosix({ known: new Set(['bo']) }))).toEqual(['not-in-data-yaml:ann']);
    expect(idsOf(withPosix({ known: new Set(['ann']) }))).toEqual([]);
  });

  test.each([
    ['2026-05-01', ['expiring:ann']],
    ['2026-06-08', ['expiring:ann']],
    ['2026-06-09', []],
  ])('whose expiry_date is %s on 1 June: %j', (on, ids) => {
    expect(idsOf(withPosix({ expiring: [{ name: 'ann', on }] }))).toEqual(ids);
    expect(idsOf(withPosix({ expiring: [{ name: 'somebody-else', on }] }))).toEqual([]);
  });
});

describe('the whole of each', () => {
  test('access of a member whom no rule may change', () => {
    const members = [
      member('ann', { projectRoles: [entry('admin')] }),
      member('bob', { projectRoles: [entry('admin')], managedbyIdp: true }),
      member('cid', { email: '', projectRoles: [entry('admin'), entry('x', 'prj_b'), entry('y', 'prj_b')] }),
    ];
    const found = driftOf(facts({ ...inReadonly, members }), ['ann@example.org']);
    expect(found).toEqual([
      {
        id: 'protected-above:ann',
        kind: 'protected-above',
        account: 'ann',
        label: 'ann@example.org',
        because: expect.stringContaining('protected by GROWTHBOOK_PROTECTED_MEMBERS'),
      },
      {
        id: 'provider-managed-above:bob',
        kind: 'provider-managed-above',
        account: 'bob',
        label: 'bob@example.org',
        because: expect.stringContaining('an identity provider manages this member'),
      },
      {
        id: 'unwritable-above:cid',
        kind: 'unwritable-above',
        account: 'cid',
        label: 'cid',
        because: expect.stringContaining('there are two entries for project prj_b'),
      },
    ]);
  });

  test('a gain that cannot be made is no drift, and neither is an ambiguous member', () => {
    const members = [
      member('ann', { managedbyIdp: true }),
      member('x', { email: 'b@example.org', projectRoles: [entry('readonly')] }),
    ];
    const people = [
      ann,
      person('b1', { mails: ['b@example.org'] }),
      person('b2', { mails: ['b@example.org'] }),
    ];
    const groups = { 'growthbook-readonly': ['ann', 'b1', 'b2'] };
    expect(driftOf(facts({ people, members, groups, posix: { [GATE]: ['ann', 'b1', 'b2'] } }))).toEqual([]);
  });

  test('a role of a team', () => {
    const teams = [team('t', { name: 'Search', projectRoles: [entry('admin')] })];
    const members = [member('ann', { teams: ['t'], projectRoles: [entry('readonly')] })];
    expect(driftOf(facts({ ...inReadonly, members, teams }))).toEqual([
      {
        id: 'team-role:ann:t:admin:prj_a',
        kind: 'team-role',
        account: 'ann',
        label: 'ann@example.org',
        because: 'team Search gives admin on the project, more than the policy, which gives readonly',
      },
    ]);
  });

  test('what a member whom no directory knows keeps', () => {
    const projectRoles = [
      entry('admin'),
      entry('engineer', 'prj_b'),
      entry('noaccess', 'prj_c'),
      entry('x', 'prj_d'),
    ];
    const eve = member('eve', { globalRole: 'admin', projectRoles });
    expect(driftOf(facts({ ...inReadonly, members: [eve] }))).toEqual([
      {
        id: 'unknown-origin:eve',
        kind: 'unknown-origin',
        account: 'eve',
        label: 'eve@example.org',
        because:
          "nobody in the policy's groups has this address, and no plan removes the global role readonly, engineer on prj_b, x on prj_d",
      },
    ]);
  });

  test('a member without an address is nobody’s, though a person has an empty one', () => {
    const people = [ann, person('bob', { mails: ['', ' '] })];
    const members = [member('eve', { email: '', globalRole: 'readonly' })];
    expect(idsOf(facts({ ...inReadonly, people, members }))).toEqual(['unknown-origin:eve']);
  });

  test('people', () => {
    const people = [ann, person('bob'), person('off', { disabled: true }), person('')];
    const given = facts({ people });
    const posix = { ...given.posix, known: new Set(['bob']), expiring: [{ name: 'bob', on: '2026-06-02' }] };
    expect(driftOf({ ...given, posix })).toEqual([
      {
        id: 'not-in-data-yaml:ann',
        kind: 'not-in-data-yaml',
        account: null,
        label: 'ann',
        because: 'is in an LDAP group of the policy, and nowhere under users in data.yaml',
      },
      {
        id: 'expiring:bob',
        kind: 'expiring',
        account: null,
        label: 'bob',
        because: 'expiry_date 2026-06-02 in data.yaml',
      },
    ]);
  });

  test('which is there once where several projects say the same', () => {
    const given = facts({ people: [ann], members: [] });
    const note = { kind: 'team-granted', account: 'ann', label: 'a', because: 'b', key: 't:admin:global' };
    const other = { ...note, kind: 'ambiguous', key: 'other' };
    const about = { now: NOW, projects: [PROJECT] };
    const found = driftIn(given, { decisions: [], notes: [note, other, note] }, about);
    expect(found.map(({ id }) => id)).toEqual(['team-role:ann:t:admin:global']);
  });

  test('which several projects have apart', () => {
    const needsPerson = { reason: 'protected', due: 'revoke admin → noaccess' } as const;
    const kept = {
      account: 'ann',
      label: 'a',
      because: 'b',
      kind: 'skipped',
      from: null,
      to: null,
      row: null,
    } as const;
    const decisions = ['prj_a', 'prj_b'].map((project) => ({
      ...kept,
      rule: 1,
      groups: [],
      project,
      needsPerson,
    }));
    const found = driftIn(facts({}), { decisions, notes: [] }, { now: NOW, projects: ['prj_a', 'prj_b'] });
    expect(found.map(({ id }) => id)).toEqual(['protected-above:ann:prj_a', 'protected-above:ann:prj_b']);
  });

  test('of a member who needs a person in one project alone is that', () => {
    const eve = member('eve', { globalRole: 'admin' });
    const made = { account: 'eve', label: 'eve@example.org', because: 'b', from: null, to: null, row: eve };
    const needsPerson = { reason: 'protected', due: null } as const;
    const decisions = [
      { ...made, kind: 'unchanged', rule: 1, groups: [], project: 'prj_a' },
      { ...made, kind: 'skipped', rule: 1, groups: [], project: 'prj_b', needsPerson },
    ] as const;
    const about = { now: NOW, projects: ['prj_a', 'prj_b'] };
    expect(driftIn(facts({ members: [eve] }), { decisions, notes: [] }, about)).toEqual([]);
  });

  test('of a date counts seven days to the millisecond', () => {
    const given = facts({ people: [ann] });
    const posix = { ...given.posix, expiring: [{ name: 'ann', on: '2026-06-08' }] };
    const at = (now: number) =>
      driftIn({ ...given, posix }, { decisions: [], notes: [] }, { now, projects: [] }).length;
    expect([at(Date.parse('2026-06-01') - 1), at(Date.parse('2026-06-01'))]).toEqual([0, 1]);
  });
});
