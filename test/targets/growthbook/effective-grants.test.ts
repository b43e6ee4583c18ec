import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import {
  administeringTeams,
  grantsOn,
  hasAdditionalAdmin,
  teamsAbove,
  teamsAboveGlobally,
  widens,
} from '../../../src/targets/growthbook/effective-grants.ts';
import type { Member, Team } from '../../../src/targets/growthbook/schema.ts';
import { entry, member, PROJECT, team } from '../../fixtures.ts';

const { order } = defaultPolicy();
const rolesOf = (row: Member, teams: readonly Team[] = []) =>
  grantsOn(row, teams, PROJECT)
    .map(({ role }) => role)
    .toSorted();

const more = (role: string) => ({ role, environments: [], limitAccessByEnvironment: false });
const inTeams = (over: Partial<Member>) => member('u', { teams: ['t1', 't2'], ...over });

describe('what is in force on the project', () => {
  test.each([
    ['no entry anywhere: the global role', inTeams({ globalRole: 'engineer' }), [], ['engineer']],
    [
      'no entry anywhere: the member’s and the teams’ global roles together, additional ones too',
      inTeams({ globalRole: 'readonly', additionalRoles: [more('analyst')] }),
      [team('t1', { role: 'engineer', additionalRoles: [more('experimenter')] })],
      ['analyst', 'engineer', 'experimenter', 'readonly'],
    ],
    [
      'an entry of the member: that alone, also downwards',
      inTeams({ globalRole: 'admin', additionalRoles: [more('admin')], projectRoles: [entry('readonly')] }),
      [team('t1', { role: 'admin' })],
      ['readonly'],
    ],
    [
      'an entry of a team: that alone, the member’s global role is ignored',
      inTeams({ globalRole: 'admin' }),
      [team('t1', { projectRoles: [entry('noaccess')] })],
      ['noaccess'],
    ],
    [
      'entries of the member and of teams: together',
      inTeams({ projectRoles: [entry('noaccess', PROJECT, { additionalRoles: [more('analyst')] })] }),
      [
        team('t1', { projectRoles: [entry('engineer')] }),
        team('t2', { projectRoles: [entry('collaborator', PROJECT, { additionalRoles: [more('admin')] })] }),
      ],
      ['admin', 'analyst', 'collaborator', 'engineer', 'noaccess'],
    ],
    [
      'entries for other projects: as if they were none',
      inTeams({ globalRole: 'readonly', projectRoles: [entry('admin', 'prj_b')] }),
      [team('t1', { projectRoles: [entry('admin', 'prj_b')] })],
      ['noaccess', 'readonly'],
    ],
    [
      'teams of others: nothing',
      member('u', { globalRole: 'readonly', teams: ['t2'] }),
      [team('t1', { role: 'admin', projectRoles: [entry('admin')] })],
      ['readonly'],
    ],
    [
      'two entries for the project: both',
      inTeams({ projectRoles: [entry('readonly'), entry('admin')] }),
      [],
      ['admin', 'readonly'],
    ],
  ] as const)('%s', (_, row, teams, roles) => {
    expect(rolesOf(row, teams)).toEqual(roles);
  });

  test.each([
    ['limited', { limitAccessByEnvironment: true, environments: ['dev'] }, ['dev']],
    ['limited to none at all', { limitAccessByEnvironment: true, environments: [] }, []],
    ['unlimited with a list left over', { limitAccessByEnvironment: false, environments: ['dev'] }, null],
  ])('an engineer %s', (_, limit, environments) => {
    const expected = [{ role: 'engineer', environments }];
    expect(grantsOn(member('u', { globalRole: 'engineer', ...limit }), [], PROJECT)).toEqual(expected);
    expect(grantsOn(member('u', { projectRoles: [entry('engineer', PROJECT, limit)] }), [], PROJECT)).toEqual(
      expected,
    );
    const limited = [team('t1', { projectRoles: [entry('engineer', PROJECT, limit)] })];
    expect(grantsOn(inTeams({}), limited, PROJECT)).toEqual(expected);
  });
});

const grant = (role: string, ...environments: readonly string[]) => ({ role, environments });
const all = (role: string) => ({ role, environments: null });

