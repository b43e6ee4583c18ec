import { describe, expect } from 'vitest';
import { type GitlabContent, pending } from '../sandbox/gitlab/sandbox.ts';
import type { GitLabUser } from '../sandbox/gitlab/users.ts';
import type { Answer, Fault, Recorded } from '../sandbox/server.ts';
import { startStorage } from '../sandbox/storage.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { open, test } from './harness.ts';

const isApprove =
  (id?: number) =>
  ({ method, path }: Recorded) =>
    method === 'POST' && (id === undefined || path === `/api/v4/users/${id}/approve`);
const isLook =
  (id: number) =>
  ({ method, path }: Recorded) =>
    method === 'GET' && path === `/api/v4/users/${id}`;
const answer = (status: number, body: Answer['body'] = { message: 'no' }) =>
  ({ kind: 'answer', answer: { status, body } }) as const;

/** GitLab's own answer for an account that is not there. */
const GONE = answer(404, { message: '404 User Not Found' });

/** Two trusted people wait: ann (1) and bob (2). */
const two = (ann: Partial<GitLabUser> = {}): GitlabContent => ({
  users: [pending(1, 'ann', ann), pending(2, 'bob')],
  groups: { wmf: ['ann', 'bob'] },
});

const runJob = async (scenario: Scenario) => {
  const { report } = await scenario.run();
  const results = report.changes.map(({ label, result }) => `${label} ${result}`);
  return { report, results, outcome: report.outcome, exitCode: report.exitCode };
};

const lineOf = (name: string) => `* 12:00 [[gitlab:${name}|@${name}]] was approved. (organisation)`;
const page = (...names: readonly string[]) => ['=== 2026-06-01 ===', ...names.map(lineOf)].join('\n');

test('each account is read, approved and read back, one after the other', async () => {
  const scenario = await openScenario(two());
  const { results, outcome, exitCode } = await runJob(scenario);
  expect({ results, outcome, exitCode }).toEqual({
    results: ['ann applied', 'bob applied'],
    outcome: 'applied',
    exitCode: 0,
  });
  const calls = scenario.gitlab.requests.slice(1).map(({ method, path }) => `${method} ${path.slice(14)}`);
  expect(calls).toEqual(['GET 1', 'POST 1/approve', 'GET 1', 'GET 2', 'POST 2/approve', 'GET 2']);
  expect(scenario.auditPage()).toBe(page('bob', 'ann'));
});

test('a plan that was carried out leaves nothing to plan', async () => {
  const scenario = await openScenario(two());
  await scenario.run();
  const { report } = await runJob(scenario);
  expect([report.outcome, report.changes, report.calls]).toEqual(['unchanged', [], { gitlab: { GET: 1 } }]);
  expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[1, 2], 1]);
});

interface Case {
  /** What GitLab answers instead of what it would. */
  readonly faults: readonly Fault[];
  readonly ann?: Partial<GitLabUser>;
  /** The result of the changes of ann and bob, and the outcome of the run with its exit code. */
  readonly results: readonly [ann: string, bob: string];
  readonly outcome: readonly [outcome: string, exitCode: number];
  /** Whom GitLab was asked to approve, and who is on the wiki, the latest first. */
  readonly sent: readonly number[];
  readonly published: readonly string[];
  /** The reason that ann's change has. */
  readonly error?: string;
}

const APPLIED = ['applied', 0] as const;
const FAILED = ['failed', 1] as const;
const isAnyLook = (request: Recorded) => isLook(1)(request) || isLook(2)(request);

