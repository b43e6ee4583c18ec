import { describe, expect } from 'vitest';
import { isWrite, type Scenario, scenario, test } from './growthbook.ts';

const resultsOf = (report: Awaited<ReturnType<Scenario['run']>>['report']) =>
  Object.fromEntries(report.changes.map(({ account, result }) => [account, result]));
const changeOf = (report: Awaited<ReturnType<Scenario['run']>>['report'], account: string) => {
  const change = report.changes.find((one) => one.account === account);
  if (!change) throw new Error(`no change of ${account}`);
  return change;
};
const message = (text: string, status = 400) =>
  ({ kind: 'answer', answer: { status, body: { message: text } } }) as const;

const LOSSES = ['u_jonas', 'u_liam', 'u_iris', 'u_kira', 'u_farid', 'u_nils', 'u_olga'];
const GAINS = ['u_cleo', 'u_efua', 'u_hiro', 'u_petra', 'u_xena'];

describe('a plan is carried out', () => {
  test('every change is applied, in the order of the plan, and the next run finds nothing to do', async () => {
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode, report.error]).toEqual(['applied', 0, null]);
    expect(scenario.growthbook.writes.map(({ memberId }) => memberId)).toEqual([...LOSSES, ...GAINS]);
    const second = await scenario.run();
    expect(second.report.outcome).toBe('unchanged');
    expect(scenario.growthbook.writes).toHaveLength(12);
  });

  test('requests to GrowthBook that write are never under way together', async () => {
    let current = 0;
    let peak = 0;
    scenario.growthbook.state.before = ({ method }) => {
      if (method !== 'POST') return;
      current = scenario.growthbook.requests.filter((one) => one.method === 'POST').length;
      peak = Math.max(peak, current - scenario.growthbook.writes.length);
    };
    await scenario.run();
    expect(peak).toBe(1);
  });

  test('other projects’ entries, limits included, are as they were', async () => {
    const before = structuredClone(scenario.growthbook.member('u_xena').projectRoles);
    await scenario.run();
    const others = (rows: typeof before) => rows?.filter(({ project }) => project !== 'prj_experiments');
    expect(others(scenario.growthbook.member('u_xena').projectRoles)).toEqual(others(before));
  });

  test('a dry run and a run that observes send nothing that writes', async () => {
    expect((await scenario.run({ dryRun: true })).report.outcome).toBe('planned');
    const { report } = await scenario.run({}, { MODE: 'observe' });
    expect([report.outcome, report.run.dryRun]).toEqual(['planned', true]);
    expect(scenario.posts()).toHaveLength(0);
  });

  test('what a dry run shows is what a run then writes', async () => {
    const shown = (await scenario.run({ dryRun: true })).report;
    const done = (await scenario.run()).report;
    expect(done.planHash).toBe(shown.planHash);
    expect(done.changes.map(({ result: _, ...change }) => change)).toEqual(
      shown.changes.map(({ result: _, ...change }) => change),
    );
  });

  test('nobody is ever deleted', async () => {
    await scenario.run();
    expect(scenario.growthbook.requests.filter(({ method }) => !['GET', 'POST'].includes(method))).toEqual(
      [],
    );
  });
});

