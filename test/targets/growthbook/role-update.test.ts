import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { currentAccess, desiredAccess } from '../../../src/targets/growthbook/access.ts';
import {
  afterWrite,
  canBeLimited,
  roleUpdate,
  whyUnwritable,
} from '../../../src/targets/growthbook/role-update.ts';
import type { Member, ProjectRole } from '../../../src/targets/growthbook/schema.ts';
import { entry, member, PROJECT, RULES } from '../../fixtures.ts';
import { validateRoleWrite } from '../../sandbox/growthbook/openapi.ts';

const { order } = defaultPolicy();
const terms = { order, project: PROJECT, maxGlobalRole: 'readonly' };
const to = (projectRole: string, globalRole = 'readonly') => ({
  globalRole,
  projectRole,
  additionalRoles: [],
});
const limit = (...environments: string[]) => ({ limitAccessByEnvironment: true, environments });
const none = { limitAccessByEnvironment: true, environments: [] };
const left = { limitAccessByEnvironment: false, environments: ['dev'] };
const more = (role: string, over: object = {}) => ({
  role,
  environments: [],
  limitAccessByEnvironment: false,
  ...over,
});
const bodyOf = (row: Member, projectRole: string, globalRole = 'readonly') =>
  roleUpdate(row, to(projectRole, globalRole), terms).member;

describe('a role write', () => {
  test('carries the global role, the environments, no additional role, and every entry', () => {
    const row = member('u', {
      globalRole: 'admin',
      additionalRoles: [more('admin')],
      projectRoles: [entry('engineer', 'prj_b')],
    });
    expect(roleUpdate(row, to('CustomElevatedAccess'), terms)).toEqual({
      member: {
        role: 'readonly',
        environments: [],
        additionalRoles: [],
        projectRoles: [
          { project: 'prj_b', role: 'engineer', environments: [], limitAccessByEnvironment: false },
          {
            project: PROJECT,
            role: 'CustomElevatedAccess',
            environments: [],
            limitAccessByEnvironment: false,
            additionalRoles: [],
          },
        ],
      },
    });
  });

  test.each([
    ['none where there is no limit', 'engineer', {}, []],
    ['none where a list is left over', 'engineer', left, []],
    ['the list where there is a limit', 'engineer', limit('dev', 'test'), ['dev', 'test']],
    ['none where the global role can’t be limited', 'readonly', limit('dev'), []],
    ['none where there is no global role', 'noaccess', limit('dev'), []],
    ['the list of a custom role', 'superhero', limit('dev'), ['dev']],
  ])('always sends the member’s environments: %s', (_, globalRole, row, environments) => {
    const body = bodyOf(member('u', { globalRole, ...row }), 'analyst', globalRole);
    expect(body).toHaveProperty('environments', environments);
  });

  test.each([
    ['kept where the role allows one', 'experimenter', limit('dev'), ['dev']],
    ['dropped where nobody knows whether the role allows one', 'CustomElevatedAccess', limit('dev'), []],
    ['dropped where the role allows none', 'readonly', limit('dev'), []],
    ['dropped for nothing at all', 'noaccess', limit('dev'), []],
    ['not made of a list that is left over', 'experimenter', left, []],
  ])('an environment limit on our own entry is %s', (_, role, row, environments) => {
    const [own] = bodyOf(member('u', { projectRoles: [entry('engineer', PROJECT, row)] }), role).projectRoles;
    expect(own).toMatchObject({ role, environments, limitAccessByEnvironment: environments.length > 0 });
  });

  test('an environment limit of a custom role that the entry has already is kept', () => {
    const row = member('u', { projectRoles: [entry('CustomElevatedAccess', PROJECT, limit('dev'))] });
    expect(bodyOf(row, 'CustomElevatedAccess').projectRoles[0]).toMatchObject({ environments: ['dev'] });
  });

  test.each([
    ['unlimited', {}, { environments: [], limitAccessByEnvironment: false }],
    ['limited', limit('dev', 'test'), { environments: ['dev', 'test'], limitAccessByEnvironment: true }],
    ['unlimited with a list left over', left, { environments: [], limitAccessByEnvironment: false }],
  ])('another project’s entry is sent back %s as it is, additional roles likewise', (_, row, sent) => {
    const other = entry('engineer', 'prj_b', { ...row, additionalRoles: [more('experimenter', row)] });
    const [echoed] = bodyOf(member('u', { projectRoles: [other] }), 'readonly').projectRoles;
    expect(echoed).toEqual({
      project: 'prj_b',
      role: 'engineer',
      ...sent,
      additionalRoles: [{ role: 'experimenter', ...sent }],
    });
  });

  test('a dangling or empty project and a role that nobody knows are sent back, too', () => {
    const others = [entry('superhero', 'prj_gone'), entry('readonly', '')];
    const { projectRoles } = bodyOf(member('u', { projectRoles: others }), 'readonly');
    expect(projectRoles.slice(0, 2)).toEqual(others);
  });

  test('our own entry keeps its place; of two entries for our project one is written', () => {
    const row = member('u', {
      projectRoles: [
        entry('engineer', 'prj_b'),
        entry('admin'),
        entry('analyst', 'prj_c'),
        entry('engineer'),
      ],
    });
    const sent = bodyOf(row, 'readonly').projectRoles.map(({ project, role }) => `${project} ${role}`);
    expect(sent).toEqual(['prj_b engineer', `${PROJECT} readonly`, 'prj_c analyst']);
  });

  test('our own entry’s additional roles are emptied', () => {
    const own = entry('admin', PROJECT, { additionalRoles: [more('admin')] });
    expect(bodyOf(member('u', { projectRoles: [own] }), 'readonly').projectRoles).toEqual([
      { ...entry('readonly'), additionalRoles: [] },
    ]);
  });

  test('a row is not changed by being written from', () => {
    const row = member('u', { projectRoles: [entry('admin'), entry('engineer', 'prj_b', limit('dev'))] });
    const before = structuredClone(row);
    roleUpdate(row, to('noaccess'), terms);
    expect(row).toEqual(before);
  });
});