/** What becomes of ann and bob, whatever GitLab answers: https://docs.gitlab.com/api/users#approve-a-user */
const CASES: Readonly<Record<string, Case>> = {
  'at the look just before, an account that is gone is withheld': {
    faults: [{ when: isLook(1), effect: GONE }],
    results: ['withheld', 'applied'],
    outcome: APPLIED,
    sent: [2],
    published: ['bob'],
    error: 'stale: gone',
  },
  ...Object.fromEntries(
    Object.entries({
      'an HTML page': answer(404, '<html><title>Not here</title></html>'),
      'a route that is missing': answer(404, { error: '404 Not Found' }),
      'a gateway’s JSON': answer(404, { message: '404 Not Found' }),
      'another object': answer(404, { message: '404 Project Not Found' }),
      'no body': answer(404, ''),
    }).map(([name, effect]) => [
      `at the look just before, a 404 that is not GitLab’s own fails, and is not taken for gone: ${name}`,
      {
        faults: [{ when: isLook(1), effect }],
        results: ['failed', 'applied'],
        outcome: FAILED,
        sent: [2],
        published: ['bob'],
      } satisfies Case,
    ]),
  ),
  'at the look just before, a proxy that answers 404 to everything fails the run': {
    faults: [{ when: isAnyLook, effect: answer(404, '<html><title>Not here</title></html>') }],
    results: ['failed', 'failed'],
    outcome: FAILED,
    sent: [],
    published: [],
  },
  'at the look just before, an account that can’t be read fails alone': {
    faults: [{ when: isLook(1), effect: answer(400) }],
    results: ['failed', 'applied'],
    outcome: FAILED,
    sent: [2],
    published: ['bob'],
  },
  'at the look just before, a token that is refused stops the run before anything is written': {
    faults: [{ when: isLook(1), effect: answer(401) }],
    results: ['withheld', 'withheld'],
    outcome: FAILED,
    sent: [],
    published: [],
  },
  'an approval that is answered with 409 is unchanged: no failure and no line on the wiki': {
    faults: [{ when: isApprove(1), effect: answer(409) }],
    results: ['unchanged', 'applied'],
    outcome: APPLIED,
    sent: [1, 2],
    published: ['bob'],
  },
  'an approval that is answered with 404 is withheld as gone': {
    faults: [{ when: isApprove(1), effect: GONE }],
    results: ['withheld', 'applied'],
    outcome: APPLIED,
    sent: [1, 2],
    published: ['bob'],
    error: 'stale: gone',
  },
  'an approval that is answered with 422 fails that account only': {
    faults: [],
    ann: { invalid: 'Email is invalid' },
    results: ['failed', 'applied'],
    outcome: FAILED,
    sent: [1, 2],
    published: ['bob'],
    error: 'found 422, allowed 201): Email is invalid',
  },
  ...Object.fromEntries(
    [401, 403].map((status) => [
      `an approval that is answered with ${status} stops the run, and what was approved before still goes to the wiki`,
      {
        faults: [{ when: isApprove(2), effect: answer(status) }],
        results: ['applied', 'failed'],
        outcome: FAILED,
        sent: [1, 2],
        published: ['ann'],
      } satisfies Case,
    ]),
  ),
  'an approval that is answered with 403 at first leaves all others alone': {
    faults: [{ when: isApprove(), effect: answer(403) }],
    results: ['failed', 'withheld'],
    outcome: FAILED,
    sent: [1],
    published: [],
  },
  'an approval whose answer is lost and that was carried out is applied, logged and not sent again': {
    faults: [{ when: isApprove(1), nth: 1, effect: { kind: 'lose' } }],
    results: ['applied', 'applied'],
    outcome: APPLIED,
    sent: [1, 2],
    published: ['bob', 'ann'],
  },
  'an approval that was dropped on the way is sent once more': {
    faults: [{ when: isApprove(1), nth: 1, effect: { kind: 'drop' } }],
    results: ['applied', 'applied'],
    outcome: APPLIED,
    sent: [1, 1, 2],
    published: ['bob', 'ann'],
  },
  'an approval that was answered with 503 and not carried out is sent once more': {
    faults: [{ when: isApprove(1), nth: 1, effect: answer(503, 'overload') }],
    results: ['applied', 'applied'],
    outcome: APPLIED,
    sent: [1, 1, 2],
    published: ['bob', 'ann'],
  },
  ...Object.fromEntries(
    [500, 502, 503].map((status) => [
      `an approval that is answered with ${status} each time fails after the second time`,
      {
        faults: [{ when: isApprove(1), effect: answer(status, 'down') }],
        results: ['failed', 'applied'],
        outcome: FAILED,
        sent: [1, 1, 2],
        published: ['bob'],
        error: 'blocked_pending_approval',
      } satisfies Case,
    ]),
  ),
  'after a 201, an account that still waits has failed, and is on the wiki all the same': {
    faults: [{ when: isApprove(1), effect: answer(201, { message: 'Success' }) }],
    results: ['failed', 'applied'],
    outcome: FAILED,
    sent: [1, 2],
    published: ['bob', 'ann'],
    error: 'blocked_pending_approval',
  },
  'after a 201, an account that can’t be read back has failed, and is on the wiki all the same': {
    faults: [{ when: isLook(1), nth: 2, effect: answer(400) }],
    results: ['failed', 'applied'],
    outcome: FAILED,
    sent: [1, 2],
    published: ['bob', 'ann'],
    error: 'unreadable',
  },
};