describe('a member who is no longer as planned is withheld', () => {
  const whenRelisted = (change: () => void) => {
    let reads = 0;
    scenario.growthbook.state.before = ({ path }) => {
      if (path === '/api/v1/members') reads += 1;
      if (reads === 2) change();
    };
  };

  test('a stale gain is a note and no failure, and the others are applied', async () => {
    whenRelisted(() => Object.assign(scenario.growthbook.member('u_hiro'), { role: 'collaborator' }));
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(changeOf(report, 'u_hiro')).toMatchObject({
      result: 'withheld',
      error: expect.stringContaining('stale'),
    });
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'stale', account: 'u_hiro' }));
    expect(scenario.growthbook.writes).toHaveLength(11);
  });

  test('a stale loss withholds every gain', async () => {
    whenRelisted(() => Object.assign(scenario.growthbook.member('u_iris'), { role: 'collaborator' }));
    const { report } = await scenario.run();
    expect(resultsOf(report)).toMatchObject(Object.fromEntries(GAINS.map((id) => [id, 'withheld'])));
    expect(scenario.growthbook.writes).toHaveLength(6);
    expect([report.outcome, report.exitCode]).toEqual(['deadline', 6]);
    expect(report.error).toContain('1 loss is left for the next run');
  });

  test('each write is logged at its moment, with its result and the run', async () => {
    const { report } = await scenario.run();
    const lines = scenario.lines.filter(({ event }) => event === 'change.applied');
    expect(lines.map(({ account }) => account)).toEqual(report.changes.map(({ account }) => account));
    expect(lines[0]).toMatchObject({ sync_run_id: report.run.id, kind: 'revoke', rule: 1, severity: 'INFO' });
    const first = scenario.lines.findIndex(({ event }) => event === 'change.applied');
    expect(first).toBeLessThan(scenario.lines.findIndex(({ event }) => event === 'decision'));
  });

  test('a login stamp makes nobody stale', async () => {
    whenRelisted(() =>
      Object.assign(scenario.growthbook.member('u_hiro'), { lastLoginDate: '2026-06-01T12:00:00.000Z' }),
    );
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_hiro').result).toBe('applied');
  });

  test('a row that already is as planned is applied without a write', async () => {
    const projectRoles = [
      { project: 'prj_experiments', role: 'readonly', environments: [], limitAccessByEnvironment: false },
    ];
    whenRelisted(() => Object.assign(scenario.growthbook.member('u_hiro'), { projectRoles }));
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_hiro').result).toBe('applied');
    expect(scenario.posts().filter(isWrite('u_hiro'))).toHaveLength(0);
  });
});

