import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeadlineError, StopError } from '../../../src/platform/errors.ts';
import { createGitlabTarget } from '../../../src/targets/gitlab/target.ts';
import { decision, type TestRunOptions, testRun } from '../../fixtures.ts';
import { type StillClock, stillClock } from '../../sandbox/clock.ts';
import { GITLAB_TOKEN, pending } from '../../sandbox/gitlab/sandbox.ts';
import { startGitLab } from '../../sandbox/gitlab/server.ts';
import type { GitLabUser } from '../../sandbox/gitlab/users.ts';
import type { Answer, FaultEffect, Recorded } from '../../sandbox/server.ts';

const LOOK = 'gitlab: GET /api/v4/users/1';
const APPROVE = 'gitlab: POST /api/v4/users/1/approve';
const NOT_SENT = { result: 'withheld', sent: false };
const SECONDS = 240;
/** Milliseconds at the end of the run that are kept for publishing. */
const RESERVED = 20_000;
const TOKEN_NEEDS =
  'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode';

let clock: StillClock;
let gitlab: Awaited<ReturnType<typeof startGitLab>>;
let ann: GitLabUser;
beforeEach(async () => {
  clock = stillClock();
  ann = pending(1, 'ann');
  gitlab = await startGitLab({ users: [ann], token: GITLAB_TOKEN, now: clock.now });
});
afterEach(() => gitlab.close());

const isLook = ({ method }: Recorded) => method === 'GET';
const isApprove = ({ method }: Recorded) => method === 'POST';
const answer = (status: number, body: Answer['body'] = { message: 'no' }): FaultEffect => ({
  kind: 'answer',
  answer: { status, body },
});
const GONE = answer(404, { message: '404 User Not Found' });
const LOSE: FaultEffect = { kind: 'lose' };
const DROP: FaultEffect = { kind: 'drop' };

/** The effect that each look and each approval meets, in turn; undefined where it meets none. */
interface Troubles {
  readonly looks?: readonly (FaultEffect | undefined)[];
  readonly approvals?: readonly (FaultEffect | undefined)[];
}
function meet({ looks = [], approvals = [] }: Troubles): void {
  const add = (when: (request: Recorded) => boolean, effects: readonly (FaultEffect | undefined)[]) => {
    for (const [index, effect] of effects.entries())
      if (effect) gitlab.addFault({ when, nth: index + 1, effect });
  };
  add(isLook, looks);
  add(isApprove, approvals);
}

/** Does something at the nth request of this kind that meets no effect, before it is handled. */
function at(when: (request: Recorded) => boolean, nth: number, edit: () => void): void {
  gitlab.onRequest({ when, nth }, edit);
}

/** Approves ann as a run does that read her account when the test began. */
async function approve(over: TestRunOptions = {}) {
  const run = testRun({ clock, seconds: SECONDS, mayWrite: true, ...over });
  const settings = { root: gitlab.origin, token: GITLAB_TOKEN, provider: 'openid_connect' };
  const target = createGitlabTarget({ ...settings, reserved: RESERVED }, run);
  const { username, state, identities } = structuredClone(pending(1, 'ann'));
  const row = { id: 1, username, state, bot: false, identities };
  return await target.write({ ...decision(), kind: 'approve', from: state, to: 'active', row });
}
const calls = () => gitlab.requests.map(({ method }) => method).join(' ');
const now = () => clock.now();

test('an account is read, approved and read back', async () => {
  expect(await approve()).toEqual({ result: 'applied', sent: true, doneAt: now() });
  expect(calls()).toBe('GET POST GET');
  expect(gitlab.approvals).toEqual([{ id: 1, username: 'ann', at: now() }]);
});

test('the time of an approval is that of its answer, not of the look before or after', async () => {
  at(isApprove, 1, () => clock.advance(3000));
  at(isLook, 2, () => clock.advance(5000));
  expect(await approve()).toMatchObject({ result: 'applied', doneAt: now() - 5000 });
});

