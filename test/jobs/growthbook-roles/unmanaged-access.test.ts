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
