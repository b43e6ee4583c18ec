import { describe, expect, test } from 'vitest';
import type { UndoneChange } from '../../../src/engine/run-types.ts';
import type { Projects } from '../../../src/jobs/growthbook-roles/managed-projects.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { undo } from '../../../src/jobs/growthbook-roles/undo.ts';
import { InvalidRequestError } from '../../../src/platform/errors.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { entry, type FactSeed, facts, member, PROJECT, person, team } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const projectsOf = (...ids: readonly string[]): Projects => ({
  areNamed: ids.length > 1,
  all: ids.map((project) => ({
    policy,
    access: { order: policy.order, project, maxGlobalRole: 'readonly' },
  })),
});
const access = (
  globalRole: string,
  projectRole: string | null,
  ...additionalRoles: readonly string[]
): Access => ({ globalRole, projectRole, additionalRoles });
const change = (over: Partial<UndoneChange> = {}): UndoneChange => ({
  account: 'u',
  label: 'the label of the report',
  kind: 'revoke',
  from: access('readonly', 'admin'),
  to: access('readonly', 'noaccess'),
  ...over,
});
const rowWith = (role: string | null, over: Partial<Member> = {}) =>
  member('u', { globalRole: 'readonly', projectRoles: role === null ? [] : [entry(role)], ...over });
const about = { account: 'u', label: 'the label of the report', rule: null, groups: [] };

/** The decision that undoes one change of run r1. */
function undone(
  row: Member,
  changed = change(),
  seed: FactSeed = {},
  protectedMembers: readonly string[] = [],
) {
  const rules = { projects: projectsOf(PROJECT), protectedMembers };
  const run = { id: 'r1', target: {}, changes: [changed] };
  const { decisions, notes } = undo(facts({ members: [row, member('v')], ...seed }), run, rules);
  expect(decisions).toHaveLength(1);
  expect(notes).toEqual([]);
  return decisions[0];
}
/** A change that is not made: the member keeps what it has. */
const skipped = (row: Member, has: Access, because: string, reason: string, due: string | null) => ({
  ...about,
  kind: 'skipped',
  row,
  from: has,
  to: has,
  because,
  needsPerson: { reason, due },
});

describe('the opposite of a change is made', () => {
  test.each([
    ['revoke', access('readonly', 'admin'), access('readonly', 'noaccess'), 'grant'],
    ['downgrade', access('readonly', 'admin'), access('readonly', 'engineer'), 'upgrade'],
    ['upgrade', access('readonly', 'engineer'), access('readonly', 'admin'), 'downgrade'],
    ['grant', access('readonly', 'noaccess'), access('readonly', 'admin'), 'revoke'],
  ])('of a %s', (kind, from, to, opposite) => {
    const row = rowWith(to.projectRole);
    expect(undone(row, change({ kind, from, to }))).toStrictEqual({
      ...about,
      row,
      kind: opposite,
      from: to,
      to: from,
      because: `undoes the ${kind} of run r1`,
    });
  });

  test('where there was no entry: one with the global role that counted, since no entry can be taken away', () => {
    const made = undone(rowWith('noaccess'), change({ from: access('readonly', null) }));
    expect(made).toMatchObject({ kind: 'grant', to: access('readonly', 'readonly') });
  });

  test('and nothing where the member has the same by another way', () => {
    const row = rowWith(null);
    const changed = change({ from: access('readonly', 'readonly'), to: access('readonly', null) });
    expect(undone(row, changed)).toMatchObject({
      kind: 'unchanged',
      from: access('readonly', null),
      to: access('readonly', null),
    });
  });

  test('on the project of each change', () => {
    const row = rowWith(null, { projectRoles: [entry('noaccess', 'prj_1'), entry('readonly', 'prj_2')] });
    const changes = [
      change({ project: 'prj_1' }),
      change({ project: 'prj_2', to: access('readonly', 'readonly'), kind: 'downgrade' }),
    ];
    const rules = { projects: projectsOf('prj_1', 'prj_2'), protectedMembers: [] };
    const { decisions } = undo(facts({ members: [row] }), { id: 'r1', target: {}, changes }, rules);
    expect(decisions.map(({ project, kind, to }) => [project, kind, to?.projectRole])).toEqual([
      ['prj_1', 'grant', 'admin'],
      ['prj_2', 'upgrade', 'admin'],
    ]);
  });
});