describe('one change that fails', () => {
  test('a validation error fails that change alone, says how to fix the row, and the run ends as failed', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_iris'), effect: message('"x" is not a valid role') });
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(changeOf(report, 'u_iris').error).toMatch(/not a valid role.*fix this row/);
    expect(scenario.growthbook.writes).toHaveLength(11);
  });

  test('a loss that failed for an unclear reason withholds upgrades and grants, not other losses', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_iris'), effect: message('boom', 418) });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('failed');
    expect(scenario.growthbook.writes.map(({ memberId }) => memberId)).toEqual(
      LOSSES.filter((id) => id !== 'u_iris'),
    );
    expect(resultsOf(report)).toMatchObject(Object.fromEntries(GAINS.map((id) => [id, 'withheld'])));
  });

  test('a gain that failed stops no other gain', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_cleo'), effect: message('boom', 418) });
    await scenario.run();
    expect(scenario.growthbook.writes).toHaveLength(11);
  });

  test.each([401, 402, 403])('a %i stops the run at once: exit 1, the rest withheld', async (status) => {
    scenario.growthbook.addFault({ when: isWrite('u_liam'), effect: message('no', status) });
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(scenario.posts()).toHaveLength(2);
    expect(resultsOf(report)).toMatchObject({ u_jonas: 'applied', u_liam: 'failed', u_iris: 'withheld' });
  });

  test.each([401, 403])(
    'a %i before the first write is a failed source: exit 3, nothing written',
    async (status) => {
      const listing = ({ path }: { path: string }) => path === '/api/v1/members';
      scenario.growthbook.addFault({ when: listing, nth: 2, effect: message('no', status) });
      const { report } = await scenario.run();
      expect([report.outcome, report.exitCode, scenario.posts().length]).toEqual(['source-failed', 3, 0]);
      expect(report.changes.every(({ result }) => result === 'withheld')).toBe(true);
    },
  );

  test('a list that gives no answer before the first write is a failed source, too', async () => {
    const listing = ({ path }: { path: string }) => path === '/api/v1/members';
    const isSecond = (request: { path: string }) =>
      listing(request) && scenario.growthbook.requests.filter(listing).length > 1;
    scenario.growthbook.addFault({ when: isSecond, effect: { kind: 'drop' } });
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode, scenario.posts().length]).toEqual(['source-failed', 3, 0]);
  });

  test('“could not find user” means that the member is gone: stale, and no failure', async () => {
    const gone = message('Could not find user with that ID');
    scenario.growthbook.addFault({ when: isWrite('u_hiro'), effect: gone });
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_hiro')).toMatchObject({
      result: 'withheld',
      error: 'stale: no longer a member',
    });
    expect(report.outcome).toBe('applied');
  });

  test.each([400, 422])('a %i about a row withholds nothing from others', async (status) => {
    scenario.growthbook.addFault({ when: isWrite('u_iris'), effect: message('not valid', status) });
    await scenario.run();
    expect(scenario.growthbook.writes).toHaveLength(11);
  });

  test('an edit on another project between plan and write is kept and noted, and the change is carried out', async () => {
    scenario.growthbook.state.before = (request) => {
      if (!isWrite('u_cleo')(request)) return;
      const entry = scenario.growthbook
        .member('u_xena')
        .projectRoles?.find(({ project }) => project === 'prj_apps');
      Object.assign(entry ?? {}, { role: 'noaccess' });
    };
    const { report } = await scenario.run();
    expect([report.outcome, changeOf(report, 'u_xena').result]).toEqual(['applied', 'applied']);
    const roles = scenario.growthbook
      .member('u_xena')
      .projectRoles?.map(({ project, role }) => [project, role]);
    expect(roles).toContainEqual(['prj_apps', 'noaccess']);
    expect(report.notes).toContainEqual(
      expect.objectContaining({
        kind: 'changed-meanwhile',
        account: 'u_xena',
        because: expect.stringContaining('entry of prj_apps'),
      }),
    );
  });

  test('an edit on another project while the write waits for the rate limit is kept', async () => {
    const entry = () =>
      scenario.growthbook.member('u_xena').projectRoles?.find(({ project }) => project === 'prj_apps');
    const sleep = scenario.clock.sleep;
    Object.assign(scenario.clock, {
      sleep: async (ms: number) => {
        Object.assign(entry() ?? {}, { role: 'noaccess' });
        await sleep(ms);
      },
    });
    const { report } = await scenario.run(
      {},
      { GROWTHBOOK_REQUESTS_PER_MINUTE: '12', SYNC_DEADLINE_SECONDS: '600' },
    );
    expect(report.outcome).toBe('applied');
    expect(entry()?.role).toBe('noaccess');
  });

  test('an edit on another project after the write is reported and not undone', async () => {
    scenario.growthbook.state.before = ({ method }) => {
      if (method === 'GET' && scenario.growthbook.writes.length === 12) {
        scenario.growthbook.member('u_xena').projectRoles?.push({
          project: 'prj_search',
          role: 'admin',
          environments: [],
          limitAccessByEnvironment: false,
        });
        scenario.growthbook.state.before = () => undefined;
      }
    };
    const { report } = await scenario.run();
    expect([report.outcome, changeOf(report, 'u_xena').result]).toEqual(['applied', 'applied']);
    expect(report.notes).toContainEqual(
      expect.objectContaining({
        kind: 'changed-meanwhile',
        account: 'u_xena',
        because: expect.stringContaining('since the write: entry of prj_search'),
      }),
    );
    expect(scenario.growthbook.writes.filter(({ memberId }) => memberId === 'u_xena')).toHaveLength(1);
  });

  test('a member who joins a team between plan and write is stale', async () => {
    scenario.growthbook.state.before = (request) => {
      if (isWrite('u_cleo')(request))
        Object.assign(scenario.growthbook.member('u_xena'), { teams: ['team_new'] });
    };
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_xena')).toMatchObject({
      result: 'withheld',
      error: expect.stringContaining('teams'),
    });
  });

  test.each([
    ['the global role', { role: 'admin' }],
    [
      'an additional role',
      {
        role: 'readonly',
        additionalRoles: [{ role: 'admin', environments: [], limitAccessByEnvironment: false }],
      },
    ],
  ])(
    'the last administrator stays, although another one was there when the plan was made: by %s',
    async (_, by) => {
      Object.assign(scenario.growthbook.member('u_mona'), by);
      const ada = () => Object.assign(scenario.growthbook.member('u_ada'), { role: 'readonly' });
      scenario.growthbook.state.before = ({ method }) => {
        if (method === 'POST') ada();
      };
      const { report } = await scenario.run();
      expect(changeOf(report, 'u_mona')).toMatchObject({
        result: 'withheld',
        error: 'stale: nobody else would have the global role admin',
      });
      expect(scenario.growthbook.member('u_mona')).toMatchObject(by);
      expect(report.exitCode).toBe(6);
    },
  );

  test('a 401 at the look after a lost answer stops the run', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_liam'), nth: 1, effect: { kind: 'drop' } });
    const listing = ({ path }: { path: string }) => path === '/api/v1/members';
    scenario.growthbook.addFault({ when: listing, nth: 5, effect: message('Invalid API key', 401) });
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(scenario.posts()).toHaveLength(2);
  });

  test.each([
    'Must have a enterprise plan to gain access to the no-access role.',
    'Your plan does not support providing users with project-level permissions.',
  ])('a 400 about the plan stops the run: %s', async (text) => {
    scenario.growthbook.addFault({ when: isWrite('u_liam'), effect: message(text) });
    await scenario.run();
    expect(scenario.posts()).toHaveLength(2);
  });

  test('“unable to update” is decided by what the list says afterwards', async () => {
    scenario.growthbook.addFault({
      when: isWrite('u_xena'),
      effect: message("Unable to update the user's role: x"),
    });
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_xena').result).toBe('failed');
    expect(scenario.posts().filter(isWrite('u_xena'))).toHaveLength(1);
  });
});

