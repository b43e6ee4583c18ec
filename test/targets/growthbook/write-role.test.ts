import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../src/engine/model.ts';
import { createDeadline } from '../../../src/platform/clock.ts';
import { DeadlineError, SourceError, StopError } from '../../../src/platform/errors.ts';
import { NoAnswerError } from '../../../src/platform/http-client.ts';
import type { RateLimiter } from '../../../src/platform/rate-limit.ts';
import { type Access, currentAccess } from '../../../src/targets/growthbook/access.ts';
import {
  createGrowthBookClient,
  createGrowthBookRateLimiter,
} from '../../../src/targets/growthbook/client.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { stopReasonOf, type WriteInput, writeRole } from '../../../src/targets/growthbook/write-role.ts';
import { decision, entry, member, PROJECT, RULES, testRun } from '../../fixtures.ts';
import { stillClock } from '../../sandbox/clock.ts';
import { type GrowthBook, startGrowthBook } from '../../sandbox/growthbook/server.ts';
import { DEFAULT_KEY } from '../../sandbox/growthbook/state.ts';
import type { Exchange, Fault } from '../../sandbox/server.ts';

const RULES_OF_WRITES = { ...RULES, maxGlobalRole: 'readonly' };
const WRITE = 'growthbook: POST /api/v1/members/u/role';
const LIST = 'growthbook: GET /api/v1/members';
const other = { project: 'prj_b', role: 'engineer', environments: [], limitAccessByEnvironment: false };
const read = member('u', {
  globalRole: 'readonly',
  projectRoles: [entry('engineer', 'prj_b'), entry('admin')],
});
const change: Change<Access, Member> = {
  ...decision(),
  kind: 'downgrade',
  account: 'u',
  row: read,
  from: currentAccess(read, RULES),
  to: { globalRole: 'readonly', projectRole: 'CustomElevatedAccess', additionalRoles: [] },
  rule: 3,
};
const clock = stillClock();

let server: GrowthBook;
beforeEach(async () => {
  server = await startGrowthBook({
    now: clock.now,
    requestsPerMinute: 1000,
    release: '5.0.1',
    members: [
      {
        id: 'u',
        email: 'u@example.org',
        role: 'readonly',
        projectRoles: [other, { ...other, project: PROJECT, role: 'admin' }],
      },
      { id: 'v', email: 'v@example.org', role: 'admin' },
    ],
  });
});
afterEach(() => server.close());

/** Writes the change as a run does that has just begun. */
function write(over: Partial<WriteInput> = {}, made = change) {
  const run = testRun({ clock, mayWrite: true });
  const settings = { root: server.origin, apiKey: DEFAULT_KEY.secret, projects: [PROJECT], perMinute: 1000 };
  const rateLimiter = createGrowthBookRateLimiter(settings, run);
  const client = createGrowthBookClient(settings, run, rateLimiter);
  const input = { client, rules: () => RULES_OF_WRITES, rateLimiter, deadline: run.deadline, keptPlaces: 0 };
  return writeRole(made, { ...input, check: async () => undefined, ...over });
}
const posts = () => server.requests.filter(({ method }) => method === 'POST').length;
const lists = () =>
  server.requests.filter(({ method, query }) => method === 'GET' && !query.has('userEmail')).length;
const roleNow = () => server.member('u').projectRoles?.map(({ project, role }) => `${project} ${role}`);
const setRow = (over: object) => Object.assign(server.member('u'), over);
const onPost = (effect: Fault['effect'], nth?: number) =>
  server.addFault({ method: 'POST', effect, ...(nth === undefined ? {} : { nth }) });
const answered = (status: number, body: object) => onPost({ kind: 'answer', answer: { status, body } });
const APPLIED = { rowBefore: read, result: 'applied', sent: true };
const stale = (because: string) => ({ result: 'withheld', stale: true, error: `stale: ${because}` });