test('the row after a write has the limit that the global role keeps, and nothing more of its own', () => {
  const row = member('u', {
    globalRole: 'engineer',
    ...limit('dev'),
    teams: ['t'],
    additionalRoles: [more('admin')],
    projectRoles: [entry('admin', PROJECT, { additionalRoles: [more('admin')] }), entry('admin', 'prj_b')],
  });
  const own = { ...entry('engineer'), additionalRoles: [] };
  const after = { ...row, additionalRoles: [], projectRoles: [own, entry('admin', 'prj_b')] };
  expect(afterWrite(row, to('engineer', 'engineer'), terms)).toEqual(after);
  expect(afterWrite(row, to('engineer', 'readonly'), terms)).toEqual({
    ...after,
    globalRole: 'readonly',
    environments: [],
    limitAccessByEnvironment: false,
  });
});

describe('why a row can’t be written', () => {
  test('two entries for another project are named, and one for each of several is none', () => {
    const row = (...projects: readonly string[]) =>
      member('u', { projectRoles: projects.map((project) => entry('admin', project)) });
    expect(whyUnwritable(row('prj_b', PROJECT, 'prj_c', 'prj_d'), to('readonly'), terms)).toBeUndefined();
    expect(whyUnwritable(row('prj_b', 'prj_c', 'prj_d', 'prj_c'), to('readonly'), terms)).toBe(
      'there are two entries for project prj_c',
    );
  });

  test('a limit to no environment counts where the global role would be the project’s', () => {
    const row = member('u', { globalRole: 'engineer', projectRoles: [entry('engineer', PROJECT, none)] });
    const kept = { globalRole: 'engineer', projectRole: null, additionalRoles: [] };
    expect(whyUnwritable(row, kept, terms)).toMatch(/no environment at all/);
    expect(whyUnwritable(row, { ...kept, globalRole: 'readonly' }, terms)).toBeUndefined();
  });

  test.each([
    ['an identity provider manages it', { managedbyIdp: true }, /identity provider/],
    [
      'another project occurs twice',
      { projectRoles: [entry('readonly', 'prj_b'), entry('admin', 'prj_b')] },
      /two entries.*prj_b/,
    ],
    [
      'another entry is limited to none',
      { projectRoles: [entry('engineer', 'prj_b', none)] },
      /no environment at all/,
    ],
    [
      'another entry’s additional role is limited to none',
      { projectRoles: [entry('engineer', 'prj_b', { additionalRoles: [more('engineer', none)] })] },
      /no environment at all/,
    ],
  ])('%s', (_, over: Partial<Member>, reason) => {
    for (const role of ['noaccess', 'readonly', 'CustomElevatedAccess', 'admin']) {
      expect(whyUnwritable(member('u', over), to(role), terms)).toMatch(reason);
    }
  });

  test.each([
    ['engineer', 'noaccess', 'CustomElevatedAccess', true],
    ['engineer', 'noaccess', 'engineer', true],
    ['engineer', 'noaccess', 'readonly', false],
    ['engineer', 'noaccess', 'noaccess', false],
    ['engineer', 'noaccess', 'admin', false],
  ])('our own %s limited to none, global %s, desired %s: %s', (role, globalRole, projectRole, unwritable) => {
    const row = member('u', { globalRole, projectRoles: [entry(role, PROJECT, none)] });
    expect(whyUnwritable(row, to(projectRole, globalRole), terms) !== undefined).toBe(unwritable);
  });

  test.each([
    ['noaccess', false],
    ['readonly', false],
    ['superhero', true],
    ['engineer', true],
  ])('a member limited to none whose global role is written as %s: %s', (globalRole, unwritable) => {
    const row = member('u', { globalRole: 'engineer', ...none });
    expect(whyUnwritable(row, to('analyst', globalRole), terms) !== undefined).toBe(unwritable);
  });

  test.each([
    ['nothing prevents it', {}],
    ['our own project occurs twice', { projectRoles: [entry('readonly'), entry('admin')] }],
    [
      'limits name environments',
      { projectRoles: [entry('engineer', 'prj_b', limit('dev'))], ...limit('dev') },
    ],
    ['additional roles are limited to none and are lost', { additionalRoles: [more('engineer', none)] }],
  ])('not where %s', (_, over) => {
    expect(
      whyUnwritable(member('u', { globalRole: 'readonly', ...over }), to('readonly'), terms),
    ).toBeUndefined();
  });
});