describe('a change is not undone, and a person has to look', () => {
  test('where the member is gone', () => {
    expect(undone(member('w'))).toEqual({
      ...about,
      kind: 'skipped',
      row: null,
      from: null,
      to: null,
      because: 'is no longer a member',
      needsPerson: { reason: 'changed-since', due: null },
    });
  });

  test.each([
    ['readonly', {}, 'noaccess → readonly'],
    ['noaccess', { globalRole: 'noaccess' }, 'noaccess → noaccess, global readonly → noaccess'],
    [null, {}, 'noaccess → readonly'],
  ])('where its access is not what the run left: %s, %j', (role, over, words) => {
    const row = rowWith(role, over);
    const has = access(row.globalRole, role);
    const because = `its access is not what the run left: ${words}`;
    expect(undone(row)).toEqual(skipped(row, has, because, 'changed-since', null));
  });

  test.each([
    [
      'its role was limited to environments',
      change({ environments: ['dev', 'test'] }),
      'its role was limited to environments (dev, test), and no write gives a limit back',
      'grant noaccess → admin',
    ],
    [
      'its role was limited to no environment',
      change({ environments: [] }),
      'its role was limited to environments (), and no write gives a limit back',
      'grant noaccess → admin',
    ],
    [
      'its global role was lowered',
      change({ from: access('admin', 'admin') }),
      'no write raises a global role',
      'grant noaccess → admin, global readonly → admin',
    ],
    [
      'it had an additional role',
      change({ from: access('readonly', 'admin', 'x') }),
      'no write gives additional roles',
      'grant noaccess → admin, with additional x',
    ],
  ])('where %s', (_, changed, because, due) => {
    const row = rowWith('noaccess');
    expect(undone(row, changed)).toEqual(
      skipped(row, access('readonly', 'noaccess'), because, 'unwritable', due),
    );
  });

  test.each([
    ['grant', access('readonly', 'admin'), access('readonly', 'noaccess'), 'grant noaccess → admin'],
    ['upgrade', access('readonly', 'admin'), access('readonly', 'engineer'), 'upgrade engineer → admin'],
  ])('where it is ambiguous and would gain: %s', (_, from, to, due) => {
    const people = [person('ann', { mails: ['u@example.org'] }), person('bob', { mails: ['u@example.org'] })];
    const row = rowWith(to.projectRole);
    expect(undone(row, change({ from, to }), { people })).toEqual(
      skipped(row, to, 'several people have this address: ann, bob', 'ambiguous', due),
    );
  });

  test('not where it is ambiguous and loses', () => {
    const people = [person('ann', { mails: ['u@example.org'] }), person('bob', { mails: ['u@example.org'] })];
    const back = change({ from: access('readonly', 'noaccess'), to: access('readonly', 'admin') });
    expect(undone(rowWith('admin'), back, { people })).toMatchObject({ kind: 'revoke' });
  });

  test('where it is protected', () => {
    const row = rowWith('noaccess');
    const because = 'protected by GROWTHBOOK_PROTECTED_MEMBERS';
    expect(undone(row, change(), {}, ['U@example.org'])).toEqual(
      skipped(row, access('readonly', 'noaccess'), because, 'protected', 'grant noaccess → admin'),
    );
  });

  test('where an identity provider manages it', () => {
    const row = rowWith('noaccess', { managedbyIdp: true });
    const because = 'an identity provider manages this member';
    expect(undone(row)).toEqual(
      skipped(row, access('readonly', 'noaccess'), because, 'provider-managed', 'grant noaccess → admin'),
    );
  });

  test('where the entry that a loss makes would give more than its team alone', () => {
    const row = rowWith(null, { globalRole: 'engineer', teams: ['t'] });
    const changed = change({
      kind: 'upgrade',
      from: access('engineer', 'readonly'),
      to: access('engineer', null),
    });
    const teams = [team('t', { projectRoles: [entry('noaccess')] })];
    const because = 'the write would widen what this member can do';
    expect(undone(row, changed, { teams })).toEqual(
      skipped(row, access('engineer', null), because, 'unwritable', 'downgrade engineer (global) → readonly'),
    );
    expect(undone(row, changed, { teams: [team('t')] })).toMatchObject({ kind: 'downgrade' });
  });
});

describe('a report with access in another form is refused', () => {
  test.each([
    null,
    undefined,
    'admin',
    {},
    { ...access('readonly', 'admin'), globalRole: '' },
    { ...access('readonly', 'admin'), projectRole: '' },
    { globalRole: 'readonly', additionalRoles: [] },
    { globalRole: 'readonly', projectRole: 'admin' },
    { ...access('readonly', 'admin'), additionalRoles: [1] },
  ])('%j', (value) => {
    const refusal = new InvalidRequestError('undo: the report of run r1 has access in another form');
    expect(() => undone(rowWith('noaccess'), change({ from: value }))).toThrow(refusal);
    expect(() => undone(rowWith('noaccess'), change({ to: value }))).toThrow(refusal);
  });
});
