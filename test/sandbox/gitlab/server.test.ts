import { expect, onTestFinished, test } from 'vitest';
import { type GitLabOptions, startGitLab } from './server.ts';
import { type GitLabUser, waitingUser } from './users.ts';

const NOW = Date.UTC(2024, 4, 1, 12, 0, 30);
const ADMIN = { 'PRIVATE-TOKEN': 'admin-token' };
const KEYSET = 'pagination=keyset&per_page=100&order_by=id&sort=asc';

async function gitlab(options: Partial<GitLabOptions> = {}) {
  const server = await startGitLab({ users: [], token: 'admin-token', now: () => NOW, ...options });
  onTestFinished(() => server.close());
  const call = async (path: string, init: RequestInit = { headers: ADMIN }) => {
    const response = await fetch(path.startsWith('http') ? path : `${server.origin}/api/v4${path}`, init);
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  const approve = (id: number, headers: Record<string, string> = ADMIN) =>
    call(`/users/${id}/approve`, { method: 'POST', headers });
  return { server, call, approve };
}

const waiting = (count: number): GitLabUser[] =>
  Array.from({ length: count }, (_, index) =>
    waitingUser({ id: index + 1, username: `person-${index + 1}` }),
  );

/** One account of each state and kind; ids from 1 in this order. */
const zoo = (): GitLabUser[] => [
  waitingUser({ id: 1, username: 'waiting' }),
  waitingUser({ id: 2, username: 'active', state: 'active' }),
  waitingUser({ id: 3, username: 'blocked', state: 'blocked' }),
  waitingUser({ id: 4, username: 'ldap-blocked', state: 'ldap_blocked' }),
  waitingUser({ id: 5, username: 'deactivated', state: 'deactivated' }),
  waitingUser({ id: 6, username: 'banned', state: 'banned' }),
  waitingUser({ id: 7, username: 'project-bot', userType: 'project_bot' }),
  waitingUser({ id: 8, username: 'service', userType: 'service_account' }),
  waitingUser({ id: 9, username: 'ghost', userType: 'ghost', state: 'active' }),
  waitingUser({ id: 10, username: 'outside', external: true, admin: true }),
];

const names = (body: readonly { username: string }[]) => body.map(({ username }) => username).join(' ');

test.each([
  ['', 'waiting active blocked ldap-blocked deactivated banned project-bot service ghost outside'],
  ['&exclude_active=true', 'waiting blocked ldap-blocked deactivated banned project-bot service outside'],
  ['&exclude_active=true&humans=true', 'waiting blocked ldap-blocked deactivated banned outside'],
  ['&blocked=true', 'blocked ldap-blocked'],
  [
    '&state=blocked_pending_approval&exclude_active=true&humans=true',
    'waiting blocked ldap-blocked deactivated banned outside',
  ],
  ['&username=WAITING', 'waiting'],
])('a list filtered by %j has %j', async (filter, expected) => {
  const { call } = await gitlab({ users: zoo() });
  const { body } = await call(`/users?${KEYSET}${filter}`);
  expect(names(body)).toBe(expected);
});

test('a filter that the version does not know changes nothing', async () => {
  const { call } = await gitlab({ users: zoo(), ignoredFilters: ['humans'] });
  const { body } = await call(`/users?${KEYSET}&exclude_active=true&humans=true`);
  expect(names(body)).toContain('project-bot');
  expect(body.find(({ username }: GitLabUser) => username === 'project-bot').bot).toBe(true);
  expect(body.find(({ username }: GitLabUser) => username === 'waiting').bot).toBe(false);
});

test('keyset pages are followed by Link until there is none', async () => {
  const { call } = await gitlab({ users: waiting(250) });
  const ids: number[] = [];
  let pages = 0;
  for (let next: string | undefined = `/users?${KEYSET}`; next !== undefined; pages += 1) {
    const { headers, body } = await call(next);
    ids.push(...body.map(({ id }: { id: number }) => id));
    expect(headers.has('x-total')).toBe(false);
    next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
  }
  expect(pages).toBe(3);
  expect(ids).toEqual(waiting(250).map(({ id }) => id));
});

test('a last keyset page that is full has no Link', async () => {
  const { call } = await gitlab({ users: waiting(100) });
  expect((await call(`/users?${KEYSET}`)).headers.has('link')).toBe(false);
});

test('keyset pages miss nobody when an earlier row goes away in between', async () => {
  const { server, call } = await gitlab({ users: waiting(150) });
  const first = await call(`/users?${KEYSET}`);
  server.state.users.splice(0, 50);
  const next = /<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const { body } = await call(next);
  expect(body[0].id).toBe(101);
  expect(body).toHaveLength(50);
});

test('links name the configured host with the scheme of the request', async () => {
  const { call } = await gitlab({ users: waiting(101), externalHost: 'gitlab.example:8443' });
  const linkFor = async (more: Record<string, string>) =>
    (await call(`/users?${KEYSET}`, { headers: { ...ADMIN, ...more } })).headers.get('link');
  expect(await linkFor({})).toMatch(/^<http:\/\/gitlab\.example:8443\/api\/v4\/users\?/);
  expect(await linkFor({ 'x-forwarded-proto': 'https' })).toMatch(/^<https:\/\/gitlab\.example:8443\//);
});

test('in Admin Mode a token without admin_mode is answered as anybody’s', async () => {
  const tokens = { plain: { admin: true, scopes: ['api'] as const } };
  const { call, approve } = await gitlab({ users: waiting(1), tokens, adminMode: true });
  const seen = async (headers: Record<string, string>) => (await call('/users', { headers })).body[0];
  expect(await seen(ADMIN)).toHaveProperty('identities');
  expect(await seen({ 'PRIVATE-TOKEN': 'plain' })).not.toHaveProperty('identities');
  expect((await approve(1, { 'PRIVATE-TOKEN': 'plain' })).status).toBe(403);
  expect((await approve(1)).status).toBe(201);
  const off = await gitlab({ users: waiting(1), tokens });
  expect((await off.approve(1, { 'PRIVATE-TOKEN': 'plain' })).status).toBe(201);
});

test('a page has at most 100 rows whatever is asked', async () => {
  const { call } = await gitlab({ users: waiting(120) });
  expect((await call('/users?per_page=500')).body).toHaveLength(100);
});

test.each([
  ['humans=perhaps', 'humans is invalid'],
  ['order_by=email', 'order_by does not have a valid value'],
  ['sort=up', 'sort does not have a valid value'],
  ['per_page=0', 'per_page does not have a valid value'],
  ['pagination=keyset&cursor=e30', 'cursor is invalid'],
])('a list with %s is refused', async (query, error) => {
  const { call } = await gitlab({ users: waiting(1) });
  expect(await call(`/users?${query}`)).toMatchObject({ status: 400, body: { error } });
});

const TOKENS: GitLabOptions['tokens'] = {
  member: { admin: false, scopes: ['api'] },
  reader: { admin: true, scopes: ['read_user'] },
  registry: { admin: true, scopes: ['read_repository'] },
  old: { admin: true, scopes: ['api'], ended: 'expired' },
  gone: { admin: true, scopes: ['api'], ended: 'revoked' },
};

test('an administrator sees identities and addresses, in the list and of one', async () => {
  const { call } = await gitlab({ users: waiting(1) });
  const seen = {
    email: 'person-1@example.org',
    identities: [{ provider: 'openid_connect', extern_uid: 'person-1' }],
  };
  expect((await call('/users')).body[0]).toMatchObject(seen);
  expect((await call('/users/1')).body).toMatchObject(seen);
});

test('others see neither, are not shown blocked accounts, and can not choose the order', async () => {
  const { call } = await gitlab({ users: zoo(), tokens: TOKENS });
  const headers = { authorization: 'Bearer member' };
  const { body } = await call(`/users?${KEYSET}`, { headers });
  expect(names(body)).toBe('outside ghost service project-bot deactivated active waiting');
  expect(Object.keys(body[0])).not.toContain('identities');
  expect(Object.keys(body[0])).not.toContain('email');
  expect((await call('/users/1', { headers })).body).not.toHaveProperty('identities');
});

test('a token is taken from either header', async () => {
  const { call } = await gitlab({ users: waiting(1) });
  expect(
    (await call('/users', { headers: { Authorization: 'Bearer admin-token' } })).body[0].identities,
  ).toHaveLength(1);
});

const REFUSED: readonly [string, Record<string, string>, number, object][] = [
  ['no token', {}, 403, { message: '403 Forbidden - Not authorized to access /api/v4/users' }],
  ['an unknown token', { 'PRIVATE-TOKEN': 'x' }, 401, { message: '401 Unauthorized' }],
  ['an expired token', { 'PRIVATE-TOKEN': 'old' }, 401, { error: 'invalid_token' }],
  ['a revoked token', { 'PRIVATE-TOKEN': 'gone' }, 401, { error: 'invalid_token' }],
  [
    'a scope too few',
    { 'PRIVATE-TOKEN': 'registry' },
    403,
    { error: 'insufficient_scope', scope: 'api read_api read_user' },
  ],
];

test.each(REFUSED)('a list asked with %s is refused', async (_name, headers, status, body) => {
  const { call } = await gitlab({ users: waiting(1), tokens: TOKENS });
  expect(await call('/users', { headers })).toMatchObject({ status, body });
});

test('anybody may ask for one username', async () => {
  const { call } = await gitlab({ users: waiting(2) });
  expect((await call('/users?username=person-2', { headers: {} })).body).toHaveLength(1);
});

test('one account that is not there is 404', async () => {
  const { call } = await gitlab();
  expect(await call('/users/7')).toMatchObject({ status: 404, body: { message: '404 User Not Found' } });
});

test('an unknown address is 404 of another form', async () => {
  const { call } = await gitlab();
  expect(await call('/people')).toMatchObject({ status: 404, body: { error: '404 Not Found' } });
});

test('an approval makes the account active, once', async () => {
  const { server, call, approve } = await gitlab({ users: waiting(2) });
  expect(await approve(2)).toMatchObject({ status: 201, body: { message: 'Success' } });
  expect((await call('/users/2')).body.state).toBe('active');
  const again = { message: 'The user you are trying to approve is not pending approval' };
  expect(await approve(2)).toMatchObject({ status: 409, body: again });
  expect(server.approvals).toEqual([{ id: 2, username: 'person-2', at: NOW }]);
});

test.each(['active', 'blocked', 'ldap_blocked', 'deactivated', 'banned'] as const)(
  'an account that is %s is not approved',
  async (state) => {
    const { server, approve } = await gitlab({ users: [waitingUser({ id: 1, username: 'a', state })] });
    expect((await approve(1)).status).toBe(409);
    expect(server.state.users[0]?.state).toBe(state);
    expect(server.approvals).toEqual([]);
  },
);

test.each<[string, number, Record<string, string>, number, object]>([
  ['nobody signed in', 1, {}, 401, { message: '401 Unauthorized' }],
  ['a member', 1, { 'PRIVATE-TOKEN': 'member' }, 403, { message: 'You are not allowed to approve a user' }],
  [
    'a token that only reads',
    1,
    { 'PRIVATE-TOKEN': 'reader' },
    403,
    { error: 'insufficient_scope', scope: 'api' },
  ],
  ['an account that is gone', 9, ADMIN, 404, { message: '404 User Not Found' }],
  ['an account that is not valid', 2, ADMIN, 422, { message: 'Username is too long' }],
])('an approval with %s fails and changes nothing', async (_name, id, headers, status, body) => {
  const users = [...waiting(1), waitingUser({ id: 2, username: 'b', invalid: 'Username is too long' })];
  const { server, approve } = await gitlab({ users, tokens: TOKENS });
  expect(await approve(id, headers)).toMatchObject({ status, body });
  expect(server.approvals).toEqual([]);
  expect(server.state.users.map(({ state }) => state)).toEqual([
    'blocked_pending_approval',
    'blocked_pending_approval',
  ]);
});

test('somebody else may be faster between two requests', async () => {
  const { server, approve } = await gitlab({ users: waiting(1) });
  server.state.before = ({ method }) => {
    if (method === 'POST')
      server.state.users[0] = waitingUser({ id: 1, username: 'person-1', state: 'active' });
  };
  expect((await approve(1)).status).toBe(409);
});

test('every request is recorded, refused ones too', async () => {
  const { server, call, approve } = await gitlab({ users: waiting(1) });
  await call('/users', { headers: {} });
  await approve(5);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v4/users',
    'POST /api/v4/users/5/approve',
  ]);
  expect(server.peak).toBe(1);
});
