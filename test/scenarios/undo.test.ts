import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect } from 'vitest';
import { renderReport } from '../../src/reports/render.ts';
import type { Report } from '../../src/reports/report.ts';
import { emptyFolder } from '../muster.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { effectiveAccess } from '../sandbox/growthbook/access.ts';
import { growthBookContent, PROJECT } from '../sandbox/growthbook/example.ts';
import { openScenario } from './gitlab.ts';
import { openScenario as openRoles, type Scenario } from './growthbook.ts';
import { test } from './harness.ts';

const ROOMY = { SAFETY_MAX_COUNT: '50', SAFETY_MAX_GAINED_COUNT: '50', SAFETY_MAX_HIGHEST: '50' };

let scenario: Scenario;
let folder: string;
beforeEach(async () => {
  scenario = await openRoles({ requestsPerMinute: 6000 });
  folder = emptyFolder();
});

const applyRun = async () => (await scenario.run({}, { ...ROOMY, REPORTS: folder })).report;
const undoRun = async ({ run }: Report, over: Readonly<Record<string, string>> = {}, dryRun = false) =>
  (await scenario.run({ undo: run.id.slice(0, 8), dryRun }, { ...ROOMY, REPORTS: folder, ...over })).report;
const accessOf = (id: string) => effectiveAccess(scenario.growthbook.state, id, PROJECT);
const accessNow = () =>
  new Map(scenario.growthbook.state.members.map(({ id }) => [id, accessOf(id)] as const));
const accounts = (list: readonly { readonly account: string | null }[]) =>
  list.map(({ account }) => account).toSorted();

describe('undo', () => {
  test('makes the opposite of what the run changed: its accounts have again what they had', async () => {
    const before = accessNow();
    const report = await applyRun();
    const undone = await undoRun(report);
    expect([undone.outcome, undone.run.undo]).toEqual(['applied', report.run.id]);
    for (const { account } of undone.changes) expect(accessOf(account)).toEqual(before.get(account));
    expect(accounts([...undone.changes, ...undone.needsPerson])).toEqual(accounts(report.changes));
    expect(undone.changes.map(({ because }) => because)).toContain(
      `undoes the revoke of run ${report.run.id}`,
    );
    expect(undone.notes).toContainEqual(
      expect.objectContaining({ kind: 'undo', because: expect.stringContaining('the next run restores') }),
    );
  });

  test('takes latest for the latest run that changed something', async () => {
    const report = await applyRun();
    for (const dryRun of [true, false]) {
      scenario.clock.advance(60_000);
      await scenario.run({ dryRun }, { ...ROOMY, REPORTS: folder });
    }
    const { report: undone } = await scenario.run({ undo: 'latest' }, { ...ROOMY, REPORTS: folder });
    expect([undone.outcome, undone.run.undo]).toEqual(['applied', report.run.id]);
  });

  test('refuses latest where no run changed anything', async () => {
    await scenario.run({ dryRun: true }, { ...ROOMY, REPORTS: folder });
    const { report } = await scenario.run({ undo: 'latest' }, { ...ROOMY, REPORTS: folder });
    expect([report.outcome, report.error]).toEqual([
      'invalid-request',
      'run latest: no run that changed something is kept (found 1 others)',
    ]);
  });

  test('is a plan alone in a dry run, and where MODE is observe', async () => {
    const report = await applyRun();
    const writes = scenario.growthbook.writes.length;
    const dry = await undoRun(report, {}, true);
    const observed = await undoRun(report, { MODE: 'observe' });
    expect([dry.outcome, observed.outcome, scenario.growthbook.writes.length]).toEqual([
      'planned',
      'planned',
      writes,
    ]);
    expect(dry.planHash).toBe(observed.planHash);
  });

  test('takes what was really changed, and nothing that was only planned', async () => {
    const { report: planned } = await scenario.run({ dryRun: true }, { ...ROOMY, REPORTS: folder });
    const undone = await undoRun(planned);
    expect([undone.outcome, undone.changes.length]).toEqual(['unchanged', 0]);
  });

  test('of an undo is possible as well', async () => {
    const report = await applyRun();
    const after = accessNow();
    const undone = await undoRun(report);
    const redone = await undoRun(undone);
    expect(redone.outcome).toBe('applied');
    for (const { account } of redone.changes) expect(accessOf(account)).toEqual(after.get(account));
  });
});

