import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeadlineError, SourceError, StopError } from '../../../src/platform/errors.ts';
import type { RateLimiter } from '../../../src/platform/rate-limit.ts';
import {
  createGrowthBookClient,
  createGrowthBookRateLimiter,
} from '../../../src/targets/growthbook/client.ts';
import { entry, member, PROJECT, type TestRunOptions, team, testRun } from '../../fixtures.ts';
import { stillClock } from '../../sandbox/clock.ts';
import { type GrowthBook, startGrowthBook } from '../../sandbox/growthbook/server.ts';
import { DEFAULT_KEY } from '../../sandbox/growthbook/state.ts';
import type { Fault } from '../../sandbox/server.ts';

let server: GrowthBook;
beforeEach(async () => {
  server = await startGrowthBook({
    requestsPerMinute: 1000,
    members: [
      { id: 'u/1', email: 'ann@example.org', role: 'readonly' },
      { id: 'u2', email: 'bob+x@example.org', role: 'admin', teams: ['t'] },
    ],
    teams: [{ id: 't', name: 'Search', role: 'engineer', environments: [] }],
    projects: [
      { id: PROJECT, name: 'A' },
      { id: 'prj_b', name: 'B' },
    ],
    defaultRole: { role: 'collaborator', environments: [], limitAccessByEnvironment: false },
  });
});
afterEach(() => server.close());

const settingsOf = (projects: readonly string[] = [PROJECT, 'prj_b']) => ({
  root: server.origin,
  apiKey: DEFAULT_KEY.secret,
  projects,
  perMinute: 1000,
});
function clientOf(options: TestRunOptions & { projects?: readonly string[]; limiter?: RateLimiter } = {}) {
  const { projects, limiter, ...rest } = options;
  const run = testRun({ mayWrite: true, ...rest });
  const settings = settingsOf(projects);
  return createGrowthBookClient(settings, run, limiter ?? createGrowthBookRateLimiter(settings, run));
}
const on = (path: string, effect: Fault['effect']) => server.addFault({ path, effect });
const answer = (status: number, body: object | string) =>
  ({ kind: 'answer', answer: { status, body } }) as const;
const NO_ENDPOINT = { message: 'Unknown API endpoint' };
const hooks = { onSent: () => undefined, shouldRetry: async () => true };
/** A limiter that counts the places which are asked for. */
function counting() {
  const asked: (number | undefined)[] = [];
  const limiter: RateLimiter = {
    wait: (places) => {
      asked.push(places);
      return 0;
    },
    windowLeft: () => 0,
    learn: () => undefined,
  };
  return { limiter, asked };
}

