import { afterEach, describe, expect, test } from 'vitest';
import { SourceError, StopError } from '../../../src/platform/errors.ts';
import { createConcurrencyLimit } from '../../../src/platform/http-client.ts';
import { createGitlabClient, isGone } from '../../../src/targets/gitlab/client.ts';
import { createGitlabTarget } from '../../../src/targets/gitlab/target.ts';
import { testRun } from '../../fixtures.ts';
import { GITLAB_TOKEN, pending } from '../../sandbox/gitlab/sandbox.ts';
import { type GitLabOptions, startGitLab } from '../../sandbox/gitlab/server.ts';
import { type GitLabUser, waitingUser } from '../../sandbox/gitlab/users.ts';
import type { Answer } from '../../sandbox/server.ts';

const LIST = 'gitlab: GET /api/v4/users';
const TOKEN_NEEDS =
  'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanup.splice(0).map((close) => close()));
});

async function start(users: readonly GitLabUser[] = [pending(1, 'ann')], over: Partial<GitLabOptions> = {}) {
  const run = testRun({ mayWrite: true });
  const gitlab = await startGitLab({ users: [...users], token: GITLAB_TOKEN, now: run.clock.now, ...over });
  cleanup.push(gitlab.close);
  const root = gitlab.origin;
  return { gitlab, run, root, client: createGitlabClient({ root, token: GITLAB_TOKEN }, run) };
}

const answering = (status: number, body: Answer['body'], headers: Record<string, string> = {}) => ({
  effect: { kind: 'answer', answer: { status, body, headers } } as const,
});
const errorOf = (pending: Promise<unknown>): Promise<Error> =>
  pending.then(
    () => new Error('it succeeded'),
    (error: Error) => error,
  );

describe('the accounts that wait', () => {
  test('are those of people, whatever else is listed', async () => {
    const { client } = await start([
      pending(1, 'ann'),
      pending(2, 'bob', { state: 'active' }),
      pending(3, 'cid', { state: 'blocked' }),
      pending(4, 'bot', { userType: 'project_bot' }),
      waitingUser({ id: 5, username: 'dan', identities: [] }),
    ]);
    expect(await client.pending()).toEqual([
      {
        id: 1,
        username: 'ann',
        state: 'blocked_pending_approval',
        bot: false,
        identities: [{ provider: 'openid_connect', extern_uid: 'ann' }],
      },
      { id: 5, username: 'dan', state: 'blocked_pending_approval', bot: false, identities: [] },
    ]);
  });

  test('are those of people also where GitLab does not know a filter', async () => {
    const bot = pending(1, 'bot', { userType: 'service_account' });
    const { client } = await start([bot, pending(2, 'ann')], {
      ignoredFilters: ['humans', 'exclude_active'],
    });
    expect((await client.pending()).map(({ id }) => id)).toEqual([2]);
  });

  test('are asked for with the token, by id, a hundred at a time', async () => {
    const { client, gitlab } = await start(
      Array.from({ length: 201 }, (_, n) => pending(n + 1, `u${n + 1}`)),
    );
    expect((await client.pending()).map(({ id }) => id)).toEqual(
      Array.from({ length: 201 }, (_, n) => n + 1),
    );
    expect(gitlab.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v4/users',
      'GET /api/v4/users',
      'GET /api/v4/users',
    ]);
    const FIRST = {
      exclude_active: 'true',
      humans: 'true',
      pagination: 'keyset',
      per_page: '100',
      order_by: 'id',
      sort: 'asc',
    };
    const queries = gitlab.requests.map(({ query }) => Object.fromEntries(query));
    expect(queries[0]).toEqual(FIRST);
    expect(queries[1]).toEqual({ ...FIRST, cursor: expect.any(String) });
    for (const { headers } of gitlab.requests)
      expect([headers['private-token'], headers.accept]).toEqual([GITLAB_TOKEN, 'application/json']);
  });

  test('are counted once where two pages have them, as the first page shows them', async () => {
    const { client, gitlab } = await start([]);
    const row = (id: number, username: string) => ({
      id,
      username,
      state: 'blocked_pending_approval',
      identities: [],
    });
    const link = { Link: '</api/v4/users?cursor=2>; rel="next"' };
    gitlab.addFault({ nth: 1, ...answering(200, [row(1, 'ann'), row(2, 'bob')], link) });
    gitlab.addFault({ ...answering(200, [row(2, 'robert'), row(3, 'cid')]) });
    expect((await client.pending()).map(({ id, username }) => `${id} ${username}`)).toEqual([
      '1 ann',
      '2 bob',
      '3 cid',
    ]);
  });

  test('are a reading with their number and no version', async () => {
    const { root, run } = await start([pending(1, 'ann'), pending(2, 'bob')]);
    const settings = { root, token: GITLAB_TOKEN, provider: 'openid_connect', reserved: 20_000 };
    const { facts, ...reading } = await createGitlabTarget(settings, run).read();
    expect(facts.map(({ username }) => username)).toEqual(['ann', 'bob']);
    expect(reading).toEqual({ entries: 2, version: null });
  });

  test('are read with no more requests at once than the limit allows', async () => {
    const { gitlab, root, run } = await start();
    let tasks = 0;
    const one = createConcurrencyLimit(1);
    const client = createGitlabClient(
      {
        root,
        token: GITLAB_TOKEN,
        concurrency: (task) => {
          tasks += 1;
          return one(task);
        },
      },
      run,
    );
    await Promise.all([client.pending(), client.account(1), client.account(1)]);
    expect([tasks, gitlab.peak]).toEqual([3, 1]);
  });
});