describe('a row as the plan was made from', () => {
  test('is written once, after it was found by its address', async () => {
    expect(await write()).toEqual(APPLIED);
    expect([posts(), lists(), roleNow()]).toEqual([1, 0, ['prj_b engineer', 'prj_a CustomElevatedAccess']]);
  });

  test('is found in the whole list where its address finds nobody', async () => {
    server.state.users.set('u', { email: 'U@example.org', dateCreated: '' });
    expect(await write()).toEqual(stale('changed since it was read: email'));
    expect([posts(), lists()]).toEqual([0, 1]);
  });

  test('is found in the whole list where its address finds somebody else', async () => {
    server.state.users.set('u', { email: 'new@example.org', dateCreated: '' });
    server.state.users.set('v', { email: 'u@example.org', dateCreated: '' });
    expect(await write()).toEqual(stale('changed since it was read: email'));
    expect(lists()).toBe(1);
  });

  test('is found in the whole list where its address finds several', async () => {
    server.state.users.set('v', { email: 'u@example.org', dateCreated: '' });
    expect(await write()).toEqual(APPLIED);
    expect([posts(), lists()]).toEqual([1, 1]);
  });

  test('is written with what somebody changed on another project, which is kept and said', async () => {
    setRow({ projectRoles: [{ ...other, role: 'analyst' }, entry('admin')] });
    expect(await write()).toEqual({
      result: 'applied',
      sent: true,
      rowBefore: { ...read, projectRoles: [entry('analyst', 'prj_b'), entry('admin')] },
      changedMeanwhile: 'changed by somebody else since the plan, and kept: entry of prj_b',
    });
    expect(roleNow()).toEqual(['prj_b analyst', 'prj_a CustomElevatedAccess']);
  });

  test('and for whose other project nothing is said where the write failed', async () => {
    setRow({ projectRoles: [{ ...other, role: 'analyst' }, entry('admin')] });
    answered(418, { message: 'no' });
    expect(await write()).not.toHaveProperty('changedMeanwhile');
  });
});

describe('nothing is sent for a row that', () => {
  afterEach(() => expect(posts()).toBe(0));

  test('is gone', async () => {
    server.state.members = server.state.members.filter(({ id }) => id !== 'u');
    expect(await write()).toEqual(stale('no longer a member'));
  });

  test('is as planned already', async () => {
    setRow({ projectRoles: [other, entry('CustomElevatedAccess')] });
    expect(await write()).toEqual({ result: 'applied' });
  });

  test('changed otherwise', async () => {
    setRow({ role: 'collaborator' });
    expect(await write()).toEqual(stale('changed since it was read: globalRole'));
  });

  test('may not be written now', async () => {
    const asked: unknown[] = [];
    const check = async (one: unknown) => {
      asked.push(one);
      return 'nobody else would be there';
    };
    expect(await write({ check })).toEqual(stale('nobody else would be there'));
    expect(asked).toEqual([change]);
  });

  test('cannot be read, and the run writes nothing more', async () => {
    server.addFault({
      method: 'GET',
      effect: { kind: 'answer', answer: { status: 401, body: { message: 'no' } } },
    });
    const error = `${LIST}: refused (found 401, allowed 200): no`;
    expect(await write()).toEqual({ result: 'withheld', stopReason: new StopError(error), error });
  });

  test('would be written after the end of the time', async () => {
    const deadline = createDeadline(clock, 0);
    const rateLimiter: RateLimiter = { wait: () => 1, windowLeft: () => 0, learn: () => undefined };
    const stopReason = new DeadlineError('growthbook: POST /api/v1/members');
    expect(await write({ deadline, rateLimiter })).toEqual({
      result: 'withheld',
      stopReason,
      error: stopReason.message,
    });
  });

  test('was read in time and would be written after it', async () => {
    const check = async () => void clock.advance(240_000);
    const stopReason = new DeadlineError(WRITE);
    expect(await write({ check })).toEqual({
      rowBefore: read,
      result: 'withheld',
      sent: false,
      stopReason,
      error: stopReason.message,
    });
  });
});

