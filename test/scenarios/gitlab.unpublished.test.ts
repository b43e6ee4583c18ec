import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { emptyFolder } from '../muster.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { AUDIT_PAGE } from '../sandbox/gitlab/sandbox.ts';
import { REPORTS_BUCKET, startStorage } from '../sandbox/storage.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { open, test } from './harness.ts';

const FILE = join('gitlab-approvals', 'latest-unpublished.json');
const isEdit = ({ method }: { readonly method: string }) => method === 'POST';

/** The wiki refuses every edit until its faults are cleared. */
const breakWiki = ({ wiki }: Scenario) =>
  wiki.addFault({
    when: isEdit,
    effect: {
      kind: 'answer',
      answer: { status: 200, body: { error: { code: 'protectedpage', info: 'protected' } } },
    },
  });

const linesOf = ({ auditPage }: Scenario) =>
  (auditPage() ?? '').split('\n').filter((line) => line.startsWith('* '));
const keptIn = (folder: string) => JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as readonly unknown[];

test('lines that could not be added are kept, and the next run adds them once, although nobody waits any more', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  const before = linesOf(scenario).length;
  breakWiki(scenario);
  const first = await scenario.run({}, { REPORTS });
  const count = scenario.gitlab.approvals.length;
  expect([first.report.outcome, first.report.exitCode, keptIn(REPORTS).length]).toEqual(['failed', 1, count]);
  expect(first.report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-kept' }));

  scenario.clock.advance(300_000);
  const second = await scenario.run({}, { REPORTS });
  expect([second.report.outcome, linesOf(scenario).length]).toEqual(['failed', before]);

  scenario.wiki.clearFaults();
  scenario.clock.advance(300_000);
  const third = await scenario.run({}, { REPORTS });
  expect([third.report.outcome, third.report.exitCode]).toEqual(['unchanged', 0]);
  expect(linesOf(scenario)).toHaveLength(before + count);
  expect(keptIn(REPORTS)).toEqual([]);
  await scenario.run({}, { REPORTS });
  expect(linesOf(scenario)).toHaveLength(before + count);
});

test('a run that ends between an approval and the edit leaves the line to the next run', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  const before = linesOf(scenario).length;
  let kept: string | undefined;
  scenario.wiki.onRequest({ when: isEdit, nth: 1 }, () => {
    kept = readFileSync(join(REPORTS, FILE), 'utf8');
  });
  await scenario.run({}, { REPORTS });
  const count = scenario.gitlab.approvals.length;
  expect(JSON.parse(kept ?? '[]')).toHaveLength(count);
  // What a process that was killed right then would have left: its lines kept, and the edit done or not.
  writeFileSync(join(REPORTS, FILE), kept ?? '');
  await scenario.run({}, { REPORTS });
  expect(linesOf(scenario)).toHaveLength(before + count);
});

test('a run that ends between two approvals leaves what it carried out to the next run, which adds each line once', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  const text = scenario.auditPage() ?? '';
  const before = linesOf(scenario).length;
  let kept = '';
  scenario.gitlab.onRequest({ when: isEdit, nth: 3 }, () => {
    kept = readFileSync(join(REPORTS, FILE), 'utf8');
  });
  await scenario.run({}, { REPORTS });
  const approved = scenario.gitlab.approvals.map(({ id }) => id);
  // What a process that was killed right then would have left: two approvals, no line, and the plan kept.
  for (const user of scenario.gitlab.state.users)
    if (approved.slice(2).includes(user.id)) user.state = 'blocked_pending_approval';
  scenario.wiki.write(AUDIT_PAGE, { user: 'Somebody', text });
  writeFileSync(join(REPORTS, FILE), kept);
  expect(JSON.parse(kept)).toHaveLength(approved.length);
  scenario.clock.advance(300_000);
  await scenario.run({}, { REPORTS });
  expect([linesOf(scenario).length, new Set(linesOf(scenario)).size, keptIn(REPORTS)]).toEqual([
    before + approved.length,
    before + approved.length,
    [],
  ]);
});

