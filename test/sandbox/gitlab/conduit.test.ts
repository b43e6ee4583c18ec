import { expect, onTestFinished, test } from 'vitest';
import { type ConduitOptions, startConduit } from './conduit.ts';
import { normalizeSlug } from './conduit-projects.ts';

const TOKEN = `api-${'a'.repeat(28)}`;

const ACCOUNTS = (): ConduitOptions['accounts'] => [
  { phid: 'PHID-USER-bot', userName: 'glaab', realName: 'Robot', bot: true },
  { phid: 'PHID-USER-ann', userName: 'ann', realName: 'Ann', ldapName: 'Ann Example' },
  { phid: 'PHID-USER-ben', userName: 'ben', realName: 'Ben', ldapName: 'Ben', disabled: true },
  { phid: 'PHID-USER-ben2', userName: 'ben-again', realName: 'Ben', ldapName: 'Ben' },
  { phid: 'PHID-USER-cas', userName: 'cas', realName: 'Cas' },
];

const PROJECTS = (): ConduitOptions['projects'] => [
  {
    id: 3104,
    phid: 'PHID-PROJ-trust',
    name: 'Trusted-Contributors',
    slugs: ['trusted-contributors'],
    members: ['PHID-USER-ann'],
  },
  { id: 7, phid: 'PHID-PROJ-old', name: 'Old', slugs: ['old'], members: ['PHID-USER-ann'], archived: true },
  { id: 8, phid: 'PHID-PROJ-misc', name: 'Some Thing', slugs: ['some_thing'], members: [] },
];

async function conduit(options: Partial<ConduitOptions> = {}) {
  const server = await startConduit({
    token: TOKEN,
    user: 'glaab',
    accounts: ACCOUNTS(),
    projects: PROJECTS(),
    now: () => 0,
    ...options,
  });
  onTestFinished(() => server.close());
  const post = async (method: string, body: URLSearchParams) => {
    const response = await fetch(`${server.origin}/api/${method}`, { method: 'POST', body });
    expect(response.status).toBe(200);
    return JSON.parse(await response.text());
  };
  const byJson = (method: string, params: object, token = TOKEN) =>
    post(
      method,
      new URLSearchParams({ params: JSON.stringify({ ...params, __conduit__: { token } }), output: 'json' }),
    );
  return { server, byJson };
}

test('user.whoami names the owner of the token', async () => {
  const { byJson } = await conduit();
  const answer = { result: { userName: 'glaab', phid: 'PHID-USER-bot' }, error_code: null, error_info: null };
  expect(await byJson('user.whoami', {})).toMatchObject(answer);
});

test.each<[string, string, string]>([
  ['', 'ERR-INVALID-SESSION', 'Session key is not present.'],
  [
    'api-short',
    'ERR-INVALID-AUTH',
    'API token "api-short" has the wrong length. API tokens should be 32 characters long.',
  ],
  [`xyz-${'a'.repeat(28)}`, 'ERR-INVALID-AUTH', 'begin with one of these prefixes: api, cli, clr.'],
  [`api-${'b'.repeat(28)}`, 'ERR-INVALID-AUTH', 'is not valid.'],
])('the token %j is refused inside a 200', async (token, code, info) => {
  const { byJson } = await conduit();
  const answer = { result: null, error_code: code, error_info: expect.stringContaining(info) };
  expect(await byJson('user.whoami', {}, token)).toEqual(answer);
});

test('a disabled account may not use the API', async () => {
  const { byJson } = await conduit({ user: 'ben' });
  expect(await byJson('user.whoami', {})).toMatchObject({
    error_code: 'ERR-INVALID-AUTH',
    error_info: 'User account is not permitted to use the API.',
  });
});

test('a body of JSON is refused', async () => {
  const { server } = await conduit();
  const response = await fetch(`${server.origin}/api/user.whoami`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ __conduit__: { token: TOKEN } }),
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    error_code: 'ERR-CONDUIT-CORE',
    error_info: expect.stringContaining('Use form-encoded data'),
  });
});