describe('an answer to the role', () => {
  const refused = (status: number, text: string) =>
    `${WRITE}: refused (found ${status}, allowed 200): ${text}`;
  const CURE =
    'fix this row in GrowthBook by hand: its roles, project roles and environment limits must all be valid';

  test.each([
    [{}, '{}'],
    [{ message: 'signed in?' }, 'signed in?'],
  ])('of 200 that is not GrowthBook’s own is no success, though it may be one: %j', async (body, text) => {
    answered(200, body);
    const error = `${WRITE}: not GrowthBook's answer: ${text}`;
    expect(await write()).toEqual({ rowBefore: read, result: 'failed', sent: true, error });
    expect(posts()).toBe(1);
  });

  test.each([
    [401, 'Invalid API key'],
    [402, 'Pay'],
    [403, 'no'],
    [400, 'Must have a pro plan to restrict permissions by environment.'],
    [400, 'Must have an enterprise plan.'],
    [400, 'Your plan does not support it.'],
  ])('that refuses every write ends the writing: %i %s', async (status, text) => {
    answered(status, { message: text });
    const error = refused(status, text);
    expect(await write()).toEqual({
      rowBefore: read,
      result: 'failed',
      error,
      stopReason: new StopError(error),
    });
  });

  test.each([
    ['CustomElevatedAccess is not a valid role', change.to, 'CustomElevatedAccess'],
    ['CustomElevatedAccess) is not a valid role', change.to, 'CustomElevatedAccess'],
    ['noaccess is not a valid role', { ...change.to, projectRole: null, globalRole: 'noaccess' }, 'noaccess'],
  ])(
    'that GrowthBook does not have the role ends the writing and names the rule: %s',
    async (text, to, role) => {
      answered(400, { message: text });
      const error = refused(400, text);
      const stopReason = new StopError(
        `policy: rule 3 gives the role ${role}, which GrowthBook does not have: ${error}`,
      );
      expect(await write({}, { ...change, to })).toEqual({
        rowBefore: read,
        result: 'failed',
        error,
        stopReason,
      });
    },
  );

  test.each([
    [400, 'readonly is not a valid role'],
    [400, 'CustomElevatedAccess is not a valid role at all'],
    [400, 'dev is not a valid environment ID for this organization.'],
    [400, 'You must have an enterprise plan'],
    [400, 'Must have two plan'],
    [422, 'Your plan does not support it.'],
    [422, 'x'],
  ])('about the row fails this change alone, and says how to fix it: %i %s', async (status, text) => {
    answered(status, { message: text });
    const error = `${refused(status, text)}; ${CURE}`;
    expect(await write()).toEqual({ rowBefore: read, result: 'failed', invalidRow: true, error });
  });

  test('that the member is gone withholds the change', async () => {
    answered(400, { message: 'Could not find user with that ID' });
    expect(await write()).toEqual({ rowBefore: read, ...stale('no longer a member') });
  });

  test('that the update failed leaves it to what is read back', async () => {
    answered(400, { message: "Unable to update the user's role: x" });
    const error = refused(400, "Unable to update the user's role: x");
    expect(await write()).toEqual({ rowBefore: read, result: 'failed', sent: true, error });
  });

  test.each([
    [404, false, 1],
    [418, false, 1],
    [429, false, 6],
    [500, true, 6],
    [503, true, 6],
  ])('of %i fails; something may have changed: %s; it is sent %i times', async (status, sent, times) => {
    answered(status, { message: 'x' });
    expect(await write()).toEqual({ rowBefore: read, result: 'failed', sent, error: refused(status, 'x') });
    expect(posts()).toBe(times);
  });
});

