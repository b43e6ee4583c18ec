import { expect, test } from 'vitest';
import { bench, message, NOW, people, person, type Seen } from './client.ts';
import { validateEntry, validateQuery } from './openapi.ts';
import type { ApiKey } from './state.ts';

interface Listed {
  readonly id: string;
  readonly email: string;
  readonly globalRole: string;
}

const listed = ({ body }: Seen): readonly Listed[] => body['members'] as readonly Listed[];
const ids = (seen: Seen): string =>
  listed(seen)
    .map(({ id }) => id)
    .join(' ');

const TOO_SMALL = 'Querystring: [limit] Too small: expected number to be >=1';
const NOT_A_NUMBER = 'Querystring: [limit] Invalid input: expected number, received NaN';

test.each([
  ['limit=0', TOO_SMALL],
  ['limit=-1', TOO_SMALL],
  ['limit=', TOO_SMALL],
  ['limit=%20', TOO_SMALL],
  ['limit=101', 'Querystring: [limit] Too big: expected number to be <=100'],
  ['limit=abc', NOT_A_NUMBER],
  ['limit=5&limit=6', NOT_A_NUMBER],
  ['limit=1.5', 'Querystring: [limit] Invalid input: expected int, received number'],
  ['offset=-1', 'Querystring: [offset] Too small: expected number to be >=0'],
  ['foo=1', 'Querystring: [] Unrecognized key: "foo"'],
  ['skipPagination=true', 'Querystring: [] Unrecognized key: "skipPagination"'],
  ['project=prj_1', 'Querystring: [] Unrecognized key: "project"'],
])('members?%s is a 400', async (query, text) => {
  const { get } = await bench();
  expect(message(await get(`/members?${query}`))).toEqual([400, text]);
});

test.each([
  ['', { limit: 10, offset: 0, count: 10, total: 25, hasMore: true, nextOffset: 10 }],
  ['limit=1', { limit: 1, offset: 0, count: 1, total: 25, hasMore: true, nextOffset: 1 }],
  ['limit=100', { limit: 100, offset: 0, count: 25, total: 25, hasMore: false, nextOffset: null }],
  ['limit=1e1', { limit: 10, offset: 0, count: 10, total: 25, hasMore: true, nextOffset: 10 }],
  ['limit=0x5', { limit: 5, offset: 0, count: 5, total: 25, hasMore: true, nextOffset: 5 }],
  ['limit[]=5&offset=', { limit: 5, offset: 0, count: 5, total: 25, hasMore: true, nextOffset: 5 }],
  ['limit=10&offset=15', { limit: 10, offset: 15, count: 10, total: 25, hasMore: false, nextOffset: null }],
  ['limit=10&offset=14', { limit: 10, offset: 14, count: 10, total: 25, hasMore: true, nextOffset: 24 }],
  ['offset=25', { limit: 10, offset: 25, count: 0, total: 25, hasMore: false, nextOffset: null }],
])('members?%s is one page of the whole with its counts', async (query, counts) => {
  const { get } = await bench({ members: people(25) });
  const seen = await get(`/members?${query}`);
  const { members, ...rest } = seen.body;
  expect([seen.status, rest]).toEqual([200, counts]);
  expect(validateEntry('PaginationFields', rest)).toEqual([]);
  const first = counts.offset + 1;
  const expected = Array.from({ length: counts.count }, (_, n) => `u_${String(first + n).padStart(3, '0')}`);
  expect(ids(seen)).toBe(expected.join(' '));
});

test('members are sorted by id as people sort words', async () => {
  const { get } = await bench({ members: ['u_b', 'u_C', 'u_a', 'u_A'].map((id) => person({ id })) });
  expect(ids(await get('/members'))).toBe('u_a u_A u_b u_C');
});

test.each([
  ['userEmail=p002@example.org', 'u_002'],
  ['userEmail=P002@example.org', ''],
  ['userName=Person%20002', 'u_002'],
  ['userName=Person', ''],
  ['userName=', ''],
  ['globalRole=collaborator&limit=2', 'u_001 u_002'],
  ['globalRole=Collaborator', ''],
])('members?%s matches exactly or not at all', async (query, found) => {
  const { get } = await bench();
  expect(ids(await get(`/members?${query}`))).toBe(found);
});

test('an entry calls the role globalRole and managedbyIdp with a small b', async () => {
  const entry = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };
  const row = person({
    id: 'u_1',
    name: 'Ann',
    ...entry,
    projectRoles: [{ project: 'prj_1', ...entry }],
    additionalRoles: [entry],
    teams: ['team_1'],
    lastLoginDate: '2026-08-01T00:00:00.000Z',
    dateCreated: '2026-07-01T00:00:00.000Z',
    managedByIdp: true,
  });
  const { get } = await bench({ members: [row] });
  const { role, managedByIdp: _, ...rest } = row;
  const [found] = listed(await get('/members'));
  expect(found).toEqual({ ...rest, globalRole: role, managedbyIdp: true });
  expect(validateEntry('Member', found)).toEqual([]);
});

test('an old row lists what it has: no teams, environments, limits or project roles', async () => {
  const { get } = await bench({ members: [{ id: 'u_old', role: 'readonly', email: 'Old@Example.org' }] });
  expect(listed(await get('/members'))).toEqual([
    {
      id: 'u_old',
      name: '',
      email: 'Old@Example.org',
      globalRole: 'readonly',
      dateCreated: '2025-01-15T09:00:00.000Z',
      managedbyIdp: false,
    },
  ]);
});