describe('an account is skipped and named', () => {
  const skipped = (report: Report, account: string) => {
    expect(accounts(report.changes)).not.toContain(account);
    return report.needsPerson.find((one) => one.account === account);
  };

  test('whose access is not what the run left', async () => {
    const report = await applyRun();
    Object.assign(scenario.growthbook.member('u_iris'), {
      projectRoles: [{ project: PROJECT, role: 'admin', environments: [], limitAccessByEnvironment: false }],
    });
    const before = accessOf('u_iris');
    expect(skipped(await undoRun(report), 'u_iris')).toMatchObject({
      reason: 'changed-since',
      because: 'its access is not what the run left: noaccess → admin',
    });
    expect(accessOf('u_iris')).toEqual(before);
  });

  test('that is gone', async () => {
    const report = await applyRun();
    const { members } = scenario.growthbook.state;
    members.splice(
      members.findIndex(({ id }) => id === 'u_iris'),
      1,
    );
    expect(skipped(await undoRun(report), 'u_iris')).toMatchObject({
      reason: 'changed-since',
      because: 'is no longer a member',
    });
  });

  test('that is protected now', async () => {
    const report = await applyRun();
    const undone = await undoRun(report, {
      GROWTHBOOK_PROTECTED_MEMBERS: 'ada@example.org,iris@example.org',
    });
    expect(skipped(undone, 'u_iris')).toMatchObject({ reason: 'protected' });
  });

  test.each([
    ['u_nils', 'no write raises a global role'],
    ['u_olga', 'no write gives additional roles'],
  ])('to which no write gives back what it had: %s', async (account, because) => {
    expect(skipped(await undoRun(await applyRun()), account)).toMatchObject({
      reason: 'unwritable',
      because,
      due: expect.any(String),
    });
  });

  test('whose role was limited to environments, since no write gives the limit back', async () => {
    const limited = { role: 'engineer', environments: ['dev'], limitAccessByEnvironment: true };
    Object.assign(scenario.growthbook.member('u_kira'), { projectRoles: [{ project: PROJECT, ...limited }] });
    const report = await applyRun();
    expect(report.changes.find(({ account }) => account === 'u_kira')?.environments).toEqual(['dev']);
    expect(skipped(await undoRun(report), 'u_kira')).toMatchObject({
      reason: 'unwritable',
      because: expect.stringContaining('limited to environments (dev)'),
    });
  });

  test('that several people could be by now, where it would gain', async () => {
    const report = await applyRun();
    const other = scenario.ldap.entries.find(({ dn }) => dn.startsWith('uid=vera,'));
    if (!other) throw new Error('no such person');
    other.attributes.mail = ['vera@example.org', 'iris@example.org'];
    expect(skipped(await undoRun(report), 'u_iris')).toMatchObject({ reason: 'ambiguous' });
  });
});

describe('undo meets the same limits', () => {
  test('and a refused one prints the command that approves exactly this undo', async () => {
    const report = await applyRun();
    const writes = scenario.growthbook.writes.length;
    const strict = { SAFETY_MAX_GAINED_COUNT: '0', SAFETY_MAX_GAINED_PERCENT: '0' };
    const refused = await undoRun(report, strict);
    expect([refused.outcome, refused.exitCode, scenario.growthbook.writes.length]).toEqual([
      'refused',
      2,
      writes,
    ]);
    const text = renderReport(refused, 'text', { colour: false });
    expect(text).toContain(`muster growthbook-roles undo '${report.run.id}' --approve ${refused.planHash}`);
    expect(text).not.toContain('curl');
    const approval = { hash: refused.planHash ?? '', reason: 'a wrong group' };
    const undo = report.run.id;
    const { report: done } = await scenario.run({ undo, approval }, { ...ROOMY, ...strict, REPORTS: folder });
    expect(done.outcome).toBe('applied');
  });
});

