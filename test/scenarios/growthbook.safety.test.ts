import { describe, expect } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { renderText } from '../../src/reports/text.ts';
import { isWrite, scenario, test } from './growthbook.ts';

const STRICT = { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' };

describe('a run with objections', () => {
  test('writes nothing, lists every objection, and shows the whole plan with its hash', async () => {
    const { report } = await scenario.run({}, { ...STRICT, SAFETY_MAX_HIGHEST: '0' });
    expect([report.outcome, report.exitCode]).toEqual(['refused', 2]);
    expect(report.objections.map(({ name }) => name)).toEqual(['revokes', 'downgrades', 'highest']);
    expect(report.changes.map(({ result }) => result)).toEqual(Array.from({ length: 12 }, () => 'withheld'));
    expect(scenario.posts()).toEqual([]);
    expect(renderText(report, { colour: false })).toContain(report.planHash);
  });

  test('is refused in a dry run, too', async () => {
    expect((await scenario.run({ dryRun: true }, STRICT)).report.outcome).toBe('refused');
  });

  test('logs one critical line', async () => {
    await scenario.run({}, STRICT);
    const completed = scenario.lines.filter(({ event }) => event === 'run.completed');
    expect(completed).toMatchObject([{ severity: 'CRITICAL', outcome: 'refused', exitCode: 2 }]);
  });
});

describe('a protected address that is nobody’s', () => {
  const environment = { GROWTHBOOK_PROTECTED_MEMBERS: 'ada@example.org, ad@example.org' };

  test('refuses the run, and a plan shows it', async () => {
    for (const dryRun of [true, false]) {
      const { report } = await scenario.run({ dryRun }, environment);
      expect([report.outcome, report.exitCode]).toEqual(['refused', 2]);
      expect(report.objections).toMatchObject([{ name: 'protected-unknown', found: 1, overridable: false }]);
    }
    expect(scenario.posts()).toEqual([]);
  });

  test('cannot be overridden by an approval', async () => {
    const hash = (await scenario.run({}, environment)).report.planHash ?? '';
    const { report } = await scenario.run({ approval: { hash, reason: 'x' } }, environment);
    expect(report.outcome).toBe('refused');
    expect(scenario.posts()).toEqual([]);
  });
});

describe('an approval by hash', () => {
  const refusedHash = async () => (await scenario.run({}, STRICT)).report.planHash ?? '';

  test('carries out the very plan that was shown, and is in the report and the log', async () => {
    const approval = { hash: await refusedHash(), reason: 'team dissolved' };
    const { report } = await scenario.run({ approval }, STRICT);
    expect([report.outcome, report.approved]).toEqual(['applied', approval]);
    expect(scenario.growthbook.writes).toHaveLength(12);
    expect(scenario.lines).toContainEqual(
      expect.objectContaining({ event: 'run.completed', approved: approval }),
    );
  });

  test('does not carry out a plan that is another one by now', async () => {
    const approval = { hash: await refusedHash(), reason: 'team dissolved' };
    Object.assign(scenario.growthbook.member('u_mona'), { role: 'engineer' });
    const { report } = await scenario.run({ approval }, STRICT);
    expect(report.outcome).toBe('refused');
    expect(report.objections.map(({ name }) => name)).toContain('approve');
    expect(report.planHash).not.toBe(approval.hash);
    expect(scenario.posts()).toEqual([]);
  });

  test('of another plan is refused even where nothing else objects', async () => {
    const approval = { hash: `sha256:${'0'.repeat(64)}`, reason: 'x' };
    const { report } = await scenario.run({ approval });
    expect([report.outcome, scenario.posts().length]).toEqual(['refused', 0]);
  });

  test('leaves a dry run and an observing run dry', async () => {
    const approval = { hash: await refusedHash(), reason: 'x' };
    expect((await scenario.run({ approval, dryRun: true }, STRICT)).report.outcome).toBe('planned');
    expect((await scenario.run({ approval }, { ...STRICT, MODE: 'observe' })).report.outcome).toBe('planned');
    expect(scenario.posts()).toEqual([]);
  });
});

describe('an approval by plan file', () => {
  const approvalByFile = async () => {
    const { report } = await scenario.run({ dryRun: true }, STRICT);
    const at = { job: 'growthbook-roles', now: scenario.clock.now() };
    return approvalOf(JSON.parse(JSON.stringify(report)), 'team dissolved', at);
  };

  test('carries out its changes in the run that is given it, and says so', async () => {
    const approval = await approvalByFile();
    const { report } = await scenario.run({ approval }, STRICT);
    expect([report.outcome, report.approved?.changes, scenario.growthbook.writes.length]).toEqual([
      'applied',
      12,
      12,
    ]);
  });

  test('is good for what is left of it in later runs, without another approval', async () => {
    const approval = await approvalByFile();
    const stop = new AbortController();
    scenario.growthbook.state.before = (request) => {
      if (isWrite('u_iris')(request)) stop.abort();
    };
    const first = await scenario.run({ approval }, STRICT, stop.signal);
    const done = scenario.growthbook.writes.length;
    expect(first.report.outcome).toBe('failed');
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(12);
    const second = await scenario.run({ approval }, STRICT);
    expect([second.report.outcome, scenario.growthbook.writes.length]).toEqual(['applied', 12]);
  });

  test('holds back a change that is not of it, and carries out the rest', async () => {
    const approval = await approvalByFile();
    Object.assign(scenario.growthbook.member('u_mona'), { role: 'engineer' });
    const { report } = await scenario.run({ approval }, STRICT);
    expect([report.outcome, report.exitCode]).toEqual(['refused', 2]);
    expect(
      report.changes.filter(({ result }) => result === 'withheld').map(({ account }) => account),
    ).toEqual(['u_mona']);
    expect(report.changes.filter(({ result }) => result === 'applied').length).toBeGreaterThanOrEqual(11);
    expect(scenario.posts().some(isWrite('u_mona'))).toBe(false);
  });

  test('never overrides the last administrator', async () => {
    const unprotected = { ...STRICT, GROWTHBOOK_PROTECTED_MEMBERS: '' };
    const { report: plan } = await scenario.run({ dryRun: true }, unprotected);
    const approval = approvalOf(plan, 'x', { job: 'growthbook-roles', now: scenario.clock.now() });
    const { report } = await scenario.run({ approval }, unprotected);
    expect([report.outcome, scenario.posts().length]).toEqual(['refused', 0]);
  });

  test('for another target is an invalid request, and nothing is read', async () => {
    const approval = await approvalByFile();
    const before = scenario.growthbook.requests.length;
    const { report } = await scenario.run({ approval }, { GROWTHBOOK_PROJECT: 'prj_other' });
    expect([report.outcome, scenario.growthbook.requests.length - before]).toEqual(['invalid-request', 0]);
    expect(report.error).toContain('another target');
  });
});

describe('a run about one name alone', () => {
  test.each(['u_iris', 'U_IRIS', 'IRIS@example.org'])(
    'changes that account and no other: %s',
    async (only) => {
      const { report } = await scenario.run({ only });
      expect(report.changes.map(({ account }) => account)).toEqual(['u_iris']);
      expect([report.run.only, scenario.posts().length]).toEqual([only, 1]);
    },
  );

  test('is an invalid request where nobody has the name: the nearest names are shown', async () => {
    const { report } = await scenario.run({ only: 'u_iriss' });
    expect([report.outcome, scenario.posts().length]).toEqual(['invalid-request', 0]);
    expect(report.error).toMatch(/nobody has this name \(found u_iriss; the nearest names: u_iris/);
  });
});

describe('the last administrator', () => {
  const unprotected = { GROWTHBOOK_PROTECTED_MEMBERS: '' };

  test('is never lowered, and no approval overrides that', async () => {
    const { report } = await scenario.run({}, unprotected);
    expect(report.objections).toMatchObject([{ name: 'last-admin', overridable: false }]);
    expect(report.objections[0]?.message).toContain('GROWTHBOOK_PROTECTED_MEMBERS');
    const approval = { hash: report.planHash ?? '', reason: 'I know what I do' };
    expect((await scenario.run({ approval }, unprotected)).report.outcome).toBe('refused');
    expect(scenario.posts()).toEqual([]);
  });

  test('is never lowered where an additional role makes it one', async () => {
    Object.assign(scenario.growthbook.member('u_ada'), {
      role: 'readonly',
      additionalRoles: [{ role: 'admin', environments: [], limitAccessByEnvironment: false }],
    });
    Object.assign(scenario.growthbook.member('u_olga'), { additionalRoles: [] });
    const { report } = await scenario.run({}, unprotected);
    expect(report.objections).toMatchObject([{ name: 'last-admin', overridable: false }]);
    expect(scenario.posts()).toEqual([]);
  });

  test('where there is none already, nothing objects', async () => {
    Object.assign(scenario.growthbook.member('u_ada'), { role: 'readonly' });
    Object.assign(scenario.growthbook.member('u_olga'), { additionalRoles: [] });
    expect((await scenario.run({}, unprotected)).report.outcome).toBe('applied');
  });
});