test('an account that two runs planned, both of which ended before its line, has one line', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  let kept = '';
  const keepFirst = () => {
    kept ||= readFileSync(join(REPORTS, FILE), 'utf8');
  };
  scenario.gitlab.onRequest({ when: isEdit }, keepFirst);
  const text = scenario.auditPage() ?? '';
  const before = linesOf(scenario).length;
  await scenario.run({}, { REPORTS });
  const approved = scenario.gitlab.approvals.map(({ id }) => id);
  // The first run ended before its first approval, and the second one after it.
  const restart = (waiting: readonly number[]) => {
    for (const user of scenario.gitlab.state.users)
      if (waiting.includes(user.id)) user.state = 'blocked_pending_approval';
    scenario.wiki.write(AUDIT_PAGE, { user: 'Somebody', text });
    writeFileSync(join(REPORTS, FILE), kept);
    kept = '';
    scenario.clock.advance(300_000);
  };
  restart(approved);
  await scenario.run({}, { REPORTS });
  restart(approved.slice(1));
  await scenario.run({}, { REPORTS });
  expect([linesOf(scenario).length - before, keptIn(REPORTS)]).toEqual([approved.length, []]);
});

test('what was planned and not carried out is not published, and what GitLab does not say is kept', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  await scenario.run({}, { REPORTS });
  const before = linesOf(scenario).length;
  const [waits, unknown, active] = [112, 999, 101].map((id) => ({
    account: `${id}`,
    username: `user${id}`,
    trust: 'organisation',
    at: scenario.clock.now(),
    gitlab: 'https://gitlab.example',
    planned: true,
  }));
  scenario.gitlab.addFault({
    when: ({ path }) => path.endsWith('/users/999'),
    effect: { kind: 'answer', answer: { status: 500, body: '' } },
  });
  writeFileSync(join(REPORTS, FILE), JSON.stringify([waits, unknown, active]));
  const { report } = await scenario.run({}, { REPORTS });
  const added = linesOf(scenario).length - before;
  expect([added, linesOf(scenario).join().includes('user101'), keptIn(REPORTS)]).toEqual([
    1,
    true,
    [unknown],
  ]);
  const note = report.notes.filter(({ kind }) => kind === 'audit-kept');
  expect(note.map(({ label, because }) => [label, because.split(':')[0]])).toEqual([
    ['user999', 'an earlier run may have approved this account, and the next run asks GitLab again'],
  ]);
  expect(note[0]?.because).toContain('500');
  expect(scenario.lines).toContainEqual(
    expect.objectContaining({ event: 'audit.unknown', severity: 'ERROR', account: '999' }),
  );
});

test('a dry run, and a job without REPORTS, keep and add nothing', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  breakWiki(scenario);
  await scenario.run({ dryRun: true }, { REPORTS });
  expect(existsSync(join(REPORTS, FILE))).toBe(false);
  const { report } = await scenario.run();
  expect(report.notes.map(({ kind }) => kind)).not.toContain('audit-kept');
  expect(report.notes.filter(({ kind }) => kind === 'audit-log').length).toBeGreaterThan(0);
});

test('what cannot be read is loud, and never overwritten', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  await scenario.run({ dryRun: true }, { REPORTS });
  writeFileSync(join(REPORTS, FILE), '{"not": "a list"');
  const { report } = await scenario.run({}, { REPORTS });
  expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-unkept' }));
  expect(readFileSync(join(REPORTS, FILE), 'utf8')).toBe('{"not": "a list"');
  expect(scenario.lines).toContainEqual(
    expect.objectContaining({ event: 'audit.unkept', severity: 'ERROR' }),
  );
});

test('a bucket keeps the lines as a folder does, and the next run adds them once', async () => {
  const scenario = await openScenario(gitlabExample);
  const storage = await open(startStorage({ now: scenario.clock.now }));
  const { LEASE_BUCKET: _, ...places } = storage.environment;
  const environment = { ...places, REPORTS: `gs://${REPORTS_BUCKET}/muster` };
  const kept = () =>
    JSON.parse(String(storage.reports.get('muster/gitlab-approvals/latest-unpublished.json')?.body));
  const before = linesOf(scenario).length;
  breakWiki(scenario);
  await scenario.run({}, environment);
  const count = scenario.gitlab.approvals.length;
  expect(kept()).toHaveLength(count);
  scenario.wiki.clearFaults();
  scenario.clock.advance(300_000);
  for (const _run of [1, 2]) {
    await scenario.run({}, environment);
    expect([linesOf(scenario).length, kept()]).toEqual([before + count, []]);
  }
});