test.each(Object.entries(CASES))('%s', async (_, { faults, ann, results, outcome, ...expected }) => {
  const scenario = await openScenario(two(ann));
  for (const fault of faults) scenario.gitlab.addFault(fault);
  const found = await runJob(scenario);
  expect(found.results).toEqual([`ann ${results[0]}`, `bob ${results[1]}`]);
  expect([found.outcome, found.exitCode]).toEqual(outcome);
  expect(scenario.approvalsSent()).toEqual(expected.sent);
  expect(scenario.auditPage() ?? '').toBe(expected.published.length === 0 ? '' : page(...expected.published));
  expect(found.report.changes[0]?.error ?? '').toContain(expected.error ?? '');
});

describe('at the look just before', () => {
  const changes: readonly (readonly [string, Partial<GitLabUser>])[] = [
    ['no longer waiting', { state: 'active' }],
    ['renamed', { username: 'ann2' }],
    ['its identity changed', { identities: [{ provider: 'openid_connect', extern_uid: 'bob' }] }],
    ['its identity changed', { identities: [{ provider: 'cas3', extern_uid: 'ann' }] }],
  ];
  test.each(changes)('an account that is %s is withheld, which is no failure', async (what, change) => {
    const scenario = await openScenario(two());
    scenario.gitlab.state.before = (request) => {
      const [ann] = scenario.gitlab.state.users;
      if (ann && isLook(1)(request)) Object.assign(ann, change);
    };
    const { report, results, outcome, exitCode } = await runJob(scenario);
    expect({ results, outcome, exitCode }).toEqual({
      results: ['ann withheld', 'bob applied'],
      outcome: 'applied',
      exitCode: 0,
    });
    expect(report.changes[0]?.error).toContain(`stale: ${what}`);
    expect(report.notes.filter(({ kind }) => kind === 'stale')).toHaveLength(1);
    expect([scenario.approvalsSent(), scenario.auditPage()]).toEqual([[2], page('bob')]);
  });

  test('a run has failed too where the only account is gone after a rate limit', async () => {
    const scenario = await openScenario({ users: [pending(1, 'ann')], groups: { wmf: ['ann'] } });
    scenario.gitlab.addFault({ when: isApprove(1), effect: answer(429, 'Retry later') });
    scenario.gitlab.addFault({ when: isLook(1), nth: 2, effect: GONE });
    const { report, outcome, exitCode } = await runJob(scenario);
    expect({ outcome, exitCode }).toEqual({ outcome: 'failed', exitCode: 1 });
    expect(report.error).toContain('every account of the plan is gone');
  });

  test('a run of which every account is gone has failed', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.addFault({ when: (request) => isLook(1)(request) || isLook(2)(request), effect: GONE });
    const { report, outcome, exitCode } = await runJob(scenario);
    expect({ outcome, exitCode }).toEqual({ outcome: 'failed', exitCode: 1 });
    expect(report.error).toContain('every account of the plan is gone (found 2, allowed fewer)');
  });
});

describe('an approval that is answered', () => {
  test('with 429 is sent again after the pause that the server asks for', async () => {
    const scenario = await openScenario(two());
    const effect = {
      kind: 'answer',
      answer: { status: 429, headers: { 'Retry-After': '7' }, body: 'Retry later' },
    } as const;
    for (const nth of [1, 2, 3]) scenario.gitlab.addFault({ when: isApprove(1), nth, effect });
    const { results, outcome, exitCode } = await runJob(scenario);
    expect({ results, outcome, exitCode }).toEqual({
      results: ['ann applied', 'bob applied'],
      outcome: 'applied',
      exitCode: 0,
    });
    expect(scenario.approvalsSent()).toEqual([1, 1, 1, 1, 2]);
    expect(scenario.clock.slept.filter((ms) => ms >= 7000)).toHaveLength(3);
  });
});

