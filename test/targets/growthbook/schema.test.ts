import { describe, expect, test } from 'vitest';
import { Member, MemberPage, ProjectAnswer, Team, TeamList } from '../../../src/targets/growthbook/schema.ts';
import { member, team } from '../../fixtures.ts';

const row = { id: 'u_1', name: '', email: 'ann@example.org', globalRole: 'readonly', managedbyIdp: false };

describe('a member', () => {
  test('of old age has no optional fields: they are empty', () => {
    expect(Member.parse(row)).toEqual(member('u_1', { email: 'ann@example.org', globalRole: 'readonly' }));
  });

  test('keeps what a write has to send back, and no more', () => {
    const limited = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };
    const full = {
      ...member('u_1'),
      teams: ['t1'],
      environments: ['dev'],
      limitAccessByEnvironment: true,
      additionalRoles: [limited],
      projectRoles: [{ ...limited, project: 'prj_b', additionalRoles: [limited] }],
      managedbyIdp: true,
    };
    expect(Member.parse({ ...full, name: 'Ann', lastLoginDate: '2026-01-01T00:00:00.000Z' })).toEqual(full);
  });

  test('keeps the difference between an entry without additional roles and one with none', () => {
    const base = { project: 'prj_b', role: 'readonly', environments: [], limitAccessByEnvironment: false };
    const { projectRoles } = Member.parse({ ...row, projectRoles: [base, { ...base, additionalRoles: [] }] });
    expect(projectRoles.map((one) => 'additionalRoles' in one)).toEqual([false, true]);
  });

  test.each([
    ['no id', { id: undefined }],
    ['an empty id', { id: '' }],
    ['no address', { email: undefined }],
    ['no global role', { globalRole: undefined }],
    ['an empty global role', { globalRole: '' }],
    ['no word on its identity provider', { managedbyIdp: undefined }],
    ['its provider spelt with a capital B', { managedbyIdp: undefined, managedByIdp: true }],
    ['environments that are no list', { environments: 'dev' }],
    ['environments that are null', { environments: null }],
    ['a limit that is no truth value', { limitAccessByEnvironment: 'true' }],
    ['an entry without a project', { projectRoles: [{ role: 'admin' }] }],
    ['an entry without a role', { projectRoles: [{ project: 'prj_b' }] }],
    ['an additional role that is a word', { additionalRoles: ['admin'] }],
    ['teams that are null', { teams: null }],
  ])('with %s fails the read', (_, over) => {
    expect(Member.safeParse({ ...row, ...over }).success).toBe(false);
  });
});

describe('a page of members', () => {
  const page = {
    members: [row],
    limit: 100,
    offset: 0,
    count: 1,
    total: 1,
    hasMore: false,
    nextOffset: null,
  };

  test('is read whole', () => {
    expect(MemberPage.parse(page)).toMatchObject({ total: 1, hasMore: false, nextOffset: null });
  });

  test.each([
    ['one malformed row among good ones', { members: [row, { id: 'u_2' }] }],
    ['no total', { total: undefined }],
    ['a total below zero', { total: -1 }],
    ['a total that is text', { total: '1' }],
    ['no word on whether there is more', { hasMore: undefined }],
    ['no next offset', { nextOffset: undefined }],
    ['no members', { members: undefined }],
  ])('with %s fails the read', (_, over) => {
    expect(MemberPage.safeParse({ ...page, ...over }).success).toBe(false);
  });
});

describe('teams', () => {
  test('keep the roles that they give', () => {
    const given = { ...team('t1', { role: 'engineer' }), managedByIdp: false, organization: 'org' };
    expect(TeamList.parse({ teams: [given] })).toEqual({ teams: [team('t1', { role: 'engineer' })] });
  });

  test.each([['id'], ['role']])('without %s fail the read', (field) => {
    expect(Team.safeParse({ ...team('t1'), [field]: undefined }).success).toBe(false);
  });
});

test('a project that comes without an id is none', () => {
  expect(ProjectAnswer.safeParse({ project: { name: 'A' } }).success).toBe(false);
});
