import { expect, onTestFinished, test } from 'vitest';
import { startGerrit } from './gerrit.ts';

const group = (number: number, name: string, members: number[], includes: string[] = []) => ({
  id: String(number).padStart(40, '0'),
  number,
  name,
  members,
  includes,
});

const idOf = (number: number) => String(number).padStart(40, '0');

async function gerrit() {
  const server = await startGerrit({
    user: 'glaab',
    password: 'p:w d',
    accounts: [
      { id: 1, username: 'ann', name: 'Ann Example', email: 'ann@example.org' },
      { id: 2, username: 'ben', name: 'Ben', email: 'ben@example.org', inactive: true },
      { id: 3, username: 'cas', name: 'Cas', email: 'cas@example.org' },
      { id: 4, name: 'Dan', email: 'dan@example.org' },
      { id: 5, username: 'eve', name: 'Eve', email: 'eve@example.org' },
      { id: 9, username: 'glaab', name: 'Robot', email: 'robot@example.org' },
    ],
    groups: [
      group(10, 'Trusted-Contributors', [1, 2], [idOf(11), 'ldap:cn=wmf,ou=groups', idOf(13)]),
      group(11, 'Inner', [3], [idOf(12), idOf(10)]),
      group(12, 'Innermost', [4, 1]),
      { ...group(13, 'Secret', [5]), hidden: true },
      { ...group(14, 'ldap/wmf', [5]), id: 'ldap:cn=wmf,ou=groups' },
      { ...group(15, 'Registered Users', []), id: 'global:Registered-Users' },
    ],
    now: () => 0,
  });
  onTestFinished(() => server.close());
  const authorization = `Basic ${Buffer.from('glaab:p:w d').toString('base64')}`;
  const raw = async (path: string, headers: Record<string, string> = { authorization }) => {
    const response = await fetch(`${server.url}${path}`, { headers });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };
  const json = async (path: string) => {
    const { text } = await raw(path);
    expect(text.slice(0, 5)).toBe(")]}'\n");
    return JSON.parse(text.slice(5));
  };
  return { server, raw, json };
}

type Row = { _account_id: number };
const ids = (rows: readonly Row[]) => rows.map(({ _account_id }) => _account_id).toSorted((a, b) => a - b);

test.each([
  ['/a/groups/Trusted-Contributors/members/', [1, 2]],
  ['/a/groups/Trusted-Contributors/members', [1, 2]],
  ['/a/groups/10/members/', [1, 2]],
  [`/a/groups/${idOf(10)}/members/`, [1, 2]],
  ['/a/groups/Trusted-Contributors/members/?recursive', [1, 2, 3, 4]],
  ['/a/groups/Trusted-Contributors/members/?recursive=true', [1, 2, 3, 4]],
  ['/a/groups/Trusted-Contributors/members/?recursive=false', [1, 2]],
])('%s lists %j', async (path, expected) => {
  const { json } = await gerrit();
  expect(ids(await json(path))).toEqual(expected);
});

test('members have their username, and inactive ones are marked', async () => {
  const { json } = await gerrit();
  expect(await json('/a/groups/10/members/')).toEqual([
    { _account_id: 1, name: 'Ann Example', email: 'ann@example.org', username: 'ann' },
    { _account_id: 2, name: 'Ben', email: 'ben@example.org', username: 'ben', inactive: true },
  ]);
  const members = await json('/a/groups/12/members/');
  expect(members.find(({ _account_id }: Row) => _account_id === 4)).not.toHaveProperty('username');
});

test.each([
  ['/a/groups/Nobody/members/', 404],
  ['/a/groups/Secret/members/', 404],
  ['/a/groups/ldap%3Acn%3Dwmf%2Cou%3Dgroups/members/', 405],
  ['/a/groups/Registered%20Users/members/', 405],
  ['/a/projects/', 404],
  ['/groups/Trusted-Contributors/members/', 404],
])('%s is %i in plain text', async (path, expected) => {
  const { raw } = await gerrit();
  const { status, type, text } = await raw(path);
  expect([status, type]).toEqual([expected, 'text/plain; charset=utf-8']);
  expect(text).not.toContain(")]}'");
});

test('a group that is not visible to all shows the caller alone, without included groups', async () => {
  const { server, raw, json } = await gerrit();
  const trusted = server.state.groups[0];
  if (!trusted) throw new Error('no group');
  trusted.visibleToAll = false;
  expect((await raw('/a/groups/10/members/?recursive')).status).toBe(404);
  trusted.members.push(9);
  expect(ids(await json('/a/groups/10/members/?recursive'))).toEqual([9]);
});

test('an included group that the caller cannot see adds nobody', async () => {
  const { server, json } = await gerrit();
  const inner = server.state.groups.find(({ name }) => name === 'Inner');
  if (!inner) throw new Error('no group');
  inner.visibleToAll = false;
  expect(ids(await json('/a/groups/10/members/?recursive'))).toEqual([1, 2]);
});

test.each([
  ['nothing', {}],
  ['another password', { authorization: `Basic ${Buffer.from('glaab:other').toString('base64')}` }],
  ['another user', { authorization: `Basic ${Buffer.from('ann:p:w d').toString('base64')}` }],
])('signing in with %s is refused in plain text', async (_name, headers) => {
  const { raw } = await gerrit();
  expect(await raw('/a/groups/10/members/', headers)).toMatchObject({
    status: 401,
    type: 'text/plain; charset=utf-8',
    text: 'Unauthorized',
  });
});

test('nothing can be written', async () => {
  const { server, raw } = await gerrit();
  await raw('/a/groups/10/members/');
  const authorization = `Basic ${Buffer.from('glaab:p:w d').toString('base64')}`;
  const response = await fetch(`${server.url}/a/groups/10/members/cas`, {
    method: 'PUT',
    headers: { authorization },
  });
  expect(response.status).toBe(405);
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'PUT']);
});