describe('answers that are lost', () => {
  test('a lost answer is followed by a look, not by a second write', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_liam'), nth: 1, effect: { kind: 'lose' } });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(scenario.posts().filter(isWrite('u_liam'))).toHaveLength(1);
  });

  test('a write that never arrived is sent again after a look', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_liam'), nth: 1, effect: { kind: 'drop' } });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(scenario.posts().filter(isWrite('u_liam'))).toHaveLength(2);
  });

  test('a write that never gets an answer is given up after five repeats', async () => {
    scenario.growthbook.addFault({ when: isWrite('u_xena'), effect: { kind: 'drop' } });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('failed');
    expect(scenario.posts().filter(isWrite('u_xena'))).toHaveLength(6);
  });

  test('a write that another writer undid is written again and reported as repeated', async () => {
    scenario.growthbook.loginDuringWrite('u_mona', { when: ({ memberId }) => memberId === 'u_xena' });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(scenario.growthbook.writes.filter(({ memberId }) => memberId === 'u_xena')).toHaveLength(2);
    expect(scenario.lines).toContainEqual(
      expect.objectContaining({ event: 'write.repeated', account: 'u_xena' }),
    );
  });

  test('a repeat that is refused stops the run: what was lost is failed, and nothing more is sent', async () => {
    scenario.growthbook.loginDuringWrite('u_mona', {
      when: ({ memberId }) => LOSSES.includes(memberId),
      times: 3,
    });
    for (const id of ['u_jonas', 'u_liam', 'u_iris'])
      scenario.growthbook.addFault({ when: isWrite(id), nth: 2, effect: message('no', 403) });
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(resultsOf(report)).toMatchObject({ u_jonas: 'failed', u_liam: 'failed', u_iris: 'failed' });
    expect(scenario.posts()).toHaveLength(13);
  });

  test('a write that is undone three times is failed', async () => {
    scenario.growthbook.loginDuringWrite('u_mona', {
      when: ({ memberId }) => memberId === 'u_xena',
      times: 9,
    });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('failed');
    expect(scenario.growthbook.writes.filter(({ memberId }) => memberId === 'u_xena')).toHaveLength(3);
    expect(changeOf(report, 'u_xena').error).toContain('another writer undid it');
  });
});