describe('whether a move widens: rank first, then environments', () => {
  test.each([
    ['the same', [all('engineer')], [all('engineer')], false],
    ['lower', [all('engineer')], [all('analyst')], false],
    ['higher', [all('analyst')], [all('engineer')], true],
    ['lower, though in more environments', [grant('experimenter', 'dev')], [all('engineer')], false],
    ['higher, though in fewer environments', [all('engineer')], [grant('experimenter', 'dev')], true],
    ['higher, though in no environment', [all('analyst')], [grant('engineer')], true],
    ['the same, from some environments to all', [grant('engineer', 'dev')], [all('engineer')], true],
    ['the same, from none to one', [grant('engineer')], [grant('engineer', 'dev')], true],
    ['the same, from none to none', [grant('engineer')], [grant('engineer')], false],
    ['the same, from all to some', [all('engineer')], [grant('engineer', 'dev')], false],
    [
      'the same, in one environment more',
      [grant('engineer', 'dev')],
      [grant('engineer', 'dev', 'test')],
      true,
    ],
    [
      'the same, in one environment less',
      [grant('engineer', 'dev', 'test')],
      [grant('engineer', 'dev')],
      false,
    ],
    ['the same, in another environment', [grant('engineer', 'dev')], [grant('engineer', 'test')], true],
    [
      'the same, two grants together as one',
      [grant('engineer', 'dev'), grant('engineer', 'test')],
      [grant('engineer', 'dev', 'test')],
      false,
    ],
    [
      'the highest in more environments, beside a lower one that holds in all',
      [grant('engineer', 'dev'), all('analyst')],
      [grant('engineer', 'dev', 'test'), all('analyst')],
      true,
    ],
    [
      'the highest in as many environments, beside a lower one in more',
      [grant('engineer', 'dev'), grant('analyst', 'dev')],
      [grant('engineer', 'dev'), all('analyst')],
      false,
    ],
    [
      'the highest in all, by one of two grants',
      [grant('engineer', 'dev'), all('engineer')],
      [grant('engineer', 'dev', 'test'), all('engineer')],
      false,
    ],
    [
      'the highest in all, by a second grant',
      [grant('engineer', 'dev'), grant('engineer', 'test')],
      [grant('engineer', 'dev'), all('engineer')],
      true,
    ],
    ['the highest, beside a lower one', [all('analyst'), all('readonly')], [all('engineer')], true],
    ['the highest, to a lower one alone', [all('analyst'), all('admin')], [all('engineer')], false],
    ['the lower of two alone', [all('analyst'), all('engineer')], [all('engineer'), all('readonly')], false],
    ['to a role that nobody knows', [all('admin')], [all('superhero')], true],
    ['from a role that nobody knows', [all('superhero')], [all('admin')], false],
  ] as const)('%s', (_, before, after, expected) => {
    expect(widens(before, after, order)).toBe(expected);
  });
});

describe('teams that give more than the rules', () => {
  const above = (row: Member, teams: readonly Team[], role: string) =>
    teamsAbove(row, teams, { role, project: PROJECT, order });

  test.each([
    ['more', 'engineer', 'readonly', [{ id: 't1', team: 'One', role: 'engineer' }]],
    ['as much', 'readonly', 'readonly', []],
    ['less', 'readonly', 'engineer', []],
    ['a role that nobody knows', 'superhero', 'admin', [{ id: 't1', team: 'One', role: 'superhero' }]],
  ])('%s by an entry for the project', (_, role, own, expected) => {
    const row = inTeams({ projectRoles: [entry(own)] });
    expect(above(row, [team('t1', { name: 'One', projectRoles: [entry(role)] })], own)).toEqual(expected);
  });

  test('a team’s global role gives nothing where the member has an entry', () => {
    const teams = [team('t1', { role: 'admin' })];
    expect(above(inTeams({ projectRoles: [entry('noaccess')] }), teams, 'noaccess')).toEqual([]);
    expect(above(inTeams({}), teams, 'noaccess')).toEqual([{ id: 't1', team: 't1', role: 'admin' }]);
  });

  test('a team’s global role gives nothing where another team has an entry', () => {
    const teams = [team('t1', { role: 'admin' }), team('t2', { projectRoles: [entry('readonly')] })];
    expect(above(inTeams({}), teams, 'readonly')).toEqual([]);
  });

  test('a team’s additional roles count', () => {
    const teams = [
      team('t1', { projectRoles: [entry('readonly', PROJECT, { additionalRoles: [more('admin')] })] }),
    ];
    expect(above(inTeams({}), teams, 'readonly')).toEqual([{ id: 't1', team: 't1', role: 'admin' }]);
  });

  test('a team of others gives nothing, and its entry hides no global role', () => {
    const others = team('t9', { role: 'admin', projectRoles: [entry('admin')] });
    const own = team('t1', { role: 'engineer' });
    expect(above(inTeams({}), [others, own], 'readonly')).toEqual([
      { id: 't1', team: 't1', role: 'engineer' },
    ]);
  });
});

describe('teams that give more than the highest global role', () => {
  const above = (teams: readonly Team[]) =>
    teamsAboveGlobally({ teams: ['t1', 't2'] }, teams, { order, maxGlobalRole: 'readonly' });

  test.each([
    ['noaccess', []],
    ['readonly', []],
    ['collaborator', [{ id: 't1', team: 'One', role: 'collaborator' }]],
    ['superhero', [{ id: 't1', team: 'One', role: 'superhero' }]],
  ])('by the role %s: %j', (role, expected) => {
    expect(above([team('t1', { name: 'One', role })])).toEqual(expected);
    expect(above([team('t1', { name: 'One', additionalRoles: [more(role)] })])).toEqual(expected);
    expect(above([team('t9', { role, additionalRoles: [more(role)] })])).toEqual([]);
  });

  test('each role of each team, the team by its id where it has no name; entries count elsewhere', () => {
    const teams = [
      team('t1', { name: '', role: 'admin', additionalRoles: [more('engineer')] }),
      team('t2', { name: 'Two', role: 'analyst', projectRoles: [entry('admin')] }),
    ];
    expect(above(teams)).toEqual([
      { id: 't1', team: 't1', role: 'admin' },
      { id: 't1', team: 't1', role: 'engineer' },
      { id: 't2', team: 'Two', role: 'analyst' },
    ]);
  });
});

test('a team administers by its role or an additional one', () => {
  const teams = [
    team('t1', { role: 'admin' }),
    team('t2', { additionalRoles: [more('engineer'), more('admin')] }),
    team('t3', { role: 'engineer', additionalRoles: [more('engineer')], projectRoles: [entry('admin')] }),
  ];
  expect([...administeringTeams(teams)]).toEqual(['t1', 't2']);
});

test('an additional admin is an additional role of that name', () => {
  const has = (...roles: readonly string[]) => hasAdditionalAdmin({ additionalRoles: roles.map(more) });
  expect([has(), has('engineer'), has('engineer', 'admin'), has('admin')]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
