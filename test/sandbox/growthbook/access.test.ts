import { expect, test } from 'vitest';
import { effectiveAccess, type Grant, gained } from './access.ts';
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
  [
    'of two entries the first counts',
    { projectRoles: [on('P1', 'readonly'), on('P1', 'admin')] },
    all('readonly'),
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
])(
  'from %s is told as gained or not, by rank first and then by environments',
  (_, before, after, expected) => {
    expect(gained(before, after, ORDER)).toBe(expected);
  },
);
