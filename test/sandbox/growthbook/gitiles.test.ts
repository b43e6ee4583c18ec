import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { dataYaml } from './data-yaml.ts';
import { startGitiles } from './gitiles.ts';

const NOW = Date.UTC(2026, 7, 18, 9, 5, 7);
const PATH = 'modules/admin/data/data.yaml';
const FIRST = '1'.repeat(40);
const SECOND = '2'.repeat(40);

async function gitiles() {
  const production = { [FIRST]: { [PATH]: 'old é\n' }, [SECOND]: { [PATH]: 'new é\n', 'README.md': '' } };
  const server = await startGitiles({ files: { production }, now: () => NOW });
  onTestFinished(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(path.startsWith('http') ? path : `${server.origin}${server.prefix}${path}`);
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), text: await response.text() };
  };
  return { server, get };
}

const decoded = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

test('a branch as JSON is its newest commit after a line that is no JSON', async () => {
  const { get } = await gitiles();
  const { status, type, text } = await get('/+/refs/heads/production?format=JSON');
  expect([status, type]).toEqual([200, 'application/json; charset=utf-8']);
  expect(text.slice(0, 5)).toBe(")]}'\n");
  expect(JSON.parse(text.slice(5))).toMatchObject({
    commit: SECOND,
    committer: { time: 'Tue Aug 18 09:05:07 2026 +0000' },
  });
});

test.each([
  [`/+/refs/heads/production/${PATH}?format=TEXT`, 'new é\n'],
  [`/+/${SECOND}/${PATH}?format=TEXT`, 'new é\n'],
  [`/+/${FIRST}/${PATH}?format=TEXT`, 'old é\n'],
])('%s is the file in base64', async (path, content) => {
  const { get } = await gitiles();
  const { status, type, text } = await get(path);
  expect([status, type, decoded(text)]).toEqual([200, 'text/plain; charset=utf-8', content]);
});

test('a file may be any bytes of any size', async () => {
  const { server, get } = await gitiles();
  const latin1 = Buffer.from('groups: {caf\xe9: {}}\n', 'latin1');
  const large = Buffer.alloc(5 * 2 ** 20, 'x');
  server.push('production', '3'.repeat(40), { [PATH]: latin1, large });
  const { text } = await get(server.textUrl('production', PATH));
  expect(Buffer.from(text, 'base64').equals(latin1)).toBe(true);
  const raw = await fetch(server.rawUrl('production', 'large'));
  expect(Buffer.from(await raw.arrayBuffer()).equals(large)).toBe(true);
});

test('a push between two requests moves the branch and leaves the commit as it was', async () => {
  const { server, get } = await gitiles();
  server.push('production', '3'.repeat(40), { [PATH]: 'newest\n' });
  expect((await get('/+/refs/heads/production?format=JSON')).text).toContain('3'.repeat(40));
  expect(decoded((await get(server.textUrl('production', PATH))).text)).toBe('newest\n');
  expect(decoded((await get(`/+/${SECOND}/${PATH}?format=TEXT`)).text)).toBe('new é\n');
});

test.each([
  '/+/refs/heads/main?format=JSON',
  `/+/refs/heads/main/${PATH}?format=TEXT`,
  '/+/refs/heads/production/no/such/file?format=TEXT',
  `/+/${'9'.repeat(40)}/${PATH}?format=TEXT`,
  `/+/${'9'.repeat(40)}?format=JSON`,
  `/+/${SECOND.slice(1)}/${PATH}?format=TEXT`,
  '/',
])('%s is unknown: a 404 with a page of HTML', async (path) => {
  const { get } = await gitiles();
  const { status, type, text } = await get(path);
  expect([status, type]).toEqual([404, 'text/html; charset=utf-8']);
  expect(text).toContain('<html>');
});

test.each([`/+/refs/heads/production/${PATH}`, '/+/refs/heads/production'])(
  '%s without a format is a page of HTML',
  async (path) => {
    const { get } = await gitiles();
    const { status, text } = await get(path);
    expect([status, text.startsWith('<!DOCTYPE html>')]).toEqual([200, true]);
  },
);

test('the raw address is the file as it is, an empty one too', async () => {
  const { server, get } = await gitiles();
  expect((await get(server.rawUrl('production', PATH))).text).toBe('new é\n');
  expect(await get(server.rawUrl('production', 'README.md'))).toMatchObject({ status: 200, text: '' });
  expect((await get(server.rawUrl('production', 'no'))).status).toBe(404);
});

