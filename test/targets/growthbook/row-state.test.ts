import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/engine/model.ts';
import { type Access, currentAccess } from '../../../src/targets/growthbook/access.ts';
import { rowStateOf } from '../../../src/targets/growthbook/row-state.ts';
import { Member } from '../../../src/targets/growthbook/schema.ts';
import { decision, entry, member, PROJECT, RULES } from '../../fixtures.ts';

const more = { role: 'analyst', environments: [], limitAccessByEnvironment: false };
const read = member('u', {
  globalRole: 'readonly',
  teams: ['t1'],
  projectRoles: [entry('engineer', 'prj_b'), entry('admin')],
});
const change: Change<Access, Member> = {
  ...decision(),
  row: read,
  kind: 'revoke',
  account: 'u',
  from: currentAccess(read, RULES),
  to: { globalRole: 'readonly', projectRole: 'noaccess', additionalRoles: [] },
};
const standing = (now: Member) => rowStateOf(change, { now, rules: RULES });

describe('the state of a row compared with a change', () => {
  test('as it was read', () => {
    expect(standing(structuredClone(read))).toEqual({ is: 'unchanged' });
  });

  test.each([
    ['nothing that a write builds on', {}],
    [
      'what an absent list means',
      { projectRoles: read.projectRoles.map((one) => ({ ...one, additionalRoles: [] })) },
    ],
    ['the order of its teams', { teams: ['t1'] }],
    ['environments that no limit uses', { environments: ['dev'] }],
    [
      'environments of an entry that no limit uses',
      { projectRoles: [entry('engineer', 'prj_b', { environments: ['dev'] }), entry('admin')] },
    ],
  ])('as it was read where another writer changed %s', (_, over) => {
    expect(standing({ ...read, ...over })).toEqual({ is: 'unchanged' });
  });

  test('as it was read after a login stamp', () => {
    const listed = { ...read, name: 'Ann' };
    const [before, after] = ['2026-01-01', '2026-06-01'].map((day) =>
      Member.parse({ ...listed, lastLoginDate: `${day}T00:00:00.000Z` }),
    );
    expect(rowStateOf({ ...change, row: before ?? read }, { now: after ?? read, rules: RULES })).toEqual({
      is: 'unchanged',
    });
  });

  test.each([
    ['globalRole', { globalRole: 'collaborator' }],
    ['entry of the project', { projectRoles: [entry('engineer', 'prj_b')] }],
    [
      'entry of the project',
      { projectRoles: [entry('engineer', 'prj_b'), entry('admin'), entry('readonly')] },
    ],
    [
      'entry of the project',
      {
        projectRoles: [
          entry('engineer', 'prj_b'),
          entry('admin', PROJECT, { limitAccessByEnvironment: true }),
        ],
      },
    ],
    ['additionalRoles', { additionalRoles: [more] }],
    ['limit', { limitAccessByEnvironment: true, environments: ['dev'] }],
    ['limit', { limitAccessByEnvironment: true }],
    ['teams', { teams: [] }],
    ['teams', { teams: ['t1', 't2'] }],
    ['managedbyIdp', { managedbyIdp: true }],
    ['email', { email: 'somebody@example.org' }],
  ])('otherwise where its %s changed, which is named', (field, over) => {
    expect(standing({ ...read, ...over })).toEqual({
      is: 'conflict',
      because: `changed since it was read: ${field}`,
    });
  });

  test.each([
    ['another role', [entry('readonly', 'prj_b')]],
    ['an additional role', [entry('engineer', 'prj_b', { additionalRoles: [more] })]],
    ['a limit', [entry('engineer', 'prj_b', { limitAccessByEnvironment: true })]],
    ['no entry any more', []],
  ])('as it was read, with what differs elsewhere, where another project has %s', (_, others) => {
    expect(standing({ ...read, projectRoles: [...others, entry('admin')] })).toEqual({
      is: 'unchanged',
      elsewhere: 'entry of prj_b',
    });
  });

  test('otherwise with all that changed, in one list', () => {
    expect(standing({ ...read, globalRole: 'admin', teams: [], email: 'x' })).toEqual({
      is: 'conflict',
      because: 'changed since it was read: email, globalRole, teams',
    });
  });

  test('as it was read with each other project that differs', () => {
    const projectRoles = [entry('admin'), entry('engineer', 'prj_c'), entry('engineer', 'prj_d')];
    expect(standing({ ...read, projectRoles })).toEqual({
      is: 'unchanged',
      elsewhere: 'entry of prj_c, entry of prj_d, entry of prj_b',
    });
  });

  test('as it was read where another project of the same run differs: the run writes that itself', () => {
    const now = { ...read, projectRoles: [entry('admin', 'prj_b'), entry('admin', 'prj_c'), entry('admin')] };
    const rules = { ...RULES, otherProjects: ['prj_b', 'prj_c'] };
    expect(rowStateOf(change, { now, rules })).toEqual({ is: 'unchanged' });
  });

  test('as planned where somebody else made it so', () => {
    const now = { ...read, projectRoles: [entry('engineer', 'prj_b'), entry('noaccess')] };
    expect(standing(now)).toEqual({ is: 'done' });
  });

  test('not as planned while an additional role is left', () => {
    const now = {
      ...read,
      additionalRoles: [more],
      projectRoles: [entry('engineer', 'prj_b'), entry('noaccess')],
    };
    expect(standing(now).is).toBe('conflict');
  });
});