describe('the next page', () => {
  const nextOf = async (link: string, path = '') => {
    const { gitlab, root, run } = await start([]);
    gitlab.addFault({ nth: 1, ...answering(200, [], { Link: link }) });
    gitlab.addFault(answering(200, []));
    const client = createGitlabClient({ root: `${root}${path}`, token: GITLAB_TOKEN }, run);
    const error = await client.pending().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    const [, next] = gitlab.requests;
    return error?.message ?? (next ? `${next.path}?${next.query}` : 'none');
  };
  const URL = 'https://gitlab.example/api/v4/users';

  test.each([
    [
      'an address of another host, of which the query alone counts',
      `<${URL}?a=1&b=2>; rel="next"`,
      'a=1&b=2',
    ],
    ['a path', '</api/v4/users?a=1>; rel="next"', 'a=1'],
    ['an address under a path', '<https://example.org/git/api/v4/users?a=1>; rel="next"', 'a=1'],
    ['a relation without quotes', `<${URL}?a=1>; rel=next`, 'a=1'],
    ['a relation in capitals with spaces', `<${URL}?a=1> ;  REL = "NEXT"`, 'a=1'],
    ['a relation close to its semicolon', `<${URL}?a=1>;rel="next"`, 'a=1'],
    ['one after another', `<${URL}?a=0>; rel="first", <${URL}?a=1>; rel="next"`, 'a=1'],
    ['one before another', `<${URL}?a=1>; rel="next", <${URL}?a=9>; rel="last"`, 'a=1'],
    ['one with another parameter', `<${URL}?a=1>; title="x"; rel="next"`, 'a=1'],
  ])('is named by %s', async (_, link, query) => {
    expect(await nextOf(link)).toBe(`/api/v4/users?${query}`);
  });

  test.each([
    ['no link', 'nothing'],
    ['another relation', `<${URL}?a=1>; rel="prev"`],
    ['a relation that begins like it', `<${URL}?a=1>; rel="nextish"`],
    ['a parameter that ends like it', `<${URL}?a=1>; xrel="next"`],
    ['an address without a relation', `<${URL}?a=1>`],
  ])('does not come from %s', async (_, link) => {
    expect(await nextOf(link)).toBe('none');
  });

  test.each([
    ['another path', '<https://gitlab.example/api/v4/projects?a=1>; rel="next"', '/api/v4/projects'],
    ['a path that goes on', `<${URL}/1?a=1>; rel="next"`, '/api/v4/users/1'],
    ['no address', '<http://[>; rel="next"', 'no address'],
  ])('is never looked for elsewhere: %s', async (_, link, found) => {
    expect(await nextOf(link)).toBe(
      `${LIST}: the next page is elsewhere (found ${found}, allowed /api/v4/users)`,
    );
    expect(await nextOf(link, '/git')).toBe(
      `${LIST}: the next page is elsewhere (found ${found}, allowed /git/api/v4/users)`,
    );
  });

  test('may not be one that was read', async () => {
    const { gitlab, client } = await start([]);
    gitlab.addFault({ nth: 1, ...answering(200, [], { Link: `<${URL}?a=1>; rel="next"` }) });
    gitlab.addFault({ nth: 2, ...answering(200, [], { Link: `<${URL}?a=2>; rel="next"` }) });
    gitlab.addFault(answering(200, [], { Link: `<${URL}?a=1>; rel="next"` }));
    expect(await errorOf(client.pending())).toEqual(
      new SourceError('gitlab: GET /api/v4/users: a page leads back to itself'),
    );
    expect(gitlab.requests).toHaveLength(3);
  });
});

describe('an answer that is no list', () => {
  test.each([
    [400, { message: 'no' }, `refused (found 400, allowed 200): no`],
    [401, { message: 'no' }, `refused (found 401, allowed 200): no; ${TOKEN_NEEDS}`],
    [403, { message: 'no' }, `refused (found 403, allowed 200): no; ${TOKEN_NEEDS}`],
    [404, { error: '404 Not Found' }, `refused (found 404, allowed 200): 404 Not Found`],
    [201, [], `refused (found 201, allowed 200): []`],
    [
      200,
      [{ id: 1, username: 'ann', state: 'active' }],
      `an answer of another shape: 0.identities: none (found no list, allowed: a list; ${TOKEN_NEEDS})`,
    ],
  ])('with status %i is an error of the source', async (status, body, message) => {
    const { gitlab, client } = await start();
    gitlab.addFault(answering(status, body));
    expect(await errorOf(client.pending())).toEqual(new SourceError(`${LIST}: ${message}`));
  });
});