test('params that are no JSON object are refused', async () => {
  const { server } = await conduit();
  for (const params of ['{', '[]']) {
    const body = new URLSearchParams({ params });
    const response = await fetch(`${server.origin}/api/user.whoami`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ error_code: 'ERR-CONDUIT-CORE' });
  }
});

test('unknown methods and parameters are refused', async () => {
  const { byJson } = await conduit();
  expect(await byJson('user.edit', {})).toMatchObject({ error_code: 'ERR-CONDUIT-CALL' });
  expect(await byJson('user.whoami', { who: 1 })).toMatchObject({
    error_code: 'ERR-CONDUIT-CALL',
    error_info: `API Method "user.whoami" does not define these parameters: 'who'.`,
  });
});

test('user.ldapquery leaves out unknown names as long as one is linked', async () => {
  const { byJson } = await conduit();
  const result = [{ phid: 'PHID-USER-ann', userName: 'ann', ldap_username: 'Ann Example' }];
  expect(await byJson('user.ldapquery', { ldapnames: ['Nobody', 'Ann Example'] })).toMatchObject({ result });
});

test.each([
  [['Nobody', 'Else'], 'Nobody, Else'],
  [['ann example'], 'ann example'],
  [['Cas'], 'Cas'],
  [[], ''],
])('user.ldapquery of %j alone is an error and no empty list', async (ldapnames, printed) => {
  const { byJson } = await conduit();
  expect(await byJson('user.ldapquery', { ldapnames })).toEqual({
    result: null,
    error_code: 'ERR-INVALID-PARAMETER',
    error_info: `Unknown or missing ldap names: ${printed}`,
  });
});

test('user.ldapquery gives every account of one name, with roles', async () => {
  const { byJson } = await conduit();
  const { result } = await byJson('user.ldapquery', { ldapnames: ['Ben'] });
  expect(result.map(({ phid, roles }: { phid: string; roles: string[] }) => [phid, roles])).toEqual([
    ['PHID-USER-ben', ['disabled', 'verified', 'approved']],
    ['PHID-USER-ben2', ['verified', 'approved', 'activated']],
  ]);
  const second = await byJson('user.ldapquery', { ldapnames: ['Ben'], offset: 1, limit: 1 });
  expect(second.result.map(({ phid }: { phid: string }) => phid)).toEqual(['PHID-USER-ben2']);
});

test.each<[string, object, string[]]>([
  ['an ordinary account', {}, ['verified', 'approved', 'activated']],
  ['a disabled one', { disabled: true }, ['disabled', 'verified', 'approved']],
  ['one that waits for approval', { unapproved: true }, ['verified']],
  ['one with an e-mail that is not verified', { unverified: true }, ['unverified', 'approved']],
  ['a bot', { bot: true }, ['agent', 'verified', 'approved', 'activated']],
  ['a mailing list', { list: true }, ['list', 'verified', 'approved', 'activated']],
])('the roles of %s', async (_, flags, roles) => {
  const { server, byJson } = await conduit();
  server.state.accounts.push({
    phid: 'PHID-USER-dov',
    userName: 'dov',
    realName: 'Dov',
    ldapName: 'Dov',
    ...flags,
  });
  expect((await byJson('user.ldapquery', { ldapnames: ['Dov'] })).result).toMatchObject([{ roles }]);
});

test('a name with spaces at its end matches the name without them', async () => {
  const { byJson } = await conduit();
  expect((await byJson('user.ldapquery', { ldapnames: ['Ann Example  '] })).result).toMatchObject([
    { userName: 'ann', ldap_username: 'Ann Example' },
  ]);
});

const page = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('content-type'),
  text: await response.text(),
});
const HTML = 'text/html; charset=UTF-8';

