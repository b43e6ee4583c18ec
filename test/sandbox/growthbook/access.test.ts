import { expect, test } from 'vitest';
import { administers, effectiveAccess, type Grant, gained } from './access.ts';
import type { MemberRow, TeamRow } from './state.ts';

const unlimited = (role: string) => ({ role, environments: [] });
const limited = (role: string, ...environments: string[]) => ({
  role,
  environments,
  limitAccessByEnvironment: true,
});
const on = (project: string, role: string) => ({ project, ...unlimited(role) });
const team = (id: string, row: Partial<TeamRow>): TeamRow => ({
  id,
  name: id,
  ...unlimited('noaccess'),
  ...row,
});
const all = (...roles: string[]): Grant[] => roles.map((role) => ({ role, environments: null }));

const TEAMS = [
  team('t_analyst', { role: 'analyst', additionalRoles: [unlimited('visualEditor')] }),
  team('t_p1', { role: 'engineer', projectRoles: [on('P1', 'experimenter')] }),
];

test.each<[string, Partial<MemberRow>, readonly Grant[]]>([
  [
    'the global role counts where no entry is',
    { role: 'readonly', projectRoles: [on('P2', 'admin')] },
    all('readonly'),
  ],
  ['noaccess gives nothing', { role: 'noaccess' }, []],
  [
    'an entry counts instead of the global role, upwards',
    { role: 'noaccess', projectRoles: [on('P1', 'admin')] },
    all('admin'),
  ],
  ['and downwards', { role: 'admin', projectRoles: [on('P1', 'noaccess')] }, []],
  [
    'additional roles count beside the global role',
    { role: 'noaccess', additionalRoles: [unlimited('admin')] },
    all('admin'),
  ],
  [
    'but not beside an entry',
    { additionalRoles: [unlimited('admin')], projectRoles: [on('P1', 'readonly')] },
    all('readonly'),
  ],
  [
    'an entry has additional roles of its own',
    { projectRoles: [{ ...on('P1', 'readonly'), additionalRoles: [unlimited('engineer')] }] },
    all('engineer', 'readonly'),
  ],
  [
    "teams' global and additional roles count beside the member's",
    { role: 'readonly', teams: ['t_analyst'] },
    all('analyst', 'readonly', 'visualEditor'),
  ],
  ["a team's entry counts alone", { role: 'admin', teams: ['t_analyst', 't_p1'] }, all('experimenter')],
  [
    "a team's entry counts beside the member's",
    { teams: ['t_p1'], projectRoles: [on('P1', 'noaccess')] },
    all('experimenter'),
  ],
  [
    "a member's entry leaves a team's global role out",
    { teams: ['t_analyst'], projectRoles: [on('P1', 'noaccess')] },
    [],
  ],
  ['an unknown team gives nothing', { role: 'noaccess', teams: ['t_gone'] }, []],
  [
    'a limited role has its environments',
    { ...limited('engineer', 'production', 'dev') },
    [{ role: 'engineer', environments: ['dev', 'production'] }],
  ],
  ['a list without a limit is no limit', { role: 'engineer', environments: ['dev'] }, all('engineer')],
])('%s', (_, row, expected) => {
  const members = [{ id: 'u_1', role: 'collaborator', ...row }];
  expect(effectiveAccess({ members, teams: TEAMS }, 'u_1', 'P1')).toEqual(expected);
});

const doubled = (...roles: string[]) => [
  { id: 'u_1', role: 'readonly', projectRoles: roles.map((role) => on('P1', role)) },
];

test.each([
  ['noaccess', 'admin', all('admin'), all('admin')],
  ['admin', 'noaccess', [], all('admin')],
  ['engineer', 'analyst', all('analyst'), all('analyst', 'engineer')],
])(
  'of the entries %s and %s for one project the last counts on 5.0.1, and both add up on main',
  (first, second, on501, onMain) => {
    const organisation = { members: doubled(first, second), teams: [] };
    expect(effectiveAccess({ ...organisation, release: '5.0.1' }, 'u_1', 'P1')).toEqual(on501);
    expect(effectiveAccess({ ...organisation, release: 'main' }, 'u_1', 'P1')).toEqual(onMain);
  },
);