describe('one account', () => {
  test('is read by its id', async () => {
    const { client, gitlab } = await start([pending(7, 'ann')]);
    expect(await client.account(7)).toMatchObject({ id: 7, username: 'ann' });
    expect(gitlab.requests.map(({ path }) => path)).toEqual(['/api/v4/users/7']);
  });

  test('is undefined where it is gone', async () => {
    const { client } = await start();
    expect(await client.account(2)).toBeUndefined();
  });

  test.each([
    [400, new SourceError(`${LIST}/1: refused (found 400, allowed 200): no`)],
    [404, new SourceError(`${LIST}/1: refused (found 404, allowed 200): no`)],
    [401, new StopError(`${LIST}/1: refused (found 401, allowed 200): no; ${TOKEN_NEEDS}`)],
    [403, new StopError(`${LIST}/1: refused (found 403, allowed 200): no; ${TOKEN_NEEDS}`)],
  ])('is an error with status %i', async (status, expected) => {
    const { gitlab, client } = await start();
    gitlab.addFault(answering(status, { message: 'no' }));
    const error = await errorOf(client.account(1));
    expect(error).toEqual(expected);
    expect(error.name).toBe(expected.name);
  });

  test('is an error in another shape', async () => {
    const { gitlab, client } = await start();
    gitlab.addFault(answering(200, { id: 0, username: '', state: 'active', identities: [] }));
    expect((await errorOf(client.account(1))).message).toMatch(
      /^gitlab: GET \/api\/v4\/users\/1: an answer of another shape: id: .*; username: /,
    );
  });
});

describe('a refusal says', () => {
  test.each([
    ['the message', { message: 'no', error: 'x' }, 'no'],
    ['faults by field', { message: { name: ['is bad'] } }, '{"name":["is bad"]}'],
    ['the error where there is no message', { error: 'invalid_token' }, 'invalid_token'],
    [
      'the error with its description',
      { error: 'invalid_token', error_description: 'Token is expired.' },
      'invalid_token: Token is expired.',
    ],
    ['a description alone', { error_description: 'Token is expired.' }, 'Token is expired.'],
    ['the whole answer where it has neither', { other: 'x' }, '{"other":"x"}'],
    ['the whole answer where it has another shape', { error: 7 }, '{"error":7}'],
    ['text', 'Retry later', 'Retry later'],
    ['the title of a page', '<html><title>Not here</title></html>', 'an HTML page: Not here'],
    ['nothing of the token', { message: `${GITLAB_TOKEN} is wrong` }, '(secret) is wrong'],
  ])('%s', async (_, body, says) => {
    const { gitlab, client } = await start();
    gitlab.addFault(answering(400, body));
    expect((await errorOf(client.account(1))).message).toBe(
      `${LIST}/1: refused (found 400, allowed 200): ${says}`,
    );
  });
});

describe('an account is gone', () => {
  const isGoneWith = (status: number, body: unknown) =>
    isGone({
      status,
      headers: {},
      body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
      where: 'x',
    });
  test.each([
    [404, { message: '404 User Not Found' }, true],
    [404, { message: '404 user not found' }, true],
    [200, { message: '404 User Not Found' }, false],
    [404, { message: '404 User Not Found, or not visible' }, false],
    [404, { message: 'error: 404 User Not Found' }, false],
    [404, { message: '404 Not Found' }, false],
    [404, { message: ['404 User Not Found'] }, false],
    [404, { error: '404 User Not Found' }, false],
    [404, { error: 404, message: '404 User Not Found' }, false],
    [404, {}, false],
    [404, [], false],
    [404, '404 User Not Found', false],
    [404, '', false],
  ])('with status %i and %j: %s', (status, body, expected) => {
    expect(isGoneWith(status, body)).toBe(expected);
  });
});

test('an approval is a POST to the account, and its answer comes back whatever it is', async () => {
  const { client, gitlab } = await start([pending(7, 'ann')]);
  let sent = 0;
  const onSent = () => {
    sent += 1;
  };
  const hooks = { onSent, shouldRetry: async () => false };
  expect((await client.approve(7, hooks)).status).toBe(201);
  expect((await client.approve(7, hooks)).status).toBe(409);
  expect([sent, gitlab.requests.map(({ method, path }) => `${method} ${path}`)]).toEqual([
    2,
    ['POST /api/v4/users/7/approve', 'POST /api/v4/users/7/approve'],
  ]);
});
