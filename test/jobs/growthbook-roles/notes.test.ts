import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/engine/model.ts';
import type { Case } from '../../../src/jobs/growthbook-roles/decide.ts';
import { matchMembers } from '../../../src/jobs/growthbook-roles/match.ts';
import {
  ambiguityNotes,
  defaultRoleNotes,
  spellingNotes,
  teamNotes,
  unreadableNotes,
} from '../../../src/jobs/growthbook-roles/notes.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { decision, facts, member, PROJECT, person, team } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const access = { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' };
const row = member('ann', { globalRole: 'readonly', teams: ['t'] });
const about = { account: 'ann', label: 'ann@example.org' };

const caseOf = (over: Partial<Case> = {}): Case => ({
  member: row,
  address: row.email,
  ambiguous: undefined,
  teams: [],
  roleDecisions: [{ role: 'readonly', rule: 4, because: '', groups: [], unknown: null }],
  ...over,
});
const decided = (kind: Decision<Access>['kind'], projectRole: string | null): Decision<Access, Member> => {
  const to = { globalRole: 'readonly', projectRole, additionalRoles: [] };
  return { ...decision(), kind, from: to, to, row };
};

describe('an ambiguous member', () => {
  test.each(['revoke', 'downgrade'] as const)('who has a %s is noted', (kind) => {
    expect(ambiguityNotes(caseOf({ ambiguous: 'two people' }), decided(kind, null))).toEqual([
      { kind: 'ambiguous', ...about, because: 'two people' },
    ]);
  });

  test('who is skipped is listed as that, and one who is not ambiguous is not noted', () => {
    expect(ambiguityNotes(caseOf({ ambiguous: 'two people' }), decided('skipped', null))).toEqual([]);
    expect(ambiguityNotes(caseOf(), decided('revoke', null))).toEqual([]);
  });
});

describe('a team that gives more than the policy', () => {
  const teams = [team('t', { name: 'Search', role: 'engineer' })];
  const onProject = {
    kind: 'team-granted',
    ...about,
    key: 't:engineer:prj_a',
    because: 'team Search gives engineer on the project, more than the policy, which gives readonly',
  };
  const globally = {
    kind: 'team-granted',
    ...about,
    key: 't:engineer:global',
    because: 'team Search gives the global role engineer, more than readonly (GROWTHBOOK_GLOBAL_ROLE)',
  };
  const notesOf = (one: Case, made: Decision<Access, Member>, rules = access) =>
    teamNotes(one, made, { policy, access: rules });

  test('is noted on the project and globally, as the row is after the run', () => {
    expect(notesOf(caseOf({ teams }), decided('unchanged', null))).toEqual([onProject, globally]);
    expect(notesOf(caseOf({ teams }), decided('skipped', null))).toEqual([onProject, globally]);
    expect(notesOf(caseOf({ teams }), decided('revoke', 'noaccess'))).toEqual([globally]);
  });

  test('is noted with the project where a run has several', () => {
    const rules = { ...access, otherProjects: ['prj_b'] };
    expect(notesOf(caseOf({ teams }), decided('unchanged', null), rules)[0]?.because).toBe(
      'team Search gives engineer on the project prj_a, more than the policy, which gives readonly',
    );
  });

  test('is noted globally alone of an ambiguous member', () => {
    expect(notesOf(caseOf({ teams, ambiguous: 'two people' }), decided('skipped', null))).toEqual([globally]);
  });

  test('is nothing where no team gives more', () => {
    expect(notesOf(caseOf({ teams: [team('t', { role: 'readonly' })] }), decided('unchanged', null))).toEqual(
      [],
    );
    expect(notesOf(caseOf(), decided('unchanged', null))).toEqual([]);
  });
});

test('a person without a member whose entry cannot be read is noted by its DN', () => {
  const broken = person('ann', { unreadable: 'two uids' });
  expect(unreadableNotes([person('bob'), broken])).toEqual([
    { kind: 'unreadable', account: null, label: broken.dn, because: 'two uids' },
  ]);
});

describe('a uid that differs from data.yaml in case alone', () => {
  const sentence = (uid: string, name: string) =>
    `LDAP has the uid ${uid}, data.yaml ${name}: they differ in case, so that nothing in data.yaml counts for ${uid}`;
  const notesOf = (posix: Readonly<Record<string, readonly string[]>>, absent: readonly string[] = []) => {
    const read = facts({ members: [row], people: [person('ann'), person('bob')], posix, absent });
    return spellingNotes(matchMembers(read.members, read.people), read.posix);
  };

  test('is noted of members and of people without one', () => {
    expect(notesOf({ deployment: ['Ann', 'BOB', 'cid'] })).toEqual([
      { kind: 'spelling', ...about, because: sentence('ann', 'Ann') },
      { kind: 'spelling', account: null, label: 'bob', because: sentence('bob', 'BOB') },
    ]);
  });

  test('is noted of an absent user', () => {
    expect(notesOf({}, ['ANN'])).toEqual([{ kind: 'spelling', ...about, because: sentence('ann', 'ANN') }]);
  });

  test.each([
    ['no name is like it', { deployment: ['anna', 'bo'] }, []],
    ['some list has the uid itself', { deployment: ['Ann', 'Bob'], other: ['ann'] }, ['bob']],
  ])('is nothing where %s', (_, posix, absent) => {
    expect(notesOf(posix, absent)).toEqual([]);
  });

  test('is nothing of an ambiguous member and of one without a person', () => {
    const members = [member('ann'), member('x', { email: 'ann@example.org' }), member('eve')];
    const read = facts({ members, people: [person('ann')], posix: { deployment: ['Ann', 'eve', ''] } });
    expect(spellingNotes(matchMembers(read.members, read.people), read.posix)).toEqual([]);
  });
});

test.each([
  [undefined, []],
  ['noaccess', []],
  [
    'readonly',
    [
      {
        kind: 'default-role',
        account: null,
        label: 'readonly',
        because:
          "people who sign in for the first time get the role readonly until the next run (allowed: noaccess; see GrowthBook's settings)",
      },
    ],
  ],
])('the default role %s', (role, notes) => {
  expect(defaultRoleNotes(role)).toEqual(notes);
});