test('on 5.0.1 an additional role gives nothing', () => {
  const entry = { ...on('P2', 'readonly'), additionalRoles: [unlimited('admin')] };
  const members = [
    { id: 'u_1', role: 'noaccess', additionalRoles: [unlimited('admin')], projectRoles: [entry] },
  ];
  const access = (project: string) =>
    effectiveAccess({ members, teams: [], release: '5.0.1' }, 'u_1', project);
  expect([access('P1'), access('P2')]).toEqual([[], all('readonly')]);
});

test('a custom role without policies gives nothing, so readonly is more', () => {
  const customRoles = [{ id: 'Nothing', withoutPolicies: true }];
  const access = (role: string) =>
    effectiveAccess({ members: [{ id: 'u_1', role }], teams: [], customRoles }, 'u_1', 'P1');
  expect(access('Nothing')).toEqual([]);
  expect(gained(access('Nothing'), access('readonly'), ORDER)).toBe(true);
});

test.each<[string, Partial<MemberRow>, boolean]>([
  ['the global role admin', { role: 'admin' }, true],
  [
    'the global role admin, with an entry below',
    { role: 'admin', projectRoles: [on('P1', 'noaccess')] },
    true,
  ],
  [
    'a team with the global role admin, with an own entry',
    { teams: ['t'], projectRoles: [on('P1', 'readonly')] },
    true,
  ],
  ['a team with the additional role admin', { teams: ['t_more'] }, true],
  ['a team that is admin on a project only', { teams: ['t_project'] }, false],
  ['an own project role admin', { projectRoles: [on('P1', 'admin')] }, false],
  ['a custom role that manages the team', { role: 'Keeper' }, true],
])('%s makes a member able to manage the organisation, or not', (_, row, expected) => {
  const teams = [
    team('t', { role: 'admin' }),
    team('t_more', { additionalRoles: [unlimited('admin')] }),
    team('t_project', { projectRoles: [on('P1', 'admin')] }),
  ];
  const members = [{ id: 'u_1', role: 'readonly', ...row }];
  const customRoles = [{ id: 'Keeper', managesTeam: true }];
  expect(administers({ members, teams, customRoles }, 'u_1')).toBe(expected);
});

test('an unknown member is an error, not an empty answer', () => {
  expect(() => effectiveAccess({ members: [], teams: [] }, 'u_9', 'P1')).toThrow('u_9');
});

const ORDER = ['noaccess', 'readonly', 'engineer', 'admin'];
const engineer = (...environments: string[]): Grant => ({ role: 'engineer', environments });

test.each<[string, readonly Grant[], readonly Grant[], boolean]>([
  ['nothing to nothing', [], [], false],
  ['nothing to readonly', [], all('readonly'), true],
  ['readonly to nothing', all('readonly'), [], false],
  ['admin to engineer', all('admin'), all('engineer'), false],
  ['engineer to admin', all('engineer'), all('admin'), true],
  ['one more of less rank', all('admin'), all('admin', 'readonly'), false],
  ['one environment to all', [engineer('dev')], all('engineer'), true],
  ['one environment to another', [engineer('dev')], [engineer('production')], true],
  ['two environments to one', [engineer('dev', 'production')], [engineer('dev')], false],
  [
    'two grants of one each to one of two',
    [engineer('dev'), engineer('production')],
    [engineer('dev', 'production')],
    false,
  ],
  ['no environment to one', [engineer()], [engineer('dev')], true],
  ['a limited engineer to readonly', [engineer('dev')], all('readonly'), false],
  ['an unranked role to admin', all('Strange'), all('admin'), false],
  ['admin to an unranked role', all('admin'), all('Strange'), true],
  ['an unranked role to another', all('Strange'), all('Stranger'), true],
])('from %s is a gain or not, by rank first and then by environments', (_, before, after, expected) => {
  expect(gained(before, after, ORDER)).toBe(expected);
});