test('a ghost is neither listed nor counted', async () => {
  const { get } = await bench({ members: [...people(2), { id: 'u_ghost', role: 'admin' }] });
  const seen = await get('/members');
  expect([ids(seen), seen.body['total']]).toEqual(['u_001 u_002', 2]);
});

test('an e-mail is remembered for 15 minutes, a role never', async () => {
  let now = NOW;
  const { server, get } = await bench({ now: () => now });
  await get('/members');
  server.state.users.set('u_001', { email: 'new@example.org', dateCreated: '2026-01-01T00:00:00.000Z' });
  server.member('u_001').role = 'readonly';
  now += 15 * 60_000 - 1;
  expect(listed(await get('/members'))[0]).toMatchObject({
    email: 'p001@example.org',
    globalRole: 'readonly',
  });
  expect(ids(await get('/members?userEmail=new@example.org'))).toBe('');
  now += 1;
  expect(listed(await get('/members'))[0]).toMatchObject({ email: 'new@example.org' });
});

test.each([
  ['GET', '/api/v1/members/u_001'],
  ['PUT', '/api/v1/members/u_001'],
  ['PATCH', '/api/v1/members/u_001'],
  ['POST', '/api/v1/members'],
  ['GET', '/api/v1/members/u_001/role'],
  ['GET', '/api/v1/custom-roles'],
])('%s %s is no endpoint', async (method, path) => {
  const { call } = await bench();
  const headers = { authorization: 'Bearer secret_admin_sandbox' };
  expect(message(await call(path, { method, headers }))).toEqual([404, 'Unknown API endpoint']);
});

test.each(['/api', '/api/', '/api/v1', '/api/v1/'])('%s has the version for a key', async (path) => {
  const { call } = await bench();
  const seen = await call(path, { headers: { authorization: 'Bearer secret_admin_sandbox' } });
  const build = { sha: '', date: '', lastVersion: '5.0.1' };
  expect([seen.status, seen.body]).toEqual([200, { name: 'GrowthBook API', apiVersion: 1, build }]);
  expect((await call(path)).status).toBe(400);
});

test.each([
  ['prj_1', 200],
  ['prj_2', 400],
  ['P1', 400],
  ['PRJ_1', 400],
])('project %s by id is a %i: a name or another case is not an id', async (id, status) => {
  const { get } = await bench();
  const seen = await get(`/projects/${id}`);
  expect(seen.status).toBe(status);
  if (status === 400) return expect(seen.body).toEqual({ message: 'Could not find project with that id' });
  expect(validateEntry('Project', seen.body['project'])).toEqual([]);
});

test('the list of projects is what the key may read', async () => {
  const keys: ApiKey[] = [
    { id: 'k', secret: 'none', role: 'noaccess' },
    { id: 'u', secret: 'own', userId: 'u_1' },
  ];
  const entry = { project: 'prj_2', role: 'readonly', environments: [] };
  const members = [person({ id: 'u_1', role: 'noaccess', projectRoles: [entry] })];
  const projects = ['prj_1', 'prj_2'].map((id) => ({ id, name: id }));
  const { get } = await bench({ keys, members, projects });
  expect(await get('/projects', 'none')).toMatchObject({ status: 200, body: { projects: [], total: 0 } });
  expect(await get('/projects', 'own')).toMatchObject({ status: 200, body: { projects: [{ id: 'prj_2' }] } });
});

test('the settings have the role of new sign-ins', async () => {
  const defaultRole = { role: 'collaborator', environments: [], limitAccessByEnvironment: false };
  const { get } = await bench({ defaultRole });
  expect(await get('/settings')).toMatchObject({ status: 200, body: { settings: { defaultRole } } });
});

test('the environments are those that a row may name, on one page', async () => {
  const { get, post } = await bench({ environments: ['dev', 'staging'] });
  const { body } = await get('/environments?limit=0');
  expect(body).toMatchObject({ environments: [{ id: 'dev' }, { id: 'staging' }] });
  const limited = (environment: string) => ({ member: { role: 'engineer', environments: [environment] } });
  expect((await post('u_001', limited('staging'))).status).toBe(200);
  expect((await post('u_001', limited('moon'))).status).toBe(400);
});

test('between two pages one member is removed and one added: the count stays, one is missing and one is no more', async () => {
  const { server, get } = await bench({ members: people(4) });
  server.onRequest({ method: 'GET', path: '/api/v1/members', nth: 2 }, () => {
    server.state.members = [
      ...server.state.members.filter(({ id }) => id !== 'u_001'),
      { id: 'u_new', role: 'admin' },
    ];
    server.state.users.set('u_new', { email: 'new@example.org', dateCreated: '2026-01-01T00:00:00.000Z' });
  });
  const first = await get('/members?limit=2');
  const second = await get('/members?limit=2&offset=2');
  expect([ids(first), ids(second)]).toEqual(['u_001 u_002', 'u_004 u_new']);
  expect([first.body['total'], second.body['total']]).toEqual([4, 4]);
});

test('the published parameters know what a whole traversal asks, and nothing that is refused', () => {
  const faults = (query: string) => validateQuery('/v1/members', new URLSearchParams(query)).length;
  expect(['limit=100&offset=200', 'limit=1', 'userEmail=a'].map(faults)).toEqual([0, 0, 0]);
  expect(['limit=0', 'limit=101', 'foo=1', 'limit=1&limit=2', 'offset=-1'].map(faults)).toEqual([
    1, 1, 1, 1, 1,
  ]);
});