test.each([
  ...[
    'noaccess',
    'readonly',
    'collaborator',
    'visualEditor',
    'analyst',
    'gbDefault_projectAdmin',
    'admin',
  ].map((role) => [role, false] as const),
  ...['engineer', 'experimenter', 'CustomElevatedAccess'].map((role) => [role, true] as const),
])('%s can be limited to environments: %s', (role, expected) => {
  expect(canBeLimited(role)).toBe(expected);
});

const role = fc.constantFrom(...order, 'superhero');
const environments = fc.subarray(['dev', 'test', 'production']);
const limits = fc.record({ environments, limitAccessByEnvironment: fc.boolean() });
const roleRow = fc.tuple(role, limits).map(([name, row]) => ({ role: name, ...row }));
const projectRow = fc
  .record({
    row: roleRow,
    project: fc.constantFrom(PROJECT, 'prj_b', 'prj_c'),
    more: fc.option(fc.array(roleRow, { maxLength: 2 })),
  })
  .map(
    ({ row, project, more: additional }): ProjectRole => ({
      ...row,
      project,
      ...(additional ? { additionalRoles: additional } : {}),
    }),
  );
const anyMember = fc
  .record({
    globalRole: role,
    row: limits,
    additionalRoles: fc.array(roleRow, { maxLength: 2 }),
    projectRoles: fc.uniqueArray(projectRow, { maxLength: 3, selector: ({ project }) => project }),
  })
  .map(({ row, ...rest }) => member('u', { ...rest, ...row }));

