import { afterEach, describe, expect, test } from 'vitest';
import { type Membership, readProjectMembers } from '../../../src/directories/phabricator/project-members.ts';
import { testRun } from '../../fixtures.ts';
import { type PhabricatorAccount, startConduit } from '../../sandbox/gitlab/conduit.ts';
import type { PhabricatorProject } from '../../sandbox/gitlab/conduit-projects.ts';

const TOKEN = 'api-abcdefghijklmnopqrstuvwxyz12';
const account = (userName: string, over: Partial<PhabricatorAccount> = {}): PhabricatorAccount => ({
  phid: `PHID-USER-${userName}`,
  userName,
  realName: userName,
  ...over,
});
const project = (over: Partial<PhabricatorProject> = {}): PhabricatorProject => ({
  id: 1,
  phid: 'PHID-PROJ-trusted',
  name: 'Trusted-Contributors',
  slugs: ['trusted-contributors'],
  members: ['PHID-USER-Ann'],
  ...over,
});

type Conduit = Awaited<ReturnType<typeof startConduit>>;
const started: Conduit[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

interface Asking {
  readonly accounts?: readonly PhabricatorAccount[];
  readonly projects?: readonly PhabricatorProject[];
  readonly people?: Readonly<Record<string, readonly string[]>>;
  readonly asked?: string;
  readonly user?: string;
  readonly token?: string;
}

async function ask(asking: Asking = {}, before: (server: Conduit) => void = () => undefined) {
  const {
    accounts = [account('Ann', { ldapName: 'Ann A' })],
    projects = [project()],
    token = TOKEN,
  } = asking;
  const run = testRun();
  const server = await startConduit({
    token: TOKEN,
    user: 'glaab',
    accounts: [account('glaab'), ...accounts],
    projects: [...projects],
    now: run.clock.now,
  });
  started.push(server);
  before(server);
  const { asked = 'trusted-contributors', people = { ann: ['Ann A'] }, user = 'glaab' } = asking;
  const settings = { root: server.origin, user, token };
  const { facts } = await readProjectMembers(
    settings,
    { project: asked, people: new Map(Object.entries(people)) },
    run,
  );
  const calls = server.requests.map(({ path }) => path.slice(5));
  return { ann: facts.get('ann') as Membership, facts, calls, server };
}

describe('a membership', () => {
  test('is a yes for the one enabled account that is linked to the name', async () => {
    const { ann, calls } = await ask();
    expect(ann).toEqual({ isMember: true, because: 'Ann is in Phabricator trusted-contributors' });
    expect(calls).toEqual(['user.whoami', 'user.ldapquery', 'project.search']);
  });

  test.each(['Trusted-Contributors', 'PHID-PROJ-trusted'])('is found in a project by %s', async (asked) => {
    expect((await ask({ asked })).ann.isMember).toBe(true);
  });

  test('is a yes by any of a person’s names', async () => {
    expect((await ask({ people: { ann: ['Somebody', 'Ann A'] } })).ann.isMember).toBe(true);
  });

  test('is one where two names of a person are linked to the same account', async () => {
    const accounts = [account('Ann', { ldapName: 'Ann A' }), account('Ann', { ldapName: 'Annie' })];
    expect((await ask({ accounts, people: { ann: ['Ann A', 'Annie'] } })).ann.isMember).toBe(true);
  });

  test('is a no where nobody linked the name, which Conduit calls an error', async () => {
    const { ann, calls } = await ask({ people: { ann: ['Anna'] } });
    expect(ann).toEqual({ isMember: false, because: 'no Phabricator account is linked to this name' });
    expect(calls).toEqual(['user.whoami', 'user.ldapquery']);
  });

  test('is a no where other names of the call are linked', async () => {
    const { facts } = await ask({ people: { ann: ['Ann A'], bob: ['Bob'] } });
    expect([...facts].map(([key, { isMember }]) => [key, isMember])).toEqual([
      ['ann', true],
      ['bob', false],
    ]);
  });

  test('is a no outside the project', async () => {
    expect((await ask({ projects: [project({ members: [] })] })).ann).toEqual({
      isMember: false,
      because: 'Ann is not in Phabricator trusted-contributors',
    });
  });

  test.each([
    ['disabled', { disabled: true }, 'is disabled'],
    ['a mailing list', { list: true }, 'is a mailing list'],
    ['a bot', { bot: true }, 'PHABRICATOR_TRUST_BOTS'],
    ['not approved', { unapproved: true }, 'is not activated'],
    ['not verified', { unverified: true }, 'is not activated'],
  ])('is a no with its reason where the account is %s', async (_, over, because) => {
    const { ann } = await ask({ accounts: [account('Ann', { ldapName: 'Ann A', ...over })] });
    expect(ann).toMatchObject({
      isMember: false,
      worthReporting: true,
      because: expect.stringContaining(because),
    });
  });

  test('is a no that is reported if the account is disabled', async () => {
    const { ann } = await ask({ accounts: [account('Ann', { ldapName: 'Ann A', disabled: true })] });
    expect(ann).toMatchObject({
      isMember: false,
      worthReporting: true,
      because: 'the Phabricator account Ann is disabled',
    });
  });

  test('is a no that is reported if several accounts are linked', async () => {
    const accounts = [account('Ann', { ldapName: 'Ann A' }), account('Ann2', { ldapName: 'Ann A' })];
    const { ann } = await ask({ accounts });
    expect(ann).toMatchObject({
      isMember: false,
      worthReporting: true,
      because: expect.stringContaining('2 Phabricator accounts'),
    });
  });

  test('is not passed on to a name that only looks alike', async () => {
    const { facts } = await ask({ people: { ann: ['Ann A'], other: ['Ann Á'] } }, (server) => {
      const rows = [{ phid: 'PHID-USER-Ann', userName: 'Ann', roles: [], ldap_username: 'Ann A' }];
      server.addFault({
        when: ({ path }) => path.endsWith('ldapquery'),
        effect: {
          kind: 'answer',
          answer: { status: 200, body: { result: rows, error_code: null, error_info: null } },
        },
      });
    });
    expect(facts.get('other')?.isMember).toBe(false);
  });
});

describe('many names', () => {
  const names = Array.from({ length: 250 }, (_, n) => `Name ${n}`);
  const people = Object.fromEntries(names.map((name) => [name, [name]]));

  test('are asked about a hundred at a time, with one look at the token', async () => {
    const accounts = names.map((ldapName, n) => account(`u${n}`, { ldapName }));
    const { facts, calls } = await ask({
      accounts,
      people,
      projects: [project({ members: ['PHID-USER-u249'] })],
    });
    expect([...facts].filter(([, { isMember }]) => isMember).map(([key]) => key)).toEqual(['Name 249']);
    expect(calls.filter((call) => call === 'user.whoami')).toHaveLength(1);
    expect(calls.filter((call) => call === 'project.search')).toHaveLength(1);
  });

  test('are read to the end where several accounts each make an answer longer than a page', async () => {
    const some = names.slice(0, 100);
    const accounts = [1, 2].flatMap((twin) =>
      some.map((ldapName, n) => account(`u${n}-${twin}`, { ldapName })),
    );
    const { facts } = await ask({ accounts, people: Object.fromEntries(some.map((name) => [name, [name]])) });
    expect([...facts.values()].every(({ because }) => because.startsWith('2 Phabricator accounts'))).toBe(
      true,
    );
  });
});

describe('a failure, never a no', () => {
  const fault = (method: string, body: object) => (server: Conduit) =>
    server.addFault({
      when: ({ path }) => path === `/api/${method}`,
      effect: { kind: 'answer', answer: { status: 200, body } },
    });
  const NO_PROJECT =
    /found 0, allowed 1\): it is absent, archived, or hidden from PHABRICATOR_USER \(see PHABRICATOR_TRUSTED_PROJECT/;
  const refusal = (error_code: string, error_info: string) => ({ result: null, error_code, error_info });

  test.each<readonly [string, Asking, RegExp]>([
    ['a project that is absent', { asked: 'nothing' }, NO_PROJECT],
    ['a project that is archived', { projects: [project({ archived: true })] }, NO_PROJECT],
    ['a project that is hidden', { projects: [project({ hidden: true })] }, NO_PROJECT],
    [
      'two projects',
      { projects: [project(), project({ id: 2, phid: 'PHID-PROJ-2' })] },
      /found 2, allowed 1/,
    ],
    ['another account’s token', { user: 'somebody' }, /found glaab, allowed somebody/],
    ['a token that is unknown', { token: `api-${'x'.repeat(28)}` }, /ERR-INVALID-AUTH/],
    ['a token of the wrong length', { token: 'api-short' }, /ERR-INVALID-AUTH/],
  ])('%s', async (_, asking, message) => {
    await expect(ask(asking)).rejects.toThrow(message);
  });

  test.each<readonly [string, object]>([
    [
      'the same code with other words',
      refusal('ERR-INVALID-PARAMETER', 'Limit is bad; Unknown or missing ldap names'),
    ],
    ['the same words with another code', refusal('ERR-CONDUIT-CORE', 'Unknown or missing ldap names: Ann A')],
    ['no result', { error_code: null, error_info: null }],
    ['a result that is a map', { result: {}, error_code: null, error_info: null }],
    [
      'an account without roles',
      { result: [{ phid: 'x', userName: 'y', ldap_username: 'Ann A' }], error_code: null, error_info: null },
    ],
  ])('%s', async (_, body) => {
    await expect(ask({}, fault('user.ldapquery', body))).rejects.toThrow('phabricator');
  });

  test('a page of names that is repeated for ever', async () => {
    const row = { phid: 'PHID-USER-Ann', userName: 'Ann', roles: ['activated'], ldap_username: 'Ann A' };
    const body = { result: Array.from({ length: 100 }, () => row), error_code: null, error_info: null };
    await expect(ask({}, fault('user.ldapquery', body))).rejects.toThrow('repeats the ones before');
  });

  test('a project without its list of members', async () => {
    const body = {
      result: { data: [{ phid: 'PHID-PROJ-trusted', attachments: {} }] },
      error_code: null,
      error_info: null,
    };
    await expect(ask({}, fault('project.search', body))).rejects.toThrow('attachments.members');
  });

  test.each([
    [200, 'user.ldapquery: the answer is not JSON'],
    [500, 'user.ldapquery: refused'],
  ])('an HTML page with status %i, by its title', async (status, message) => {
    const body =
      '<!DOCTYPE html>\n<html><head><title>Unhandled Exception</title></head><body>x</body></html>';
    const answer = { status, headers: { 'content-type': 'text/html' }, body };
    const ldapquery = ({ path }: { path: string }) => path.endsWith('ldapquery');
    const error = await ask({}, (server) =>
      server.addFault({ when: ldapquery, effect: { kind: 'answer', answer } }),
    ).catch(String);
    expect(error).toContain(message);
    expect(error).toContain('an HTML page: Unhandled Exception');
  });

  test('and a reason is at most 300 characters', async () => {
    const error = await ask({}, fault('user.ldapquery', refusal('ERR-X', 'long '.repeat(1000)))).catch(
      String,
    );
    expect(String(error).length).toBeLessThan(500);
  });

  test('and no message tells the token', async () => {
    const token = `api-${'y'.repeat(28)}`;
    await expect(ask({ token })).rejects.toThrow(/^(?!.*yyyy)/s);
  });
});