describe('an account that changed since the plan is not approved', () => {
  const changes: readonly (readonly [string, Partial<GitLabUser>])[] = [
    ['no longer waiting (found active)', { state: 'active' }],
    ['no longer waiting (found blocked)', { state: 'blocked', username: 'ann2' }],
    ['renamed (found ann2)', { username: 'ann2', identities: [] }],
    ['its identity changed', { identities: [{ provider: 'openid_connect', extern_uid: 'bob' }] }],
    ['its identity changed', { identities: [{ provider: 'cas3', extern_uid: 'ann' }] }],
    ['its identity changed', { identities: [] }],
  ];
  test.each(changes)('%s', async (what, change) => {
    Object.assign(ann, change);
    expect(await approve()).toEqual({ result: 'withheld', stale: true, error: `stale: ${what}` });
    expect(calls()).toBe('GET');
  });

  test('gone', async () => {
    meet({ looks: [GONE] });
    expect(await approve()).toEqual({ result: 'withheld', stale: true, gone: true, error: 'stale: gone' });
    expect(calls()).toBe('GET');
  });

  test('an identity of another provider is no change', async () => {
    ann.identities.push({ provider: 'github', extern_uid: 'x' });
    expect(await approve()).toMatchObject({ result: 'applied' });
  });
});

describe('nothing is sent where the look before fails', () => {
  test('because of this account: it fails alone', async () => {
    meet({ looks: [answer(400)] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: false,
      error: `${LOOK}: refused (found 400, allowed 200): no`,
    });
    expect(calls()).toBe('GET');
  });

  test.each([401, 403])('because of the token (%i): the run stops', async (status) => {
    meet({ looks: [answer(status)] });
    const error = `${LOOK}: refused (found ${status}, allowed 200): no; ${TOKEN_NEEDS}`;
    expect(await approve()).toEqual({ ...NOT_SENT, error, stopReason: new StopError(error) });
  });

  test('because the time for writing is up: the run stops', async () => {
    const error = `${LOOK}: the deadline of this run has come (SYNC_DEADLINE_SECONDS)`;
    expect(await approve({ seconds: RESERVED / 1000 })).toEqual({
      ...NOT_SENT,
      error,
      stopReason: new DeadlineError(LOOK),
    });
    expect(calls()).toBe('');
  });

  test('because the run was asked to stop', async () => {
    const error = `${LOOK}: the run was asked to stop`;
    expect(await approve({ stop: AbortSignal.abort() })).toEqual({
      ...NOT_SENT,
      error,
      stopReason: new StopError(error),
    });
  });

  test('because the run may not write: it stops', async () => {
    const error = `${APPROVE}: a run that may not write tried to write; nothing was sent`;
    expect(await approve({ mayWrite: false })).toEqual({
      ...NOT_SENT,
      error,
      stopReason: new StopError(error),
    });
    expect(calls()).toBe('GET');
  });

  test('because the time for writing ends with the look: it stops', async () => {
    at(isLook, 1, () => clock.advance(SECONDS * 1000 - RESERVED));
    expect(await approve()).toEqual({
      ...NOT_SENT,
      error: `${APPROVE}: the deadline of this run has come (SYNC_DEADLINE_SECONDS)`,
      stopReason: new DeadlineError(APPROVE),
    });
    expect(calls()).toBe('GET');
  });
});

