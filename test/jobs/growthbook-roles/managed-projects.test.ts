import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/engine/model.ts';
import {
  endsHighest,
  highestFirst,
  mayBeEmptyIn,
  type Projects,
  projectOf,
  projectsFrom,
  rulesOf,
} from '../../../src/jobs/growthbook-roles/managed-projects.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import type { GrowthBookValues } from '../../../src/jobs/growthbook-roles/settings.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import type { Access } from '../../../src/targets/growthbook/access.ts';
import { decision } from '../../fixtures.ts';

const { order } = defaultPolicy();
const policyWith = (over: Partial<Policy>): Policy => ({ ...defaultPolicy(), ...over });
const engineers = policyWith({
  gate: 'none',
  rules: [{ rule: 2, when: { ldap: 'g' }, role: 'engineer', expires: '2026-06-01' }],
});
const valuesWith = (over: Partial<GrowthBookValues>) =>
  ({ GROWTHBOOK_GLOBAL_ROLE: 'noaccess', ...over }) as GrowthBookValues;
const NOW = Date.parse('2026-06-01');

describe('the projects of a run', () => {
  test.each([
    ['the default policy', {}, defaultPolicy()],
    ['that of the setting', { GROWTHBOOK_POLICY: engineers }, engineers],
    ['that of the file', { GROWTHBOOK_POLICY_FILE: engineers }, engineers],
    [
      'that of the setting, not of the file',
      { GROWTHBOOK_POLICY: engineers, GROWTHBOOK_POLICY_FILE: policyWith({ rules: [] }) },
      engineers,
    ],
  ])('are one with %s, as it is today', (_, over, policy) => {
    expect(projectsFrom(valuesWith({ GROWTHBOOK_PROJECT: 'prj_1', ...over }), NOW)).toEqual({
      areNamed: false,
      all: [
        {
          policy: policyAt(policy, NOW),
          access: { order, project: 'prj_1', maxGlobalRole: 'noaccess' },
        },
      ],
    });
  });

  test('are those of a list, each with its policy, and each knows the others', () => {
    const list = [
      { project: 'prj_1', policy: engineers },
      { project: 'prj_2', policy: defaultPolicy() },
      { project: 'prj_3', policy: policyWith({ order: ['noaccess', 'admin'] }) },
    ];
    const access = { maxGlobalRole: 'noaccess' };
    expect(projectsFrom(valuesWith({ GROWTHBOOK_POLICY: list }), NOW)).toEqual({
      areNamed: true,
      all: [
        {
          policy: policyAt(engineers, NOW),
          access: { ...access, order, project: 'prj_1', otherProjects: ['prj_2', 'prj_3'] },
        },
        {
          policy: policyAt(defaultPolicy(), NOW),
          access: { ...access, order, project: 'prj_2', otherProjects: ['prj_1', 'prj_3'] },
        },
        {
          policy: policyAt(policyWith({ order: ['noaccess', 'admin'] }), NOW),
          access: {
            ...access,
            order: ['noaccess', 'admin'],
            project: 'prj_3',
            otherProjects: ['prj_1', 'prj_2'],
          },
        },
      ],
    });
  });
});

const projects: Projects = projectsFrom(
  valuesWith({
    GROWTHBOOK_POLICY: [
      {
        project: 'prj_1',
        policy: policyWith({
          order: ['noaccess', 'readonly', 'engineer', 'admin'],
          rules: [{ rule: 2, when: { ldap: 'g' }, role: 'admin' }],
        }),
      },
      {
        project: 'prj_2',
        policy: policyWith({
          order: ['noaccess', 'engineer', 'readonly', 'admin'],
          rules: [
            { rule: 2, when: { ldap: 'g' }, role: 'engineer' },
            { rule: 3, when: { ldap: 'h' }, role: 'readonly' },
          ],
        }),
      },
    ],
  }),
  0,
);
const access = (projectRole: string | null, globalRole = 'noaccess'): Access => ({
  globalRole,
  projectRole,
  additionalRoles: [],
});
const changeOf = (over: Partial<Change<Access>> = {}): Change<Access> => ({
  ...decision(),
  kind: 'revoke',
  account: 'u',
  label: 'u@example.org',
  project: 'prj_1',
  row: null,
  from: access('readonly'),
  to: access('noaccess'),
  ...over,
});

