import { expect, test } from 'vitest';
import { bench, message, person, stored, write } from './client.ts';
import type { GrowthBookPlan } from './state.ts';

const P1 = { project: 'prj_1', role: 'readonly', environments: [] as string[] };
const additional = [{ role: 'admin', environments: [] }];
const limits = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };

const BODY = 'Request body: ';
const NO_MEMBER = `${BODY}[member] Invalid input: expected object, received undefined`;

test.each([
  ['{}', NO_MEMBER],
  ['', NO_MEMBER],
  ['{"member":null}', `${BODY}[member] Invalid input: expected object, received null`],
  ['{"member":{},"dryRun":true}', `${BODY}[] Unrecognized key: "dryRun"`],
  ['{"member":{"role":null}}', `${BODY}[member.role] Invalid input: expected string, received null`],
  [
    '{"member":{"projectRoles":null}}',
    `${BODY}[member.projectRoles] Invalid input: expected array, received null`,
  ],
  [
    '{"member":{"environments":null}}',
    `${BODY}[member.environments] Invalid input: expected array, received null`,
  ],
  [
    '{"member":{"projectRoles":[{"project":"prj_1","role":"readonly"}]}}',
    `${BODY}[member.projectRoles.0.environments] Invalid input: expected array, received undefined`,
  ],
])('the body %s is a 400', async (body, text) => {
  const { server, post } = await bench();
  expect(message(await post('u_001', body))).toEqual([400, text]);
  expect(server.writes).toEqual([]);
});

test.each([
  ['{"member":', 400],
  ['"member"', 400],
  [JSON.stringify({ member: { role: 'x'.repeat(2 * 2 ** 20) } }), 413],
])(
  'a body that can not be read has another shape of answer, before the key is looked at',
  async (body, status) => {
    const { post } = await bench();
    const seen = await post('u_001', body, 'unknown');
    expect(seen).toMatchObject({ status, body: { status, message: expect.any(String) } });
  },
);

test('a body of another content type is no body', async () => {
  const { call } = await bench();
  const headers = { authorization: 'Bearer secret_admin_sandbox', 'content-type': 'text/plain' };
  const init = { method: 'POST', headers, body: '{"member":{}}' };
  expect(message(await call('/api/v1/members/u_001/role', init))).toEqual([400, NO_MEMBER]);
});

test.each([
  '/api/v1/members/u_001/role/',
  '/API/V1/Members/u_001/ROLE',
  '/api/v1/members/u_001/role?dryRun=true',
])('%s is the same endpoint', async (path) => {
  const { server, call } = await bench();
  const headers = { authorization: 'Bearer secret_admin_sandbox', 'content-type': 'application/json' };
  const body = '{"member":{"role":"readonly"}}';
  expect((await call(path, { method: 'POST', headers, body })).status).toBe(200);
  expect(server.member('u_001').role).toBe('readonly');
});

test.each([
  ['another role', {}, { role: 'superhero' }, 'superhero is not a valid role'],
  ['another case', {}, { role: 'Admin' }, 'Admin is not a valid role'],
  ['another project role', {}, { projectRoles: [{ ...P1, role: 'x' }] }, 'x is not a valid role'],
  [
    'another additional role',
    {},
    { additionalRoles: [{ role: 'x', environments: [] }] },
    'x is not a valid role',
  ],
  [
    'a dangling custom role that is not replaced',
    { role: 'custom_reviewer' },
    { projectRoles: [] },
    'custom_reviewer is not a valid role',
  ],
  [
    'a dangling project role that is kept',
    { projectRoles: [stored({ ...P1, role: 'developer' })] },
    {},
    'developer is not a valid role',
  ],
  [
    'two rules for one project',
    {},
    { projectRoles: [P1, { ...P1, role: 'engineer' }] },
    'Only one rule per project.',
  ],
  [
    'a limit that the role has not',
    limits,
    { role: 'readonly', environments: ['dev'] },
    'readonly does not support restricting access to certain environments.',
  ],
  [
    'an unknown environment',
    {},
    { role: 'engineer', environments: ['moon'] },
    'moon is not a valid environment ID for this organization.',
  ],
])('%s is a 400', async (_, row, member, text) => {
  const { server, seen, after } = await write(row, member);
  expect(message(seen)).toEqual([400, text]);
  expect([after, server.writes.length]).toEqual([expect.objectContaining(row), 0]);
});

test('a dangling custom role can be replaced', async () => {
  const { seen } = await write({ role: 'custom_reviewer' }, { role: 'readonly' });
  expect(seen.status).toBe(200);
});

test.each(['u_9', 'U_1', 'u_1@example.org'])('member %s is unknown: 400, never 404', async (id) => {
  const { post } = await bench({ members: [person({ id: 'u_1' })] });
  expect(message(await post(id, { member: {} }))).toEqual([400, 'Could not find user with that ID']);
});

test('a ghost is updated by its id', async () => {
  const { server, post } = await bench({ members: [{ id: 'u_ghost', role: 'admin' }] });
  const seen = await post('u_ghost', { member: { role: 'readonly' } });
  const answered = { id: 'u_ghost', role: 'readonly', limitAccessByEnvironment: false };
  expect([seen.status, seen.body]).toEqual([200, { updatedMember: answered }]);
  expect(server.member('u_ghost').role).toBe('readonly');
});

