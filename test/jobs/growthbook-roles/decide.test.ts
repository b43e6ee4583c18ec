import { describe, expect, test } from 'vitest';
import {
  type Case,
  decide,
  highestRoleDecision,
  whySkipped,
} from '../../../src/jobs/growthbook-roles/decide.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { RoleDecision } from '../../../src/policy/evaluate.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { entry, member, PROJECT, team } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const rulesFor = (...isProtected: readonly string[]) => ({
  policy,
  access: { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' },
  isProtected: new Set(isProtected),
});
const ruling = (role: string, over: Partial<RoleDecision> = {}): RoleDecision => ({
  role,
  rule: 4,
  because: `ann gets ${role}`,
  groups: ['ldap:a'],
  unknown: null,
  ...over,
});
const access = (
  projectRole: string | null,
  globalRole = 'noaccess',
  additionalRoles: string[] = [],
): Access => ({
  globalRole,
  projectRole,
  additionalRoles,
});
const caseOf = (row: Member, roleDecisions: readonly RoleDecision[], over: Partial<Case> = {}): Case => ({
  member: row,
  address: row.email,
  ambiguous: undefined,
  teams: [],
  roleDecisions,
  ...over,
});
const having = (role: string | null, over: Partial<Member> = {}, limit: object = {}) =>
  member('u', { projectRoles: role === null ? [] : [entry(role, PROJECT, limit)], ...over });
const about = (row: Member) => ({ account: 'u', label: 'u@example.org', row, rule: 4, groups: ['ldap:a'] });
const dev = { limitAccessByEnvironment: true, environments: ['dev', 'test'] };
const none = { limitAccessByEnvironment: true, environments: [] };

describe('a change has all that the policy says of it', () => {
  test.each([
    ['noaccess', 'readonly', 'grant'],
    ['readonly', 'admin', 'upgrade'],
    ['readonly', 'CustomElevatedAccess', 'upgrade'],
    ['admin', 'readonly', 'downgrade'],
    ['admin', 'noaccess', 'revoke'],
    ['readonly', 'readonly', 'unchanged'],
  ])('from %s to %s: %s', (from, to, kind) => {
    const row = having(from);
    expect(decide(caseOf(row, [ruling(to)]), rulesFor())).toEqual({
      ...about(row),
      kind,
      from: access(from),
      to: access(to),
      because: `ann gets ${to}`,
    });
  });

  test('without a person: what is in force is taken', () => {
    const row = having('admin');
    expect(decide(caseOf(row, []), rulesFor())).toEqual({
      ...about(row),
      rule: 5,
      groups: [],
      kind: 'revoke',
      from: access('admin'),
      to: access('noaccess'),
      because: 'no person of the policy’s LDAP groups has this address',
    });
  });

  test.each([
    ['its entry’s', having('engineer', {}, dev), 'readonly', ['dev', 'test']],
    [
      'its entry’s, where the new role keeps it',
      having('engineer', {}, dev),
      'experimenter',
      ['dev', 'test'],
    ],
    ['its entry’s, to no environment', having('engineer', {}, none), 'readonly', []],
    [
      'its global role’s, where it has no entry',
      having(null, { globalRole: 'engineer', ...dev }),
      'noaccess',
      ['dev', 'test'],
    ],
    [
      'none, where the entry has none',
      having('engineer', { globalRole: 'engineer', ...dev }),
      'readonly',
      undefined,
    ],
    ['none, where the role cannot be limited', having('analyst', {}, dev), 'readonly', undefined],
    ['none, where nothing changes', having('engineer', {}, dev), 'engineer', undefined],
  ])('the environments to which the role was limited: %s', (_, row, role, environments) => {
    const made = decide(caseOf(row, [ruling(role)]), rulesFor());
    expect(made.environments).toEqual(environments);
    expect('environments' in made).toBe(environments !== undefined);
    expect(made.because).toBe(`ann gets ${role}`);
  });

  test.each([
    ['of the entry', having('engineer', {}, dev), 'dev, test'],
    ['of the global role', having(null, { globalRole: 'engineer', ...dev }), 'dev, test'],
    ['to no environment', having(null, { globalRole: 'engineer', ...none }), 'no environment'],
  ])('that the limit is lost which the written role could have: %s', (_, row, from) => {
    expect(decide(caseOf(row, [ruling('CustomElevatedAccess')]), rulesFor())).toMatchObject({
      kind: 'upgrade',
      because: `ann gets CustomElevatedAccess; the limit to ${from} is lost, and CustomElevatedAccess holds in all environments`,
    });
  });
});

describe('a role that is not in the order', () => {
  const doubt = 'superhero is not in the policy’s order, so that this may be a gain';

  test.each([
    ['readonly', 'downgrade', true],
    ['admin', 'downgrade', true],
    ['noaccess', 'revoke', false],
  ])('changed to %s is a %s that may be a gain: %s', (role, kind, mayGain) => {
    const made = decide(caseOf(having('superhero'), [ruling(role)]), rulesFor());
    expect([made.kind, made.mayGain ?? false]).toEqual([kind, mayGain]);
    expect('mayGain' in made).toBe(mayGain);
    expect(made.because).toBe(mayGain ? `ann gets ${role}; ${doubt}` : `ann gets ${role}`);
  });

  test('as a global one that does not count on the project is no doubt', () => {
    const row = having('admin', { globalRole: 'superhero' });
    expect(decide(caseOf(row, [ruling('readonly')]), rulesFor())).not.toHaveProperty('mayGain');
  });

  test('of a member who loses nothing but that global role is no doubt', () => {
    const row = having('noaccess', { globalRole: 'superhero' });
    const made = decide(caseOf(row, [ruling('noaccess')]), rulesFor());
    expect(made).toMatchObject({ kind: 'downgrade', because: 'ann gets noaccess' });
    expect(made).not.toHaveProperty('mayGain');
  });
});

describe('what is not known', () => {
  const unknown = ruling('readonly', { unknown: 'LDAP g: not read' });
  const skipped = (row: Member, because: string) => ({
    ...about(row),
    kind: 'skipped',
    rule: null,
    groups: [],
    from: access('admin'),
    to: access('admin'),
    because,
    needsPerson: { reason: 'unknown', due: null },
  });

  test.each([
    ['the member is skipped', undefined, [unknown], 'LDAP g: not read'],
    [
      'of one possible person is enough',
      'two people',
      [ruling('admin'), unknown],
      'two people; LDAP g: not read',
    ],
  ])('%s', (_, ambiguous, roleDecisions, because) => {
    const row = having('admin');
    expect(decide(caseOf(row, roleDecisions, { ambiguous }), rulesFor())).toEqual(skipped(row, because));
  });
});

describe('an ambiguous member', () => {
  const ambiguous = 'two people have this address';
  const decided = (from: string, ...roleDecisions: readonly RoleDecision[]) =>
    decide(caseOf(having(from), roleDecisions, { ambiguous }), rulesFor());

  test.each([
    [
      'admin',
      'readonly',
      'downgrade',
      'readonly',
      'the policy gives none of these people more than readonly',
    ],
    ['admin', 'noaccess', 'revoke', 'noaccess', 'the policy gives none of these people anything'],
    [
      'superhero',
      'readonly',
      'revoke',
      'noaccess',
      'the policy gives none of these people more than readonly',
    ],
  ])('with %s, desired %s at the most: %s to %s', (from, role, kind, to, limit) => {
    expect(decided(from, ruling(role), ruling('noaccess'))).toMatchObject({
      kind,
      to: access(to),
      because: `${ambiguous}; ${limit}: ann gets ${role}`,
    });
  });

  test.each([
    ['readonly', 'readonly'],
    ['readonly', 'admin'],
    ['noaccess', 'admin'],
  ])('with %s, desired %s, is skipped', (from, role) => {
    const row = having(from);
    expect(decided(from, ruling(role))).toEqual({
      ...about(row),
      kind: 'skipped',
      rule: null,
      groups: [],
      from: access(from),
      to: access(from),
      because: ambiguous,
      needsPerson: { reason: 'ambiguous', due: null },
    });
  });
});

describe('of several roleDecisions', () => {
  const best = (...roleDecisions: readonly RoleDecision[]) =>
    highestRoleDecision(caseOf(having(null), roleDecisions), policy);
  const [low, high] = [ruling('readonly'), ruling('admin')];
  const [a, b] = [ruling('admin', { because: 'a' }), ruling('admin', { because: 'b' })];

  test.each([
    ['the only one', [low], low],
    ['the highest', [low, high], high],
    ['the highest, in any order', [high, low], high],
    ['of equals the first by its reason', [b, a], a],
    ['of equals the first by its reason, in any order', [a, b], a],
    ['of wholly equal ones the first', [a, { ...a, rule: 9 }], a],
    ['the highest, whatever its reason', [a, ruling('readonly', { because: '0' })], a],
  ])('%s counts', (_, roleDecisions, expected) => {
    expect(best(...roleDecisions)).toEqual(expected);
  });

  test('none gives nothing', () => {
    expect(best()).toMatchObject({ role: 'noaccess', rule: 5 });
  });
});

describe('why a change is not made', () => {
  const to = access('readonly');
  const widening = 'the write would widen what this member can do';
  const inTeam = having(null, { globalRole: 'engineer', teams: ['t'] });
  const teams = [team('t', { projectRoles: [entry('noaccess')] })];

  test.each([
    ['revoke', { reason: 'unwritable', because: widening }],
    ['downgrade', { reason: 'unwritable', because: widening }],
    ['upgrade', undefined],
    ['grant', undefined],
    ['unchanged', undefined],
  ] as const)('a %s that widens', (kind, expected) => {
    const one = caseOf(inTeam, [], { teams });
    expect(whySkipped(one, { to: access('readonly', 'readonly'), kind }, rulesFor())).toEqual(expected);
  });

  test.each([
    [
      'an identity provider',
      { managedbyIdp: true },
      'provider-managed',
      'an identity provider manages this member',
    ],
    [
      'two entries for another project',
      { projectRoles: [entry('admin', 'prj_b'), entry('readonly', 'prj_b')] },
      'unwritable',
      'there are two entries for project prj_b',
    ],
  ])('%s', (_, over, reason, because) => {
    const one = caseOf(having(null, over), []);
    expect(whySkipped(one, { to, kind: 'grant' }, rulesFor())).toEqual({ reason, because });
    expect(whySkipped(one, { to, kind: 'unchanged' }, rulesFor())).toBeUndefined();
  });

  test('protection comes before all, and holds where nothing changes', () => {
    const one = caseOf(having(null, { managedbyIdp: true }), []);
    const expected = { reason: 'protected', because: 'protected by GROWTHBOOK_PROTECTED_MEMBERS' };
    for (const kind of ['grant', 'unchanged'] as const)
      expect(whySkipped(one, { to, kind }, rulesFor('u@example.org'))).toEqual(expected);
    expect(whySkipped(one, { to, kind: 'unchanged' }, rulesFor('v@example.org'))).toBeUndefined();
  });

  test.each([
    ['readonly', 'admin', 'downgrade admin → readonly'],
    ['noaccess', 'admin', 'revoke admin → noaccess'],
  ])('a skipped change to %s says what is desired', (role, from, due) => {
    const row = having(from);
    expect(decide(caseOf(row, [ruling(role)]), rulesFor('u@example.org'))).toEqual({
      ...about(row),
      kind: 'skipped',
      from: access(from),
      to: access(from),
      because: `protected by GROWTHBOOK_PROTECTED_MEMBERS; desired ${due}: ann gets ${role}`,
      needsPerson: { reason: 'protected', due },
      desired: { ...access(from), projectRole: role },
    });
  });

  test('a protected member who has what is desired needs nobody', () => {
    const row = having('readonly');
    expect(decide(caseOf(row, [ruling('readonly')]), rulesFor('u@example.org'))).toEqual({
      ...about(row),
      kind: 'skipped',
      from: access('readonly'),
      to: access('readonly'),
      because: 'protected by GROWTHBOOK_PROTECTED_MEMBERS; desired readonly, as now: ann gets readonly',
    });
  });
});