/** What the server keeps of a write: limits are derived from the lists. */
const stored = (row: ReturnType<typeof bodyOf>['projectRoles'][number]) => ({
  ...row,
  limitAccessByEnvironment: row.environments.length > 0,
  ...(row.additionalRoles
    ? {
        additionalRoles: row.additionalRoles.map((one) => ({
          ...one,
          limitAccessByEnvironment: one.environments.length > 0,
        })),
      }
    : {}),
});
/** What a row allows: a list without a limit means nothing. */
const meaning = <R extends { limitAccessByEnvironment: boolean; environments: readonly string[] }>(
  row: R,
) => ({
  ...row,
  environments: row.limitAccessByEnvironment ? row.environments : [],
});

describe('laws of any row that can be written', () => {
  const holds = (check: (row: Member, role: string) => void) =>
    fc.assert(
      fc.property(anyMember, fc.constantFrom(...order), (row, name) => {
        fc.pre(
          whyUnwritable(row, desiredAccess(currentAccess(row, RULES), name, terms), terms) === undefined,
        );
        check(row, name);
      }),
      { numRuns: 500 },
    );

  test('other projects’ entries never change, limits and additional roles included', () => {
    holds((row, name) => {
      const sent = roleUpdate(row, desiredAccess(currentAccess(row, RULES), name, terms), terms).member
        .projectRoles;
      const isOther = ({ project }: { project: string }) => project !== PROJECT;
      expect(sent.filter(isOther).map(stored)).toEqual(
        row.projectRoles.filter(isOther).map((one) => ({
          ...meaning(one),
          ...(one.additionalRoles ? { additionalRoles: one.additionalRoles.map(meaning) } : {}),
        })),
      );
    });
  });

  test('one entry for our project, additional roles emptied, environments always there', () => {
    holds((row, name) => {
      const { member: body } = roleUpdate(row, to(name), terms);
      expect(body.projectRoles.filter(({ project }) => project === PROJECT)).toHaveLength(1);
      expect(body.additionalRoles).toEqual([]);
      expect(Array.isArray(body.environments)).toBe(true);
    });
  });

  test('a limit that the written role can keep is never lifted, nor is one made', () => {
    holds((row, name) => {
      const target = desiredAccess(currentAccess(row, RULES), name, terms);
      const { member: body } = roleUpdate(row, target, terms);
      const kept = row.limitAccessByEnvironment && canBeLimited(target.globalRole) ? row.environments : [];
      expect(body.environments).toEqual(kept);
    });
  });

  test('no role that can’t be limited is sent with a limit of ours', () => {
    holds((row, name) => {
      const { member: body } = roleUpdate(row, to(name), terms);
      const own = body.projectRoles.find(({ project }) => project === PROJECT);
      if (!canBeLimited(name)) expect(own?.environments).toEqual([]);
      expect(body.environments).toEqual([]);
    });
  });

  test('afterwards the member holds exactly what was written', () => {
    holds((row, name) => {
      expect(currentAccess(afterWrite(row, to(name), terms), RULES)).toEqual(to(name));
    });
  });

  test('a write repeated is the same write', () => {
    holds((row, name) => {
      const once = afterWrite(row, to(name), terms);
      expect(roleUpdate(once, to(name), terms)).toEqual(roleUpdate(row, to(name), terms));
    });
  });

  test('fits the published schema', () => {
    holds((row, name) => {
      expect(validateRoleWrite(roleUpdate(row, to(name), terms))).toEqual([]);
    });
  });
});