describe('an approval that is refused', () => {
  const refused = (status: number) => `${APPROVE}: refused (found ${status}, allowed 201): no`;
  const rows: readonly (readonly [string, FaultEffect, object])[] = [
    ['409: somebody else decided', answer(409), { result: 'unchanged' }],
    [
      '404 of GitLab’s own: the account is gone',
      GONE,
      { result: 'withheld', stale: true, gone: true, error: 'stale: gone' },
    ],
    ['404 of a proxy fails', answer(404), { result: 'failed', error: refused(404), invalidRow: false }],
    ['400 fails', answer(400), { result: 'failed', error: refused(400), invalidRow: false }],
    [
      '422 fails this account alone',
      answer(422),
      { result: 'failed', error: refused(422), invalidRow: true },
    ],
    ['200 is no approval', answer(200), { result: 'failed', error: refused(200), invalidRow: false }],
    ...[401, 403].map((status): readonly [string, FaultEffect, object] => {
      const error = `${refused(status)}; ${TOKEN_NEEDS}`;
      return [
        `${status} stops the run`,
        answer(status),
        { result: 'failed', error, stopReason: new StopError(error) },
      ];
    }),
  ];
  test.each(rows)('%s', async (_, effect, result) => {
    meet({ approvals: [effect] });
    expect(await approve()).toEqual(result);
    expect(calls()).toBe('GET POST');
  });

  test('429 is sent again after the pause that it asks for, up to five times', async () => {
    const slow: FaultEffect = {
      kind: 'answer',
      answer: { status: 429, headers: { 'Retry-After': '7' }, body: 'Retry later' },
    };
    meet({ approvals: [slow, slow] });
    expect(await approve()).toMatchObject({ result: 'applied', doneAt: now() });
    expect([calls(), clock.slept]).toEqual(['GET POST GET POST GET POST GET', [7000, 7000]]);
  });

  test('429 without end fails after five more', async () => {
    meet({ approvals: Array.from({ length: 9 }, () => answer(429)) });
    expect(await approve()).toEqual({ result: 'failed', error: refused(429), invalidRow: false });
    expect(calls()).toBe('GET POST GET POST GET POST GET POST GET POST GET POST');
  });

  test.each([
    ['renamed (found ann2)', { username: 'ann2' }],
    ['no longer waiting (found blocked)', { state: 'blocked' as const }],
  ])('429, and then the account is %s: it is not sent again', async (what, change) => {
    meet({ approvals: [answer(429)] });
    at(isLook, 2, () => void Object.assign(ann, change));
    expect(await approve()).toEqual({ result: 'withheld', stale: true, error: `stale: ${what}` });
    expect(calls()).toBe('GET POST GET');
  });

  test('429, and then the account is gone: it is not sent again', async () => {
    meet({ approvals: [answer(429)], looks: [undefined, GONE] });
    expect(await approve()).toEqual({ result: 'withheld', stale: true, gone: true, error: 'stale: gone' });
  });
});

describe('an approval without a clear answer', () => {
  const NO_ANSWER = /^gitlab: POST \/api\/v4\/users\/1\/approve: no answer: ECONNRESET: .*/;
  const LEFT = '; read afterwards, the account is blocked_pending_approval';

  test('that was carried out is found by the look, and not sent again', async () => {
    meet({ approvals: [LOSE] });
    expect(await approve()).toEqual({ result: 'applied', sent: true, doneAt: now() });
    expect(calls()).toBe('GET POST GET GET');
  });

  test.each([
    ['no answer', DROP],
    ['500', answer(500)],
    ['503', answer(503)],
    ['408', answer(408)],
  ])('that was not carried out (%s) is sent once more', async (_, effect) => {
    meet({ approvals: [effect] });
    expect(await approve()).toEqual({ result: 'applied', sent: true, doneAt: now() });
    expect(calls()).toBe('GET POST GET POST GET');
  });

  test.each([500, 503, 408])('that stays so (%i) has failed after the second', async (status) => {
    meet({ approvals: [answer(status), answer(status), undefined] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      error: `${APPROVE}: refused (found ${status}, allowed 201): no${LEFT}`,
    });
    expect(calls()).toBe('GET POST GET POST GET');
  });

  test('that never gets one has failed after the second', async () => {
    meet({ approvals: [DROP, DROP, undefined] });
    const error = expect.stringMatching(new RegExp(`${NO_ANSWER.source}${LEFT}$`));
    expect(await approve()).toEqual({ result: 'failed', sent: true, error });
    expect(calls()).toBe('GET POST GET POST GET');
  });

  test('is sent once more after a pause for a rate limit too', async () => {
    meet({ approvals: [answer(503), answer(429), answer(503), undefined] });
    expect(await approve()).toMatchObject({ result: 'failed', sent: true });
    expect(calls()).toBe('GET POST GET POST GET POST GET');
  });

  test('is not sent again if the account was renamed since', async () => {
    meet({ approvals: [answer(503)] });
    at(isLook, 2, () => void Object.assign(ann, { username: 'ann2' }));
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      error: `${APPROVE}: refused (found 503, allowed 201): no${LEFT}`,
    });
    expect(calls()).toBe('GET POST GET GET');
  });

  test('has failed where the account is gone afterwards', async () => {
    meet({ approvals: [answer(503)], looks: [undefined, GONE, GONE] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      error: `${APPROVE}: refused (found 503, allowed 201): no; read afterwards, the account is gone`,
    });
  });

  test('and that the second time meets 409 was ours, where the account is active', async () => {
    meet({ approvals: [DROP] });
    at(isApprove, 1, () => {
      ann.state = 'active';
    });
    expect(await approve()).toEqual({ result: 'applied', sent: true, doneAt: now() });
  });

  test('and that the second time meets 409 is unchanged, where somebody else decided', async () => {
    meet({ approvals: [DROP] });
    at(isApprove, 1, () => {
      ann.state = 'blocked';
    });
    expect(await approve()).toEqual({ result: 'unchanged', sent: true });
  });

  test('and that the second time meets 409 may be ours, where the account cannot be read', async () => {
    meet({ approvals: [DROP, answer(409)], looks: [undefined, undefined, answer(400)] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      doneAt: now(),
      error: `${APPROVE}: refused (found 409, allowed 201): no; read afterwards, the account is unreadable (${LOOK}: refused (found 400, allowed 200): no)`,
    });
  });

  test('and that the second time is refused because of its row has failed alone', async () => {
    meet({ approvals: [answer(503), answer(422)] });
    expect(await approve()).toEqual({
      result: 'failed',
      invalidRow: true,
      error: `${APPROVE}: refused (found 422, allowed 201): no`,
    });
  });

  test('counts as sent where the account cannot be read afterwards', async () => {
    meet({ approvals: [LOSE], looks: [undefined, answer(400), answer(400)] });
    const unreadable = `the account is unreadable \\(${LOOK}: refused \\(found 400, allowed 200\\): no\\)`;
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      doneAt: now(),
      error: expect.stringMatching(new RegExp(`^${LOOK}: refused .*; read afterwards, ${unreadable}$`)),
    });
    expect(calls()).toBe('GET POST GET GET');
  });
});