test('a run that is asked to stop in another minute than it planned in leaves no line for the next run to add again', async () => {
  const scenario = await openScenario(gitlabExample);
  const storage = await open(startStorage({ now: scenario.clock.now }));
  const { LEASE_BUCKET: _, ...places } = storage.environment;
  const environment = { ...places, REPORTS: `gs://${REPORTS_BUCKET}` };
  const stop = new AbortController();
  scenario.gitlab.onRequest({ when: isEdit, nth: 2 }, () => {
    scenario.clock.advance(60_000);
    stop.abort(8000);
  });
  const before = linesOf(scenario).length;
  const { report } = await scenario.run({}, environment, stop.signal);
  expect(report.changes.map(({ result }) => result).slice(0, 3)).toEqual(['applied', 'applied', 'withheld']);
  expect(linesOf(scenario)).toHaveLength(before + 2);
  const { body } = storage.reports.get('gitlab-approvals/latest-unpublished.json') ?? {};
  expect(JSON.parse(String(body))).toEqual([]);
  expect(scenario.lines.filter(({ event }) => event === 'audit.unkept')).toEqual([]);
  await scenario.run({}, environment);
  expect(linesOf(scenario)).toHaveLength(before + scenario.gitlab.approvals.length);
});

test.each([403, 412])(
  'lines whose upload lost its answer are kept where the bucket answers its repeat with %i',
  async (status) => {
    const scenario = await openScenario(gitlabExample);
    const storage = await open(startStorage({ now: scenario.clock.now }));
    const { LEASE_BUCKET: _, ...places } = storage.environment;
    const isKeeping = ({ path, query }: { readonly path: string; readonly query: URLSearchParams }) =>
      path.startsWith('/upload') && query.get('name')?.endsWith('latest-unpublished.json') === true;
    storage.addFault({ when: isKeeping, nth: 1, effect: { kind: 'lose' } });
    storage.addFault({
      when: isKeeping,
      nth: 2,
      effect: { kind: 'answer', answer: { status, body: '' } },
    });
    breakWiki(scenario);
    const { report } = await scenario.run({}, { ...places, REPORTS: `gs://${REPORTS_BUCKET}` });
    const kinds = report.notes.map(({ kind }) => kind);
    expect([kinds.includes('audit-kept'), kinds.includes('audit-unkept')]).toEqual([true, false]);
    const { body } = storage.reports.get('gitlab-approvals/latest-unpublished.json') ?? {};
    expect(JSON.parse(String(body))).toHaveLength(scenario.gitlab.approvals.length);
  },
);

test('lines of a page that was moved are kept, and added where the setting leads to then', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  const linesAt = (page: string) =>
    (scenario.wiki.textOf(page) ?? '').split('\n').filter((line) => line.startsWith('* ')).length;
  scenario.wiki.move(AUDIT_PAGE, 'Elsewhere');
  const before = linesAt('Elsewhere');
  const first = await scenario.run({}, { REPORTS });
  const count = scenario.gitlab.approvals.length;
  expect([first.report.outcome, linesAt('Elsewhere'), keptIn(REPORTS).length]).toEqual([
    'failed',
    before,
    count,
  ]);
  const second = await scenario.run({}, { REPORTS, MEDIAWIKI_AUDIT_PAGE: 'Elsewhere' });
  expect([second.report.outcome, linesAt('Elsewhere'), keptIn(REPORTS)]).toEqual([
    'unchanged',
    before + count,
    [],
  ]);
});

test('an edit that was saved and whose answers were lost is not doubled by the next run', async () => {
  const scenario = await openScenario(gitlabExample);
  const REPORTS = emptyFolder();
  const before = linesOf(scenario).length;
  // The edit is saved, its answer is lost, and from then on the wiki is away.
  scenario.wiki.addFault({ when: isEdit, effect: { kind: 'lose' } });
  scenario.wiki.addFault({
    when: (request) => !isEdit(request) && linesOf(scenario).length > before,
    effect: { kind: 'answer', answer: { status: 503, body: '' } },
  });
  await scenario.run({}, { REPORTS });
  const count = scenario.gitlab.approvals.length;
  expect([linesOf(scenario).length, keptIn(REPORTS).length]).toEqual([before + count, count]);
  scenario.wiki.clearFaults();
  scenario.clock.advance(300_000);
  await scenario.run({}, { REPORTS });
  expect([linesOf(scenario).length, keptIn(REPORTS)]).toEqual([before + count, []]);
});
