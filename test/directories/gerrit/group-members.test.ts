import { afterEach, describe, expect, test } from 'vitest';
import { readGroupMembers } from '../../../src/directories/gerrit/group-members.ts';
import { testRun } from '../../fixtures.ts';
import type { GerritAccount } from '../../sandbox/gitlab/gerrit.ts';
import { type GerritGroup, startGerrit } from '../../sandbox/gitlab/gerrit.ts';
import type { Answer } from '../../sandbox/server.ts';

const account = (id: number, username?: string, inactive = false): GerritAccount => ({
  id,
  name: `Account ${id}`,
  email: `${id}@example.org`,
  ...(username === undefined ? {} : { username }),
  ...(inactive ? { inactive } : {}),
});
const group = (id: string, over: Partial<GerritGroup> = {}): GerritGroup => ({
  id,
  number: id.length,
  name: id,
  members: [],
  includes: [],
  ...over,
});

type Gerrit = Awaited<ReturnType<typeof startGerrit>>;
const started: Gerrit[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

interface Asking {
  readonly groups?: readonly GerritGroup[];
  readonly asked?: string;
  readonly password?: string;
  readonly answer?: Answer;
}

async function ask({ groups = [], asked = 'Trusted-Contributors', password = 'hush', answer }: Asking) {
  const run = testRun();
  const accounts = [
    ...[account(1, 'ann'), account(2, 'bob', true), account(3), account(4, 'eve')],
    account(5, 'glaab'),
  ];
  const server = await startGerrit({
    user: 'glaab',
    password: 'hush',
    accounts,
    groups: [...groups],
    now: run.clock.now,
  });
  started.push(server);
  if (answer) server.addFault({ when: () => true, effect: { kind: 'answer', answer } });
  const { facts } = await readGroupMembers({ root: server.url, user: 'glaab', password }, asked, run);
  return { facts, requests: server.requests };
}

describe('a group’s members', () => {
  test('are its active accounts that have a username, in one request', async () => {
    const { facts, requests } = await ask({
      groups: [group('Trusted-Contributors', { members: [1, 2, 3] })],
    });
    expect(facts.usernames).toEqual(['ann']);
    expect(facts.isHidden).toBe(false);
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /r/a/groups/Trusted-Contributors/members/',
    ]);
  });

  test('are those of included groups too, circles and all', async () => {
    const groups = [
      group('Trusted-Contributors', { members: [1], includes: ['inner', 'ldap:cn=ops'] }),
      group('inner', { members: [4], includes: ['Trusted-Contributors'] }),
    ];
    expect((await ask({ groups })).facts.usernames).toEqual(['ann', 'eve']);
  });

  test('are found by a name with a space and a slash', async () => {
    const asked = 'Trusted Contributors/All';
    const { facts } = await ask({ asked, groups: [group(asked, { members: [1] })] });
    expect(facts.usernames).toEqual(['ann']);
  });

  test('are hidden where nobody is shown by name, or the caller alone', async () => {
    const nobody = await ask({ groups: [group('Trusted-Contributors')] });
    expect(nobody.facts).toEqual({ usernames: [], isHidden: true });
    const members = [1, 5];
    const alone = await ask({ groups: [group('Trusted-Contributors', { members, visibleToAll: false })] });
    expect(alone.facts).toEqual({ usernames: ['glaab'], isHidden: true });
    const nameless = await ask({ groups: [group('Trusted-Contributors', { members: [3, 5] })] });
    expect(nameless.facts).toEqual({ usernames: ['glaab'], isHidden: true });
  });
});

describe('a failure, never a no', () => {
  const json = (body: string): Asking => ({
    answer: { status: 200, headers: { 'content-type': 'application/json' }, body },
  });
  test.each<readonly [string, Asking, string]>([
    ['a group that is not there', {}, 'can’t be found'],
    [
      'a group that is hidden',
      { groups: [group('Trusted-Contributors', { hidden: true })] },
      'can’t be found',
    ],
    [
      'a wrong password, with the settings it comes from',
      { password: 'other', groups: [group('Trusted-Contributors')] },
      'GERRIT_USER or GERRIT_PASSWORD (the HTTP password) is wrong',
    ],
    [
      'a group of LDAP',
      { asked: 'ldap:cn=ops', groups: [group('ldap:cn=ops')] },
      'has to be an internal one',
    ],
    [
      'a redirect',
      { answer: { status: 302, headers: { location: 'https://sso.example.org/' }, body: '' } },
      'redirected to https://sso.example.org/',
    ],
    ['JSON without the prefix', json('[]'), "no )]}'"],
    ['an HTML page with status 200', json('<html>sign in</html>'), "no )]}'"],
    [
      'an HTML page, by its title',
      json('<!DOCTYPE html><html><head><title>Sign in</title></head><body>x</body></html>'),
      'an HTML page: Sign in',
    ],
    [
      'an HTML page with another status, by its title',
      { answer: { status: 502, body: '<html><head><title>Bad Gateway</title></head><body>x</body></html>' } },
      'found 502, allowed 200): an HTML page: Bad Gateway',
    ],
    ['an object', json(")]}'\n{}"), 'another shape'],
    ['a cut answer', json(")]}'\n[{"), 'not JSON'],
  ])('%s', async (_, asking, message) => {
    await expect(ask(asking)).rejects.toThrow(message);
  });

  test('and a reason is at most 300 characters', async () => {
    const error = await ask({ answer: { status: 500, body: `${'long '.repeat(1000)}` } }).catch(String);
    expect(String(error).length).toBeLessThan(500);
  });

  test('and no message tells the password', async () => {
    const answer = { status: 500, body: 'you sent hush and Z2xhYWI6aHVzaA== here' };
    await expect(ask({ answer })).rejects.toThrow(/^(?!.*(hush|Z2xhYWI6aHVzaA))/s);
  });
});