test('ldapnames as text instead of a list is status 500 with a page', async () => {
  const { server } = await conduit();
  const params = { ldapnames: 'Ann Example', __conduit__: { token: TOKEN } };
  const body = new URLSearchParams({ params: JSON.stringify(params), output: 'json' });
  const answer = await fetch(`${server.origin}/api/user.ldapquery`, { method: 'POST', body });
  expect(await page(answer)).toMatchObject({ status: 500, type: HTML });
});

test('parameters by GET are answered with a session error', async () => {
  const { server } = await conduit();
  const answer = await fetch(`${server.origin}/api/user.whoami?api.token=${TOKEN}`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { error_code: 'ERR-INVALID-SESSION' }]);
});

test('an unknown page is status 200 with HTML', async () => {
  const { server } = await conduit();
  expect(await page(await fetch(`${server.origin}/conduit/api`))).toMatchObject({ status: 200, type: HTML });
});

test.each([
  ['absent', 'nowhere'],
  ['archived', 'old'],
  ['hidden', 'secret'],
])('a project that is %s is an empty list', async (_, slug) => {
  const projects = [
    ...PROJECTS(),
    { id: 9, phid: 'PHID-PROJ-secret', name: 'S', slugs: ['secret'], members: [], hidden: true },
  ];
  const { byJson } = await conduit({ projects });
  expect((await byJson('project.search', { constraints: { slugs: [slug] } })).result.data).toEqual([]);
});

type Search = { data: { phid: string }[] };
const phids = ({ result }: { result: Search }) => result.data.map(({ phid }) => phid);

test.each<[object, string[]]>([
  [{ slugs: ['trusted-contributors'] }, ['PHID-PROJ-trust']],
  [{ slugs: ['Trusted-Contributors'] }, ['PHID-PROJ-trust']],
  [{ slugs: ['trusted_contributors'] }, []],
  [{ slugs: ['Some Thing'] }, ['PHID-PROJ-misc']],
  [{ phids: ['PHID-PROJ-trust'] }, ['PHID-PROJ-trust']],
  [{ phids: ['PHID-PROJ-old'] }, []],
  // An empty list constrains nothing.
  [{ phids: [], slugs: [] }, ['PHID-PROJ-trust', 'PHID-PROJ-misc']],
])('project.search with %j finds %j', async (constraints, expected) => {
  const { byJson } = await conduit();
  expect(phids(await byJson('project.search', { constraints }))).toEqual(expected);
});

test('project.search attaches the whole list of members when asked', async () => {
  const many = Array.from({ length: 251 }, (_, n) => `PHID-USER-${n}`);
  const { server, byJson } = await conduit();
  server.state.projects[0]?.members.push(...many);
  const constraints = { slugs: ['trusted-contributors'] };
  const { result } = await byJson('project.search', { constraints, attachments: { members: true } });
  expect(result.data[0].attachments.members.members).toHaveLength(252);
  const bare = await byJson('project.search', { constraints });
  expect(bare.result.data[0].attachments).toEqual({});
});

test.each<[object, string]>([
  [{ constraints: { names: ['a'] } }, 'ERR-INVALID-CONSTRAINT'],
  [{ constraints: { slugs: 'a' } }, 'ERR-CONDUIT-CORE'],
  [{ attachments: { people: true } }, 'ERR-INVALID-ATTACHMENT'],
  [{ limit: 5 }, 'ERR-CONDUIT-CALL'],
])('project.search refuses %j', async (params, error_code) => {
  const { byJson } = await conduit();
  expect(await byJson('project.search', params)).toMatchObject({ result: null, error_code });
});

test.each([
  ['Trusted-Contributors', 'trusted-contributors'],
  ['Trusted Contributors', 'trusted_contributors'],
  [' A  (B)! ', 'a_b'],
])('the slug of %j is %j', (name, slug) => {
  expect(normalizeSlug(name)).toBe(slug);
});

test('every call is recorded', async () => {
  const { server, byJson } = await conduit();
  await byJson('user.whoami', {});
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/user.whoami']);
});