describe('undo is refused, and nothing is read', () => {
  async function refusedFor(undo: string, over: Readonly<Record<string, string>> = {}) {
    const before = scenario.growthbook.requests.length;
    const { report } = await scenario.run({ undo }, { REPORTS: folder, ...over });
    expect([report.outcome, scenario.growthbook.requests.length]).toEqual(['invalid-request', before]);
    return report.error;
  }
  const kept = ({ run }: Report) => join(folder, 'growthbook-roles', `20260601T120000.000Z-${run.id}.json`);

  test('for a run that is not kept', async () => {
    expect(await refusedFor('ffffffff')).toContain('no report of it is kept');
  });

  test('for a run of another target', async () => {
    const report = await applyRun();
    const target = { ...report.target, project: 'prj_other' };
    writeFileSync(kept(report), JSON.stringify({ ...report, target }));
    expect(await refusedFor(report.run.id)).toContain('undo: a run of another target');
  });

  test('for a run of another job', async () => {
    const report = await applyRun();
    const run = { ...report.run, job: 'gitlab-approvals' };
    writeFileSync(kept(report), JSON.stringify({ ...report, run }));
    expect(await refusedFor(report.run.id)).toContain('is not a report of growthbook-roles');
  });

  test('for an approval in GitLab, which cannot be undone', async () => {
    const gitlab = await openScenario(gitlabExample);
    const { report } = await gitlab.run({}, { REPORTS: folder });
    expect(report.summary.applied).toBeGreaterThan(0);
    const sent = gitlab.approvalsSent().length;
    const undone = (await gitlab.run({ undo: report.run.id }, { REPORTS: folder })).report;
    expect([undone.outcome, gitlab.approvalsSent().length]).toEqual(['invalid-request', sent]);
    expect(undone.error).toContain('cannot undo its changes');
  });
});

test('a report with access in another form undoes nothing', async () => {
  const report = await applyRun();
  const path = join(folder, 'growthbook-roles', `20260601T120000.000Z-${report.run.id}.json`);
  const stored = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const changes = stored.changes.map((change) => ({ ...change, from: { globalRole: 'admin' } }));
  writeFileSync(path, JSON.stringify({ ...stored, changes }));
  const writes = scenario.growthbook.writes.length;
  const undone = await undoRun(report);
  expect([undone.outcome, scenario.growthbook.writes.length]).toEqual(['invalid-request', writes]);
});

test('apply and undo lead to the first state, in generated organisations', async () => {
  const role = fc.constantFrom('noaccess', 'readonly', 'engineer', 'analyst', 'admin');
  const entry = fc.record({ role, isLimited: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(entry), { minLength: 25, maxLength: 25 }), async (given) => {
      const members = growthBookContent.members.map((member, n) => {
        const one = given[n];
        const isLimited = one?.isLimited === true && one.role === 'engineer';
        const limit = { environments: isLimited ? ['dev'] : [], limitAccessByEnvironment: isLimited };
        return { ...member, projectRoles: one ? [{ project: PROJECT, role: one.role, ...limit }] : [] };
      });
      scenario = await openRoles({ requestsPerMinute: 6000, content: { ...growthBookContent, members } });
      const before = accessNow();
      const report = await applyRun();
      const after = accessNow();
      const undone = await undoRun(report);
      const returned = new Set(accounts(undone.changes));
      for (const { account, result } of undone.changes)
        expect([account, result]).toEqual([account, 'applied']);
      for (const [id, access] of accessNow())
        expect([id, access]).toEqual([id, (returned.has(id) ? before : after).get(id)]);
      const applied = report.changes.filter(({ result }) => result === 'applied');
      expect(accounts([...undone.changes, ...undone.needsPerson])).toEqual(accounts(applied));
    }),
    { numRuns: 30 },
  );
}, 120_000);