describe('members who come and go during a run', () => {
  const afterFirstWrite = (change: () => void) => {
    scenario.growthbook.state.before = ({ method }) => {
      if (method === 'GET' && scenario.growthbook.writes.length > 0) change();
    };
  };

  test('one who vanished is a failure and named', async () => {
    afterFirstWrite(() => {
      scenario.growthbook.state.members = scenario.growthbook.state.members.filter(
        ({ id }) => id !== 'u_mona',
      );
    });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('failed');
    expect(report.error).toContain('u_mona');
    expect(report.error).not.toContain('@');
    expect(report.notes).toContainEqual(
      expect.objectContaining({ kind: 'vanished', account: 'u_mona', label: 'mona@elsewhere.example' }),
    );
  });

  test('one who is new is a note', async () => {
    afterFirstWrite(() => {
      const { state } = scenario.growthbook;
      if (state.users.has('u_new')) return;
      state.users.set('u_new', { email: 'new@example.org', dateCreated: '2026-06-01T00:00:00.000Z' });
      state.members = [...state.members, { id: 'u_new', role: 'noaccess' }];
    });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'new-member', account: 'u_new' }));
  });
});

describe('time', () => {
  test('at the deadline the rest is withheld, and what was written is verified', async () => {
    scenario.growthbook.state.before = ({ method }) => {
      if (method === 'POST') scenario.clock.advance(45_000);
    };
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['deadline', 6]);
    const results = Object.values(resultsOf(report));
    expect(results.filter((result) => result === 'applied')).toHaveLength(5);
    expect(results.filter((result) => result === 'withheld')).toHaveLength(7);
    expect(report.changes.every(({ result, error }) => result !== 'applied' || error === undefined)).toBe(
      true,
    );
  });

  test('what was written and could not be verified in time is applied with that error', async () => {
    scenario.growthbook.state.before = ({ method }) => {
      if (method === 'POST') scenario.clock.advance(250_000);
    };
    const { report } = await scenario.run();
    expect(report.outcome).toBe('deadline');
    expect(changeOf(report, 'u_jonas')).toMatchObject({
      result: 'applied',
      error: expect.stringContaining('not verified'),
    });
    expect(changeOf(report, 'u_liam').result).toBe('withheld');
  });

  test('a run that is asked to stop ends between two writes, verified, with exit 1', async () => {
    const stop = new AbortController();
    scenario.growthbook.state.before = (request) => {
      if (isWrite('u_iris')(request)) stop.abort();
    };
    const { report } = await scenario.run({}, {}, stop.signal);
    expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
    expect(scenario.growthbook.writes).toHaveLength(3);
    expect(resultsOf(report)).toMatchObject({ u_iris: 'applied', u_kira: 'withheld' });
    expect(report.changes.every(({ result, error }) => result !== 'applied' || error === undefined)).toBe(
      true,
    );
  });

  test('requests keep to the limit by what the server says is left, without a single 429', async () => {
    const { report } = await scenario.run(
      {},
      { GROWTHBOOK_REQUESTS_PER_MINUTE: '8', SYNC_DEADLINE_SECONDS: '600' },
    );
    expect(report.outcome).toBe('applied');
    const starts = scenario.growthbook.requests.map(({ at }) => at);
    const first = starts[0] ?? 0;
    const inWindow = (n: number) =>
      starts.filter((at) => at >= first + n * 60_000 && at < first + (n + 1) * 60_000);
    expect(Math.max(...[0, 1, 2].map((n) => inWindow(n).length))).toBeLessThanOrEqual(8);
    expect(scenario.clock.slept.length).toBeGreaterThan(0);
  });

  test('after a 429 the run waits for RateLimit-Reset, whatever Retry-After says', async () => {
    const headers = {
      'RateLimit-Limit': '60',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '3',
      'Retry-After': '60',
    };
    const answer = { status: 429, headers, body: { message: 'Too many requests, limit to 60 per minute' } };
    scenario.growthbook.addFault({ when: isWrite('u_liam'), nth: 1, effect: { kind: 'answer', answer } });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(scenario.clock.slept.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(3000);
    expect(scenario.clock.slept.reduce((a, b) => a + b, 0)).toBeLessThan(10_000);
  });
});

test('two enforcing requests at once: one applies, the other is skipped with exit 5', async () => {
  const reports = (await Promise.all([scenario.run(), scenario.run()])).map(({ report }) => report);
  expect(reports.map(({ outcome, exitCode }) => [outcome, exitCode])).toEqual([
    ['applied', 0],
    ['skipped', 5],
  ]);
  expect(scenario.growthbook.writes).toHaveLength(12);
});
