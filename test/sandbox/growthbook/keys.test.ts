import { expect, test } from 'vitest';
import { bench, message, NOW, people, person, type Seen } from './client.ts';
import { type ApiKey, DEFAULT_KEY } from './state.ts';

const KEYS: ApiKey[] = [
  DEFAULT_KEY,
  { id: 'k_disabled', secret: 'disabled', role: 'admin', ended: 'disabled' },
  { id: 'k_expired', secret: 'expired', role: 'admin', ended: 'expired' },
  { id: 'k_left', secret: 'left', userId: 'u_left' },
];
const ADMIN = 'secret_admin_sandbox';

test.each([
  [undefined, 400, 'Missing Authorization header'],
  ['Token x', 400, 'Must use either a Bearer or Basic authentication scheme'],
  [`bearer ${ADMIN}`, 400, 'Must use either a Bearer or Basic authentication scheme'],
  ['Bearer', 400, 'Missing API key in Authorization header'],
  ['Bearer unknown', 401, 'Invalid API key'],
  ['Bearer disabled', 401, 'This API key has been disabled'],
  ['Bearer expired', 401, 'This API key has expired'],
  ['Bearer left', 401, 'Could not find user attached to this API key'],
])('authorization %s is a %i and is not counted by the limiter', async (authorization, status, text) => {
  const { call } = await bench({ keys: KEYS, requestsPerMinute: 1 });
  const headers = authorization === undefined ? {} : { authorization };
  for (let n = 0; n < 3; n += 1) {
    const seen = await call('/api/v1/members', { headers });
    expect(message(seen)).toEqual([status, text]);
    expect(seen.headers.get('RateLimit-Limit')).toBeNull();
  }
});

const NO_PERMISSION = 'You do not have permission to perform this action';
const ROLES = ['readonly', 'engineer', 'experimenter', 'noaccess', 'gbDefault_projectAdmin', 'Custom'];

test.each(ROLES)('a key with role %s may neither list nor update members', async (role) => {
  const keys = [{ id: 'k', secret: 'weak', role }];
  const { server, get, post } = await bench({ keys, customRoles: [{ id: 'Custom' }] });
  expect(message(await get('/members', 'weak'))).toEqual([403, NO_PERMISSION]);
  expect(message(await post('u_001', { member: { role: 'readonly' } }, 'weak'))).toEqual([
    403,
    NO_PERMISSION,
  ]);
  expect(server.writes).toEqual([]);
});

test('a custom role that manages teams is enough', async () => {
  const keys = [{ id: 'k', secret: 'least', role: 'Sync' }];
  const { get, post } = await bench({ keys, customRoles: [{ id: 'Sync', managesTeam: true }] });
  expect((await get('/members', 'least')).status).toBe(200);
  expect((await post('u_001', { member: { role: 'admin' } }, 'least')).status).toBe(200);
});

const rights = { role: 'admin', environments: [] };

test.each([
  ['a left-over additional role admin', { additionalRoles: [rights] }, 200],
  ['a team of role admin', { teams: ['team_admin'] }, 200],
  ['admin on a project', { projectRoles: [{ project: 'prj_1', ...rights }] }, 403],
  ['nothing else', {}, 403],
])('a member of role noaccess with %s, by its own token', async (_, row, status) => {
  const members = [person({ id: 'u_1', role: 'noaccess', ...row })];
  const teams = [{ id: 'team_admin', name: 'A', ...rights }];
  const { get } = await bench({ members, teams, keys: [{ id: 'k', secret: 'own', userId: 'u_1' }] });
  expect((await get('/members', 'own')).status).toBe(status);
});

test('who demotes itself by its own token can not come back, an organisation key can', async () => {
  const keys = [DEFAULT_KEY, { id: 'k', secret: 'own', userId: 'u_1' }];
  const { post } = await bench({ members: [person({ id: 'u_1', role: 'admin' })], keys });
  expect((await post('u_1', { member: { role: 'readonly' } }, 'own')).status).toBe(200);
  expect((await post('u_1', { member: { role: 'admin' } }, 'own')).status).toBe(403);
  expect((await post('u_1', { member: { role: 'admin' } })).status).toBe(200);
});

test('the 60th request of a minute passes and the 61st is a 429 that is not carried out', async () => {
  const { server, get, post } = await bench({ members: people(1) });
  for (let n = 0; n < 59; n += 1) await get('/members');
  const last = await get('/members');
  expect([last.status, last.headers.get('RateLimit-Remaining')]).toEqual([200, '0']);
  const seen = await post('u_001', { member: { role: 'readonly' } });
  expect(message(seen)).toEqual([429, 'Too many requests, limit to 60 per minute']);
  expect([server.member('u_001').role, server.writes.length]).toEqual(['collaborator', 0]);
});

test('Retry-After is always 60, only RateLimit-Reset has what is left', async () => {
  let now = NOW;
  const { get } = await bench({ now: () => now, requestsPerMinute: 1 });
  const first = await get('/members');
  const headers = (seen: Seen, ...names: string[]) => names.map((name) => seen.headers.get(name));
  const NAMES = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Retry-After'];
  expect(headers(first, ...NAMES)).toEqual(['1', '0', '60', null]);
  now += 57_350;
  const refused = await get('/members');
  expect([refused.status, ...headers(refused, ...NAMES)]).toEqual([429, '1', '0', '3', '60']);
  now += 2_649;
  expect((await get('/members')).status).toBe(429);
  now += 1;
  expect((await get('/members')).status).toBe(200);
});

test('keys are counted apart in one window that begins with the process', async () => {
  let now = NOW;
  const keys = [DEFAULT_KEY, { id: 'k_2', secret: 'second', role: 'admin' }];
  const { get } = await bench({ now: () => now, keys, requestsPerMinute: 1 });
  now += 57_000;
  expect((await get('/members')).status).toBe(200);
  const fresh = await get('/members', 'second');
  expect([fresh.status, fresh.headers.get('RateLimit-Reset')]).toEqual([200, '3']);
  now += 3_000;
  expect((await get('/members')).status).toBe(200);
});

test.each(['/', '/nowhere', '/members?foo=1', '/members?limit=1'])('%s counts', async (path) => {
  const { get } = await bench({ requestsPerMinute: 1 });
  expect((await get(path)).headers.get('RateLimit-Remaining')).toBe('0');
  expect((await get(path)).status).toBe(429);
});