describe('every request', () => {
  test('has the key, and asks for JSON', async () => {
    await clientOf().teams();
    const [sent] = server.requests;
    expect([sent?.method, sent?.path]).toEqual(['GET', '/api/v1/teams']);
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer ${DEFAULT_KEY.secret}`,
      accept: 'application/json',
      'user-agent': 'muster',
    });
  });

  test('takes a place in the rate limit, but for those whose caller has one', async () => {
    const { limiter, asked } = counting();
    const client = clientOf({ limiter });
    await client.teams();
    await client.members();
    expect(asked).toHaveLength(2);
    await client.membersAt('ann@example.org');
    await client.writeRole('u2', {}, hooks);
    expect(asked).toHaveLength(2);
  });

  test('waits after a 429 for the seconds of RateLimit-Reset, whatever Retry-After says', async () => {
    const headers = {
      'ratelimit-limit': '60',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '3',
      'retry-after': '60',
    };
    const busy = { kind: 'answer', answer: { status: 429, headers, body: {} } } as const;
    server.addFault({ path: '/api/v1/teams', nth: 1, effect: busy });
    const clock = stillClock();
    expect(await clientOf({ clock }).teams()).toHaveLength(1);
    const slept = clock.slept.reduce((sum, one) => sum + one, 0);
    expect([slept >= 3000, slept < 10_000]).toEqual([true, true]);
  });

  test('that is refused says so, without the key', async () => {
    on('/api/v1/teams', answer(403, { message: `no right for ${DEFAULT_KEY.secret}` }));
    await expect(clientOf().teams()).rejects.toThrow(
      new SourceError(
        'growthbook: GET /api/v1/teams: refused (found 403, allowed 200): no right for (secret)',
      ),
    );
  });

  test('that is refused without a message says what came', async () => {
    on('/api/v1/teams', answer(400, 'go away'));
    await expect(clientOf().teams()).rejects.toThrow('refused (found 400, allowed 200): go away');
  });

  test('whose answer has another shape fails', async () => {
    on('/api/v1/teams', answer(200, { teams: [{}] }));
    await expect(clientOf().teams()).rejects.toThrow(
      /^growthbook: GET \/api\/v1\/teams: an answer of another shape: teams\.0\.id/,
    );
  });
});

describe('members', () => {
  const bob = member('u2', { email: 'bob+x@example.org', globalRole: 'admin', teams: ['t'] });

  test('are read in pages of a hundred', async () => {
    const all = await clientOf().members();
    expect(all.map(({ id }) => id)).toEqual(['u/1', 'u2']);
    expect(all[1]).toEqual(bob);
    expect(server.requests.map(({ path, query }) => [path, `${query}`])).toEqual([
      ['/api/v1/members', 'limit=100&offset=0'],
    ]);
  });

  test('are found by an address', async () => {
    expect(await clientOf().membersAt('bob+x@example.org')).toEqual([bob]);
    expect(server.requests.map(({ path, query }) => [path, `${query}`])).toEqual([
      ['/api/v1/members', 'userEmail=bob%2Bx%40example.org&limit=100'],
    ]);
    expect(await clientOf().membersAt('BOB+x@example.org')).toEqual([]);
  });
});

describe('teams', () => {
  test('are listed', async () => {
    expect(await clientOf().teams()).toEqual([
      team('t', { name: 'Search', role: 'engineer', members: ['u2'] }),
    ]);
  });

  test('are none where the version does not have them', async () => {
    server.state.teamsForm = 'unknown-endpoint';
    expect(await clientOf().teams()).toEqual([]);
  });

  test.each([
    ['a proxy’s 404', answer(404, '<title>404</title>')],
    ['another message', answer(404, { message: 'Not found' })],
    ['another status', answer(400, NO_ENDPOINT)],
  ])('are not read with %s', async (_, effect) => {
    on('/api/v1/teams', effect);
    await expect(clientOf().teams()).rejects.toThrow(SourceError);
  });
});

describe('the projects', () => {
  test('are looked up, each by its id', async () => {
    await clientOf().checkProjects();
    expect(server.requests.map(({ path }) => path).toSorted()).toEqual([
      '/api/v1/projects/prj_a',
      '/api/v1/projects/prj_b',
    ]);
  });

  test('that are not there are named, all at once', async () => {
    await expect(clientOf({ projects: ['a/b', PROJECT, 'prj_9'] }).checkProjects()).rejects.toThrow(
      /GET \/api\/v1\/projects\/a%2Fb: refused \(found 4.*; growthbook: GET \/api\/v1\/projects\/prj_9: refused \(found 4/,
    );
  });

  test('whose answer has another id are no ids', async () => {
    on('/api/v1/projects/prj_a', answer(200, { project: { id: 'prj_z' } }));
    await expect(clientOf().checkProjects()).rejects.toThrow(
      new SourceError('growthbook: GROWTHBOOK_PROJECT is no project id (found prj_z, allowed prj_a)'),
    );
  });

  test('of another version’s endpoint are an error', async () => {
    on('/api/v1/projects/prj_a', answer(404, NO_ENDPOINT));
    await expect(clientOf().checkProjects()).rejects.toThrow(
      /refused \(found 404, allowed 200\): Unknown API/,
    );
  });
});

describe('the default role', () => {
  const PATH = '/api/v1/settings';

  test('is read', async () => {
    expect(await clientOf().defaultRole()).toBe('collaborator');
  });

  test.each([
    ['a refusal', answer(403, { settings: { defaultRole: { role: 'admin' } } })],
    ['another shape', answer(200, { settings: {} })],
    ['no JSON', answer(200, 'x')],
    ['no answer', { kind: 'drop' }],
    ['an answer that fails once', answer(500, {})],
  ] as const)('is not known after %s, which is asked once', async (_, effect) => {
    on(PATH, effect);
    expect(await clientOf().defaultRole()).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  /** A limiter that makes every request wait so long, once. */
  const waiting = (ms: number): RateLimiter => {
    const waits = [ms];
    return { wait: () => waits.shift() ?? 0, windowLeft: () => 0, learn: () => undefined };
  };

  test.each([
    [240, 8_000, 'collaborator'],
    [240, 10_000, undefined],
    [20, 4_000, 'collaborator'],
    [20, 5_000, undefined],
  ])('is not waited for long: with %i s left, %i ms: %s', async (seconds, ms, expected) => {
    expect(await clientOf({ seconds, limiter: waiting(ms) }).defaultRole()).toBe(expected);
  });

  test('is an end of the run where its time is up', async () => {
    const clock = stillClock();
    const wait = () => {
      clock.advance(240_000);
      return 0;
    };
    const limiter = { ...waiting(0), wait };
    await expect(clientOf({ clock, limiter }).defaultRole()).rejects.toThrow(DeadlineError);
  });

  test('is an end of the run where it was asked to stop', async () => {
    await expect(clientOf({ stop: AbortSignal.abort() }).defaultRole()).rejects.toThrow(StopError);
  });
});

describe('a role', () => {
  const body = { member: { role: 'readonly', environments: [], projectRoles: [entry('admin', 'prj_b')] } };

  test('is written to the member’s own path, once', async () => {
    const sent: string[] = [];
    const client = clientOf();
    const got = await client.writeRole('u/1', body, { ...hooks, onSent: () => void sent.push('sent') });
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/v1/members/u%2F1/role'],
    ]);
    expect([JSON.parse(server.requests[0]?.body ?? ''), sent]).toEqual([body, ['sent']]);
    expect(client.isWritten(got)).toBe(true);
  });

  test('is tried six times at the most, and not again where it may not be', async () => {
    on('/api/v1/members/u2/role', answer(503, {}));
    await clientOf().writeRole('u2', body, hooks);
    expect(server.requests).toHaveLength(6);
    await clientOf().writeRole('u2', body, { ...hooks, shouldRetry: async () => false });
    expect(server.requests).toHaveLength(7);
  });

  test.each([
    [200, { updatedMember: {} }, true],
    [201, { updatedMember: {} }, false],
    [200, { updatedMember: null }, false],
    [200, {}, false],
    [200, 'x', false],
  ])('is written where the answer is GrowthBook’s own: %i %j: %s', async (status, text, expected) => {
    on('/api/v1/members/u2/role', answer(status, text));
    const client = clientOf();
    expect(client.isWritten(await client.writeRole('u2', body, hooks))).toBe(expected);
  });
});