describe('after a 201', () => {
  test('an account that still waits has failed, and was approved', async () => {
    meet({ approvals: [answer(201)] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      doneAt: now(),
      error: 'gitlab answered with success, but the account is blocked_pending_approval',
    });
    expect(calls()).toBe('GET POST GET');
  });

  test.each([
    ['gone', GONE, 'gone'],
    ['unreadable', answer(400), `unreadable (${LOOK}: refused (found 400, allowed 200): no)`],
  ])('an account that is %s has failed, and was approved', async (_, look, what) => {
    meet({ looks: [undefined, look] });
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      doneAt: now(),
      error: `gitlab answered with success, but the account is ${what}`,
    });
  });
});

describe('the end of the time for writing', () => {
  const advance = (seconds: number) => () => clock.advance(seconds * 1000);

  test('leaves half of the time kept for publishing to read back', async () => {
    at(isApprove, 1, advance(229));
    expect(await approve()).toEqual({ result: 'applied', sent: true, doneAt: now() });
  });

  test('leaves no more than half of it', async () => {
    at(isApprove, 1, advance(230));
    expect(await approve()).toEqual({
      result: 'failed',
      sent: true,
      doneAt: now(),
      error: `gitlab answered with success, but the account is unreadable (${LOOK}: the deadline of this run has come (SYNC_DEADLINE_SECONDS))`,
    });
  });

  test('comes before a second approval: what was sent is looked for, and the run stops', async () => {
    meet({ approvals: [LOSE] });
    at(isApprove, 1, advance(221));
    expect(await approve()).toEqual({
      result: 'applied',
      sent: true,
      doneAt: now(),
      stopReason: expect.any(DeadlineError),
    });
    expect(calls()).toBe('GET POST GET');
  });

  test('comes before a second approval of what was not carried out: it has failed, and the run stops', async () => {
    const stop = new AbortController();
    meet({ approvals: [DROP] });
    const { sleep } = clock;
    clock.sleep = async (ms) => {
      stop.abort();
      await sleep(ms);
    };
    const error = expect.stringMatching(
      /the run was asked to stop; read afterwards, the account is blocked_pending_approval$/,
    );
    expect(await approve({ stop: stop.signal })).toEqual({
      result: 'failed',
      sent: true,
      error,
      stopReason: expect.any(StopError),
    });
    expect(calls()).toBe('GET POST GET');
  });

  test('a run that is asked to stop reads back what was sent', async () => {
    const stop = new AbortController();
    at(isApprove, 1, () => stop.abort());
    expect(await approve({ stop: stop.signal })).toEqual({ result: 'applied', sent: true, doneAt: now() });
  });
});