test('a commit without 40 hexadecimal digits is refused', async () => {
  await expect(startGitiles({ files: { main: { abc: {} } } })).rejects.toThrow('abc');
});

interface Group {
  readonly members: readonly unknown[];
  readonly system_members?: readonly string[];
}

interface Data {
  readonly groups: Readonly<Record<string, Group>>;
  readonly users: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly ldap_only_users: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const read = (text: string): Data => parse(text, { schema: 'failsafe' }) as Data;
const flat = (group: Group | undefined): unknown[] => [group?.members ?? []].flat(5);

test('data.yaml has the three top keys, 100 fillers and more, and a newline at the end', () => {
  const text = dataYaml();
  const data = read(text);
  expect(Object.keys(data)).toEqual(['groups', 'users', 'ldap_only_users']);
  expect(Object.keys(data.users).filter((name) => name.startsWith('filler')).length).toBe(120);
  expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
  expect(Object.keys(data.users)).toHaveLength(121);
});

test('aliases are nested three deep, and one is a whole list', () => {
  const { groups } = read(dataYaml({ groups: { deployment: ['*perf-team', 'ann'], same: '*deployment' } }));
  const fillers = Array.from({ length: 6 }, (_, n) => `filler00${n + 1}`);
  expect(groups['deployment']?.members).toEqual([[fillers, 'filler007', 'filler008'], 'ann']);
  expect(groups['same']?.members).toEqual(groups['deployment']?.members);
  expect(groups['deploy-service']?.members).toEqual([[fillers, 'filler007', 'filler008'], 'filler009']);
});

test('a long list is closed at the indent of its key', () => {
  const members = Array.from({ length: 9 }, (_, n) => `p${n}`);
  const text = dataYaml({ groups: { deployment: members } });
  expect(text).toMatch(
    /^ {4}members: &deployment_members \[p0, p1, p2, p3,\n {8}p4, p5, p6, p7,\n {8}p8\n {4}\]$/m,
  );
  expect(flat(read(text).groups['deployment'])).toEqual(members);
});

test('what a seed names is there: ensure, expiry, quoted names, LDAP-only, who left', () => {
  const data = read(
    dataYaml({
      groups: { deployment: ['ann', 'no', '007', 'left', "o'neil", 'nobody', 'only'] },
      users: {
        ann: { email: 'ann@example.org', expiryDate: '2027-01-01' },
        bob: { ensure: 'absent' },
        nobody: null,
      },
      absent: ['left'],
      ldapOnly: { only: { realname: 'Only One' }, former: { ensure: 'absent' } },
    }),
  );
  expect(flat(data.groups['deployment'])).toEqual(['ann', 'no', '007', 'left', "o'neil", 'nobody', 'only']);
  expect(data.users['ann']).toMatchObject({
    ensure: 'present',
    email: 'ann@example.org',
    expiry_date: '2027-01-01',
  });
  const ensured = ['no', '007', "o'neil", 'bob', 'left'].map((name) => data.users[name]?.['ensure']);
  expect(ensured).toEqual(['present', 'present', 'present', 'absent', 'absent']);
  expect(Object.keys(data.users)).not.toEqual(expect.arrayContaining(['nobody']));
  expect(Object.keys(data.users)).not.toEqual(expect.arrayContaining(['only']));
  expect(data.ldap_only_users['only']).toMatchObject({ ensure: 'present', realname: 'Only One' });
  expect([flat(data.groups['absent']), flat(data.groups['absent_ldap'])]).toEqual([
    ['left', 'gone'],
    ['ldap-gone', 'former'],
  ]);
});

test('accounts that are not people are in system_members, keys and Kerberos with users', () => {
  const data = read(dataYaml());
  expect(data.groups['ops']?.system_members).toEqual(['keyholder']);
  expect(data.users).not.toHaveProperty('keyholder');
  expect(data.users['filler001']).toMatchObject({
    krb: 'present',
    ssh_keys: [expect.stringMatching(/^ssh-ed25519 /)],
  });
});

test('an alias without a group before it is refused', () => {
  expect(() => dataYaml({ groups: { a: ['*b'], b: ['x'] } })).toThrow('*b');
});