describe('after a lost answer the row is read again, and', () => {
  const conflict = (because: string) => ({ rowBefore: read, sent: true, ...stale(because) });
  const effect = {
    'no answer': ({ response }: Exchange) => void response.socket?.destroy(),
    503: ({ response }: Exchange) => void response.writeHead(503).end('{}'),
  };
  const kinds = Object.keys(effect) as (keyof typeof effect)[];
  /** The first write is not carried out, and somebody edits the row meanwhile. */
  const lose = (kind: keyof typeof effect, edit: () => void = () => undefined) => {
    const act = (exchange: Exchange) => {
      edit();
      effect[kind](exchange);
    };
    onPost({ kind: 'act', act }, 1);
  };

  test.each(kinds)('as before it is written again (%s)', async (kind) => {
    lose(kind);
    expect(await write()).toEqual(APPLIED);
    expect([posts(), roleNow()]).toEqual([2, ['prj_b engineer', 'prj_a CustomElevatedAccess']]);
  });

  test('as planned it is applied, without another write', async () => {
    onPost({ kind: 'lose' }, 1);
    expect(await write()).toEqual(APPLIED);
    expect(posts()).toBe(1);
  });

  describe.each(kinds)('(%s)', (kind) => {
    test.each([
      [
        'as planned by somebody else it is applied',
        { projectRoles: [other, entry('CustomElevatedAccess')] },
        APPLIED,
      ],
      [
        'changed otherwise it is left',
        { projectRoles: [other, entry('engineer')] },
        conflict('changed since it was read: entry of the project'),
      ],
      [
        'changed on another project it is left: the same body would undo that',
        { projectRoles: [entry('admin')] },
        conflict('changed while the answer was lost: entry of prj_b'),
      ],
    ])('%s', async (_, over, result) => {
      lose(kind, () => setRow(over));
      expect(await write()).toEqual(result);
      expect(posts()).toBe(1);
    });

    test('gone it is left', async () => {
      lose(kind, () => {
        server.state.members = server.state.members.filter(({ id }) => id !== 'u');
      });
      expect(await write()).toEqual(conflict('no longer a member'));
      expect(posts()).toBe(1);
    });
  });

  test('a second answer counts for itself', async () => {
    onPost({ kind: 'drop' }, 1);
    server.addFault({
      method: 'POST',
      nth: 2,
      effect: { kind: 'answer', answer: { status: 404, body: 'x' } },
    });
    expect(await write()).toMatchObject({ result: 'failed', sent: false });
  });

  test('without any answer it fails', async () => {
    onPost({ kind: 'drop' });
    expect(await write()).toEqual({
      rowBefore: read,
      result: 'failed',
      sent: true,
      error: expect.stringContaining(`${WRITE}: no answer: `),
    });
    expect(posts()).toBe(6);
  });

  test('unreadable it fails, and the run writes nothing more', async () => {
    onPost({ kind: 'drop' }, 1);
    server.addFault({
      method: 'GET',
      nth: 2,
      effect: { kind: 'answer', answer: { status: 401, body: { message: 'no' } } },
    });
    const error = `${LIST}: refused (found 401, allowed 200): no`;
    expect(await write()).toEqual({
      rowBefore: read,
      result: 'failed',
      sent: true,
      stopReason: new StopError(error),
      error,
    });
  });
});

describe('the rate limit', () => {
  /** A limiter whose waits are these, then none. */
  function limiter(waits: readonly number[], windowLeft: number) {
    const asked: (readonly (number | undefined)[])[] = [];
    const left = [...waits];
    const rateLimiter: RateLimiter = {
      wait: (places, kept) => {
        asked.push([places, kept]);
        return left.shift() ?? 0;
      },
      windowLeft: () => windowLeft,
      learn: () => undefined,
    };
    return { rateLimiter, asked };
  }

  test.each([
    [239_999, 0],
    [240_000, 7],
    [240_001, 7],
  ])(
    'has two places for a write; with %i ms of the window of 240 s left, %i are kept for reading back',
    async (windowLeft, kept) => {
      const { rateLimiter, asked } = limiter([], windowLeft);
      await write({ rateLimiter, keptPlaces: 7 });
      expect(asked).toEqual([[2, kept]]);
    },
  );

  test('is waited for before the row is read, as long as it takes', async () => {
    const pauses: unknown[] = [];
    const deadline = createDeadline(clock, 240_000, undefined, (...pause) => void pauses.push(pause));
    const { rateLimiter, asked } = limiter([2000, 1], 0);
    expect(await write({ rateLimiter, deadline })).toEqual(APPLIED);
    expect(asked).toHaveLength(3);
    expect(pauses).toEqual([
      [2000, 'the rate limit of growthbook'],
      [1, 'the rate limit of growthbook'],
    ]);
  });

  test('has two places for each further write', async () => {
    onPost({ kind: 'drop' }, 1);
    const { rateLimiter, asked } = limiter([], 0);
    await write({ rateLimiter });
    expect(asked).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });
});

describe('an error ends the writing', () => {
  test.each([new SourceError('no list'), new NoAnswerError('no answer')])('as a stop: %s', (error) => {
    expect(stopReasonOf(error)).toEqual(new StopError(error.message));
    expect(stopReasonOf(error)).toBeInstanceOf(StopError);
  });

  test.each([new DeadlineError('x'), new StopError('x')])('as it is: %s', (error) => {
    expect(stopReasonOf(error)).toBe(error);
  });

  test('and the run where nobody expects it', () => {
    const error = new TypeError('x');
    expect(() => stopReasonOf(error)).toThrow(error);
  });
});