test('who an identity provider manages is refused', async () => {
  const { seen } = await write({ managedByIdp: true }, { role: 'readonly' });
  expect(message(seen)).toEqual([
    400,
    expect.stringContaining('managed via an External Identity Provider (IDP)'),
  ]);
});

test('the order of refusals is key, limiter, body, permission, member, provider, plan, role', async () => {
  const keys = ['sync', 'weak'].map((id) => ({ id, secret: id, role: id === 'sync' ? 'admin' : 'readonly' }));
  const members = [
    person({ id: 'u_idp', role: 'analyst', managedByIdp: true }),
    person({ id: 'u_1', role: 'analyst' }),
  ];
  const { post } = await bench({ keys, members, plan: 'free-new', requestsPerMinute: 5 });
  const bad = { member: { role: 'superhero' } };
  const statuses = async (id: string, body: unknown, secret: string) => (await post(id, body, secret)).status;
  expect(await statuses('u_9', {}, 'none')).toBe(401);
  expect(message(await post('u_9', {}, 'weak'))).toEqual([400, NO_MEMBER]);
  expect(await statuses('u_9', bad, 'weak')).toBe(403);
  expect(message(await post('u_9', bad, 'sync'))).toEqual([400, 'Could not find user with that ID']);
  expect(message(await post('u_idp', bad, 'sync'))).toEqual([400, expect.stringContaining('IDP')]);
  expect(await statuses('u_1', bad, 'sync')).toBe(402);
  expect(
    message(await post('u_1', { member: { role: 'admin', projectRoles: [{ ...P1, role: 'x' }] } }, 'sync')),
  ).toEqual([400, 'Your plan does not support providing users with project-level permissions.']);
  expect(await statuses('u_9', 'no JSON', 'none')).toBe(400);
  await post('u_1', {}, 'sync');
  expect(await statuses('u_9', {}, 'sync')).toBe(429);
});

const ADMIN_ONLY = 'Your plan only supports the admin role. Upgrade your plan to assign other roles.';
const NO_NOACCESS = 'Must have a enterprise plan to gain access to the no-access role.';
const NO_PROJECT_ADMIN = 'Must have a enterprise plan to gain access to the project admin role.';
const NO_PROJECTS = 'Your plan does not support providing users with project-level permissions.';
const NO_LIMITS = 'Must have a pro plan to restrict permissions by environment.';
const PLANS: readonly GrowthBookPlan[] = ['free-new', 'free-legacy', 'pro', 'enterprise'];
const OK = 200;

test.each([
  ['role admin', {}, { role: 'admin' }, [OK, OK, OK, OK]],
  ['role engineer', {}, { role: 'engineer' }, [ADMIN_ONLY, OK, OK, OK]],
  [
    'role superhero',
    {},
    { role: 'superhero' },
    [ADMIN_ONLY, ...Array(3).fill('superhero is not a valid role')],
  ],
  ['the same role', {}, { role: 'collaborator' }, [OK, OK, OK, OK]],
  ['role noaccess', {}, { role: 'noaccess' }, [ADMIN_ONLY, NO_NOACCESS, NO_NOACCESS, OK]],
  [
    'project admins',
    {},
    { role: 'gbDefault_projectAdmin' },
    [ADMIN_ONLY, NO_PROJECT_ADMIN, NO_PROJECT_ADMIN, OK],
  ],
  ['a project role', {}, { projectRoles: [P1] }, [NO_PROJECTS, NO_PROJECTS, OK, OK]],
  ['no project roles', {}, { projectRoles: [] }, [OK, OK, OK, OK]],
  ['additional roles', {}, { additionalRoles: additional }, [OK, OK, OK, OK]],
  ['a limit', { role: 'engineer' }, { environments: ['dev'] }, [NO_LIMITS, NO_LIMITS, OK, OK]],
  [
    'nothing, where the row has a premium role',
    { role: 'noaccess' },
    {},
    [NO_NOACCESS, NO_NOACCESS, NO_NOACCESS, OK],
  ],
  [
    'a role alone, where the row has project roles',
    { role: 'analyst', projectRoles: [stored(P1)] },
    { role: 'admin' },
    [NO_PROJECTS, NO_PROJECTS, OK, OK],
  ],
  [
    'a role and no project roles',
    { role: 'analyst', projectRoles: [stored(P1)] },
    { role: 'admin', projectRoles: [] },
    [OK, OK, OK, OK],
  ],
])('%s on free, free of old, pro and enterprise', async (_, row, member, expected) => {
  const answers = await Promise.all(
    PLANS.map(async (plan) => {
      const { seen } = await write(row, member, { plan });
      return seen.status === 200 ? 200 : seen.body['message'];
    }),
  );
  expect(answers).toEqual(expected);
});

test('the want of role management is a 402', async () => {
  expect((await write({}, { role: 'engineer' }, { plan: 'free-new' })).seen.status).toBe(402);
});