describe('the project of a decision', () => {
  test('is the one that it names, or the only one', () => {
    expect(projectOf(projects, { project: 'prj_2' })).toBe(projects.all[1]);
    expect(projectOf(projects, {})).toBe(projects.all[0]);
    expect(rulesOf(projects)({ project: 'prj_2' })).toBe(projects.all[1]?.access);
  });

  test('is an error where the run does not have it', () => {
    expect(() => projectOf(projects, { project: 'prj_9' })).toThrow(
      new Error('no project prj_9 in this run'),
    );
    expect(() => projectOf({ areNamed: false, all: [] }, {})).toThrow('no project undefined in this run');
  });
});

describe('changes of one kind come', () => {
  const sorted = (...changes: readonly Change<Access>[]) => changes.toSorted(highestFirst(projects));
  const pairs: readonly (readonly [string, Change<Access>, Change<Access>])[] = [
    ['by the highest current role', changeOf({ from: access('engineer') }), changeOf()],
    [
      'by the global role where there is no entry',
      changeOf({ from: access(null, 'engineer') }),
      changeOf({ from: access('readonly', 'admin') }),
    ],
    [
      'by the order of each project',
      changeOf({ from: access('readonly'), project: 'prj_2' }),
      changeOf({ from: access('readonly'), project: 'prj_1' }),
    ],
    [
      'by the role before the address',
      changeOf({ from: access('admin'), label: 'z@x' }),
      changeOf({ label: 'a@x' }),
    ],
    [
      'by the address in any case',
      changeOf({ label: 'a@x', account: 'z' }),
      changeOf({ label: 'B@x', account: 'a' }),
    ],
    [
      'by the id where the address is the same',
      changeOf({ label: 'A@x', account: '1' }),
      changeOf({ label: 'a@x', account: '2' }),
    ],
    [
      'by the project at last',
      changeOf({ from: access('admin'), project: 'prj_1' }),
      changeOf({ from: access('admin'), project: 'prj_2' }),
    ],
  ];

  test.each(pairs)('%s', (_, first, second) => {
    expect(sorted(first, second)).toEqual([first, second]);
    expect(sorted(second, first)).toEqual([first, second]);
  });

  test('and without a project as if it were the first', () => {
    const { project: _, ...unnamed } = changeOf({ from: access('noaccess') });
    const named = changeOf({ from: access('noaccess') });
    expect(highestFirst(projects)(unnamed, named)).toBe(-1);
    expect(highestFirst(projects)(named, unnamed)).toBe(1);
    expect(highestFirst(projects)(unnamed, unnamed)).toBe(0);
  });
});

test.each([
  ['prj_1', 'admin', true],
  ['prj_1', 'engineer', false],
  ['prj_2', 'readonly', true],
  ['prj_2', 'engineer', false],
  ['prj_2', 'admin', false],
  ['prj_1', null, false],
])('a change of %s to %s ends in the highest role that its policy gives: %s', (project, role, expected) => {
  expect(endsHighest(projects)(changeOf({ project, to: access(role, 'admin') }))).toBe(expected);
});

describe('a group may be missing or empty', () => {
  const naming = (ldap: readonly string[], mayBeEmpty: readonly string[], posix?: string) =>
    policyWith({
      gate: posix === undefined ? 'none' : { rule: 1, when: { posix } },
      rules: ldap.map((group, index) => ({ rule: index + 2, when: { ldap: group }, role: 'readonly' })),
      mayBeEmpty,
    });
  const allowed = (...policies: readonly Policy[]) =>
    mayBeEmptyIn(
      projectsFrom(
        valuesWith({ GROWTHBOOK_POLICY: policies.map((policy, n) => ({ project: `prj_${n}`, policy })) }),
        0,
      ),
    );

  test.each([
    ['where its policy says so', [naming(['a', 'b'], ['a'])], ['a']],
    ['where no policy says so: none', [naming(['a', 'b'], [])], []],
    [
      'where each policy that names it says so',
      [naming(['a'], ['a']), naming(['a', 'b'], ['b', 'a'])],
      ['a', 'b'],
    ],
    ['not where another policy needs it', [naming(['a', 'b'], ['a', 'b']), naming(['a'], [])], ['b']],
    ['also where another policy does not name it', [naming(['a'], ['a']), naming(['b'], [])], ['a']],
    ['of POSIX groups, too', [naming(['a'], ['p'], 'p'), naming(['a'], [], 'p')], []],
    ['of POSIX groups that no other policy names', [naming(['a'], ['p'], 'p'), naming(['a'], [])], ['p']],
  ])('%s', (_, policies, expected) => {
    expect(allowed(...policies)).toEqual(expected);
  });
});
