import { expect, test } from 'vitest';
import { bench, message, people, person, stored, write } from './client.ts';
import { validateEntry, validateRoleWrite } from './openapi.ts';
import type { MemberSeed } from './state.ts';

const P1 = { project: 'prj_1', role: 'readonly', environments: [] as string[] };
const P2 = { project: 'prj_2', role: 'engineer', environments: ['dev'] };
const additional = [{ role: 'admin', environments: [] }];
const limits = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };

test.each([
  ['projectRoles left out are kept', { projectRoles: [stored(P1)] }, {}, { projectRoles: [stored(P1)] }],
  [
    'projectRoles sent replace the whole list',
    { projectRoles: [stored(P1)] },
    { projectRoles: [P2] },
    { projectRoles: [stored(P2)] },
  ],
  [
    'an empty list of projectRoles clears them',
    { projectRoles: [stored(P1)] },
    { projectRoles: [] },
    { projectRoles: [] },
  ],
  [
    'an unknown project is stored, and an empty one and a name',
    {},
    { projectRoles: ['prj_9', '', 'P1'].map((project) => ({ ...P1, project })) },
    { projectRoles: ['prj_9', '', 'P1'].map((project) => stored({ ...P1, project })) },
  ],
  [
    'the limit of a project role comes from the list, not from what was sent',
    {},
    {
      projectRoles: [
        { ...P1, limitAccessByEnvironment: true },
        { ...P2, limitAccessByEnvironment: false },
      ],
    },
    { projectRoles: [stored(P1), stored(P2)] },
  ],
  [
    "a project role's additional roles left out are dropped",
    { projectRoles: [{ ...stored(P1), additionalRoles: additional.map(stored) }] },
    { projectRoles: [P1] },
    { projectRoles: [stored(P1)] },
  ],
  [
    "a project role's additional roles sent are stored",
    {},
    { projectRoles: [{ ...P1, additionalRoles: additional }] },
    { projectRoles: [{ ...stored(P1), additionalRoles: additional.map(stored) }] },
  ],
  [
    'a project role may be admin or noaccess',
    {},
    {
      projectRoles: [
        { ...P1, role: 'admin' },
        { ...P2, role: 'noaccess', environments: [] },
      ],
    },
    {
      projectRoles: [stored({ ...P1, role: 'admin' }), stored({ ...P2, role: 'noaccess', environments: [] })],
    },
  ],
  [
    'environments left out keep the list and lift the limit',
    limits,
    {},
    { ...limits, limitAccessByEnvironment: false },
  ],
  [
    'even a write of project roles alone lifts the limit',
    limits,
    { projectRoles: [P1] },
    { ...limits, limitAccessByEnvironment: false, projectRoles: [stored(P1)] },
  ],
  ['environments sent back keep the limit', limits, { environments: ['dev'] }, limits],
  [
    'a stored list without a limit becomes one when it is sent back',
    { ...limits, limitAccessByEnvironment: false },
    { environments: ['dev'] },
    limits,
  ],
  [
    'a limit to no environment at all can not be sent back',
    { ...limits, environments: [] },
    { environments: [] },
    { ...limits, environments: [], limitAccessByEnvironment: false },
  ],
  [
    'a limited engineer is demoted with an empty list',
    limits,
    { role: 'readonly', environments: [] },
    { role: 'readonly', environments: [], limitAccessByEnvironment: false },
  ],
  [
    'additionalRoles left out are kept',
    { additionalRoles: additional.map(stored) },
    { role: 'noaccess' },
    { role: 'noaccess', additionalRoles: additional.map(stored) },
  ],
  [
    'additionalRoles sent empty are gone',
    { additionalRoles: additional.map(stored) },
    { additionalRoles: [] },
    { additionalRoles: [] },
  ],
  ['an empty role changes nothing', { role: 'analyst' }, { role: '' }, { role: 'analyst' }],
  [
    'the name of the list, globalRole, changes nothing',
    { role: 'analyst' },
    { globalRole: 'admin' },
    { role: 'analyst' },
  ],
  [
    'teams and unknown fields are dropped, in a project role too',
    { teams: ['team_1'] },
    { teams: [], name: 'x', projectRoles: [{ ...P1, foo: 1 }] },
    { teams: ['team_1'], projectRoles: [stored(P1)] },
  ],
  ['a custom role is a role', {}, { role: 'CustomElevatedAccess' }, { role: 'CustomElevatedAccess' }],
  ['the only admin may be demoted', { role: 'admin' }, { role: 'readonly' }, { role: 'readonly' }],
])('%s: 200', async (_, row, member, expected) => {
  const { server, seen, after } = await write(row, member);
  expect(seen.status).toBe(200);
  expect(after).toMatchObject(expected);
  const { projectRoles: entries = [] } = expected as MemberSeed;
  expect(after.projectRoles).toEqual(entries.map((entry) => ({ additionalRoles: [], ...entry })));
  expect(server.writes).toHaveLength(1);
  const { id, role, environments, limitAccessByEnvironment, additionalRoles } = after;
  const intended = {
    id,
    role,
    environments,
    limitAccessByEnvironment,
    projectRoles: entries,
    additionalRoles,
  };
  expect(seen.body).toEqual({ updatedMember: JSON.parse(JSON.stringify(intended)) });
  expect(validateEntry('updatedMember', seen.body['updatedMember'])).toEqual([]);
});