describe('an approval whose answer is lost', () => {
  test('and that is met with 409 the second time was ours', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.addFault({ when: isApprove(1), nth: 1, effect: { kind: 'drop' } });
    scenario.gitlab.state.before = (request) => {
      const [ann] = scenario.gitlab.state.users;
      if (ann && isApprove(1)(request) && scenario.approvalsSent().length === 2) ann.state = 'active';
    };
    const { results } = await runJob(scenario);
    expect(results).toEqual(['ann applied', 'bob applied']);
    expect(scenario.auditPage()?.includes('@ann]]')).toBe(true);
  });
});

describe('the end of the run’s time', () => {
  test('approvals stop 20 s before it, and the wiki edit uses the rest', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.state.before = (request) => {
      if (isApprove(1)(request)) scenario.clock.advance(131_000);
    };
    const { results, outcome, exitCode } = await runJob(scenario);
    expect({ results, outcome, exitCode }).toEqual({
      results: ['ann applied', 'bob withheld'],
      outcome: 'deadline',
      exitCode: 6,
    });
    expect(scenario.approvalsSent()).toEqual([1]);
    expect(scenario.auditPage()).toContain('[[gitlab:ann|@ann]] was approved. (organisation)');
  });

  test('an approval whose answer is lost as it comes is looked for, not sent again', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.addFault({ when: isApprove(1), nth: 1, effect: { kind: 'lose' } });
    scenario.gitlab.state.before = (request) => {
      if (isApprove(1)(request)) scenario.clock.advance(131_000);
    };
    const { results, outcome, exitCode } = await runJob(scenario);
    expect({ results, outcome, exitCode }).toEqual({
      results: ['ann applied', 'bob withheld'],
      outcome: 'deadline',
      exitCode: 6,
    });
    expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[1], 1]);
  });

  test('of a short run a fifth is kept', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.state.before = (request) => {
      if (isApprove(1)(request)) scenario.clock.advance(33_000);
    };
    const { report } = await scenario.run({}, { SYNC_DEADLINE_SECONDS: '40' });
    expect(report.changes.map(({ result }) => result)).toEqual(['applied', 'withheld']);
    expect(scenario.editsSent()).toBe(1);
  });

  test('a run that is asked to stop finishes what was sent, writes the log and leaves the rest', async () => {
    const scenario = await openScenario(two());
    const stop = new AbortController();
    scenario.gitlab.state.before = (request) => {
      if (isApprove(1)(request)) stop.abort();
    };
    const { report } = await scenario.run({}, {}, stop.signal);
    expect(report.changes.map(({ result }) => result)).toEqual(['applied', 'withheld']);
    expect([report.outcome, scenario.approvalsSent(), scenario.auditPage()]).toEqual([
      'failed',
      [1],
      page('ann'),
    ]);
  });

  test('so does one that holds a lease, which it then gives back', async () => {
    const storage = await open(startStorage());
    const scenario = await openScenario(two());
    const stop = new AbortController();
    scenario.gitlab.state.before = (request) => {
      if (isApprove(1)(request)) stop.abort();
    };
    await scenario.run({}, storage.environment, stop.signal);
    expect([scenario.approvalsSent(), scenario.auditPage()]).toEqual([[1], page('ann')]);
    expect(storage.objects.size).toBe(0);
  });
});

describe('an approval that nobody confirmed, of an account that can’t be read afterwards', () => {
  test('is failed, and on the wiki all the same', async () => {
    const scenario = await openScenario(two());
    scenario.gitlab.addFault({ when: isApprove(1), effect: { kind: 'lose' } });
    const isAfterwards = (request: Recorded) => isLook(1)(request) && scenario.gitlab.approvals.length > 0;
    scenario.gitlab.addFault({ when: isAfterwards, effect: answer(500) });
    const { report } = await scenario.run();
    expect(report.changes.map(({ result }) => result)).toEqual(['failed', 'applied']);
    expect(report.changes[0]?.error).toContain('unreadable');
    expect(scenario.approvalsSent()).toEqual([1, 2]);
    expect(scenario.auditPage()).toMatch(/@bob\]\] was approved.*\n.*@ann\]\] was approved/);
  });
});

test('no request rejects, blocks or deletes an account, whatever comes back', async () => {
  for (const status of [400, 401, 403, 404, 409, 422, 500]) {
    const scenario = await openScenario(two());
    scenario.gitlab.addFault({ when: isApprove(), effect: answer(status) });
    await scenario.run();
    const writes = scenario.gitlab.requests.filter(({ method }) => method !== 'GET');
    expect(writes.every(({ method, path }) => method === 'POST' && path.endsWith('/approve'))).toBe(true);
  }
});