test('5.0.1 strips additional roles, never lists them and takes two rules for one project', async () => {
  const twice = [
    { ...P1, additionalRoles: additional },
    { ...P1, role: 'engineer' },
  ];
  const row = person({ id: 'u_1', additionalRoles: additional.map(stored) });
  const { server, get, post } = await bench({ members: [row], release: '5.0.1' });
  const seen = await post('u_1', { member: { additionalRoles: [], projectRoles: twice } });
  expect(seen.body['updatedMember']).not.toHaveProperty('additionalRoles');
  expect(server.member('u_1')).toMatchObject({
    additionalRoles: additional,
    projectRoles: [stored(P1), stored({ ...P1, role: 'engineer' })],
  });
  const [entry] = (await get('/members')).body['members'] as object[];
  expect(entry).not.toHaveProperty('additionalRoles');
  expect(message(await post('u_1', { member: { role: 'x' } }))).toEqual([400, 'x) is not a valid role']);
});

test('an unknown member is refused before its role is looked at', async () => {
  const { server, post } = await bench();
  const bad = { member: { role: 'superhero' } };
  expect(message(await post('u_9', bad))).toEqual([400, 'Could not find user with that ID']);
  expect(message(await post('u_001', bad))).toEqual([400, 'superhero is not a valid role']);
  expect(server.writes).toEqual([]);
});

test('a deactivated role is accepted', async () => {
  const customRoles = [{ id: 'Retired', deactivated: true }];
  const { seen, after } = await write({}, { role: 'Retired' }, { customRoles });
  expect([seen.status, after.role]).toEqual([200, 'Retired']);
});

test.each([
  ['main', { additionalRoles: [] }],
  ['5.0.1', {}],
] as const)('on %s the first role write gives defaults to every row', async (release, added) => {
  const entry = { project: 'prj_1', role: 'analyst', environments: [], limitAccessByEnvironment: false };
  const untouched = { id: 'u_old', role: 'readonly', email: 'old@example.org', projectRoles: [entry] };
  const { server, get, post } = await bench({ members: [...people(1), untouched], release });
  const listed = async () => (await get('/members?userEmail=old@example.org')).body['members'];
  const [before] = (await listed()) as readonly object[];
  expect(Object.keys(before ?? {})).not.toContain('environments');
  expect(server.member('u_old')).toEqual({ id: 'u_old', role: 'readonly', projectRoles: [entry] });
  await post('u_001', { member: { role: 'readonly' } });
  const defaults = { environments: [], limitAccessByEnvironment: false };
  const now = { ...before, ...defaults, projectRoles: [{ ...entry, ...added }] };
  expect(await listed()).toEqual([now]);
});

test('an organisation can start with bare rows, which have nothing that is a default', async () => {
  const limited = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };
  const entry = { project: 'prj_1', role: 'analyst', environments: [], limitAccessByEnvironment: false };
  const members = [
    person({ id: 'u_1', role: 'analyst', projectRoles: [{ ...entry, additionalRoles: [] }] }),
    person({ id: 'u_2', ...limited }),
  ];
  const { server } = await bench({ members, bareRows: true });
  expect(server.state.members).toEqual([
    { id: 'u_1', role: 'analyst', projectRoles: [entry] },
    { id: 'u_2', ...limited },
  ]);
});

test('our write validates against the published schema, and what the server merely drops does not', () => {
  const ours = {
    role: 'readonly',
    environments: [],
    additionalRoles: [],
    projectRoles: [{ ...P2, additionalRoles: additional }],
  };
  expect(validateRoleWrite({ member: ours })).toEqual([]);
  const { environments: _, ...unlimited } = P1;
  const faulty = [
    {},
    { member: { globalRole: 'x' } },
    { member: { projectRoles: [unlimited] } },
    { member: {}, dryRun: true },
  ];
  expect(faulty.map((body) => validateRoleWrite(body).length)).toEqual([1, 1, 1, 1]);
});
