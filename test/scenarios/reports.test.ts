import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { emptyFolder } from '../muster.ts';
import { LEASE_BUCKET, REPORTS_BUCKET, type Storage, startStorage } from '../sandbox/storage.ts';
import { isWrite, openScenario, type Scenario } from './growthbook.ts';
import { open, test } from './harness.ts';

let scenario: Scenario;
let folder: string;
beforeEach(async () => {
  scenario = await openScenario({ requestsPerMinute: 6000 });
  folder = emptyFolder();
});
const read = (name: string) => readFileSync(join(folder, 'growthbook-roles', name), 'utf8');
const reportIn = (name: string) => JSON.parse(read(name)) as Report;
const plain = (report: Report): unknown => JSON.parse(JSON.stringify(report));
const nameOf = ({ run }: Report) => `20260601T120000.000Z-${run.id}`;

describe('with REPORTS each run keeps its report', () => {
  test('as JSON and as a page in a folder, by time and run, and as the latest', async () => {
    const { report } = await scenario.run({}, { REPORTS: join(folder, 'made', 'on the way') });
    const place = join(folder, 'made', 'on the way', 'growthbook-roles');
    const own = nameOf(report);
    expect((await readdir(place)).toSorted()).toEqual([
      `${own}.html`,
      `${own}.json`,
      'latest.html',
      'latest.json',
    ]);
    for (const name of [own, 'latest']) {
      expect(JSON.parse(readFileSync(join(place, `${name}.json`), 'utf8'))).toEqual(plain(report));
      expect(readFileSync(join(place, `${name}.html`), 'utf8')).toContain('Everyone else (6)');
    }
  });

  test.each([
    ['a plan that is asked for while the job enforces', { dryRun: true }, {}, 'planned'],
    ['one that observes', {}, { MODE: 'observe' }, 'planned'],
    ['one that is refused', {}, { SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' }, 'refused'],
    ['one with a failed source', {}, { LDAP_SERVERS: 'ldap://127.0.0.1:1' }, 'source-failed'],
  ])('%s', async (_, call, environment, outcome) => {
    await scenario.run(call, { REPORTS: folder, ...environment });
    expect(reportIn('latest.json').outcome).toBe(outcome);
  });

  test('also one whose time is up', async () => {
    scenario.growthbook.state.before = (request) => {
      if (isWrite()(request)) scenario.clock.advance(3_600_000);
    };
    const { report } = await scenario.run({}, { REPORTS: folder });
    expect(report.outcome).toBe('deadline');
    expect(reportIn('latest.json')).toEqual(plain(report));
  });

  test('but a run that was skipped leaves the latest as it is', async () => {
    const storage = await open(startStorage({ now: scenario.clock.now }));
    const body = JSON.stringify({ run: 'another', seconds: 300 });
    storage.objects.set('growthbook-roles.json', { body, generation: '7', updated: scenario.clock.now() });
    const { report } = await scenario.run({}, { ...storage.environment, REPORTS: folder });
    expect(report.outcome).toBe('skipped');
    expect((await readdir(join(folder, 'growthbook-roles'))).toSorted()).toEqual([
      `${nameOf(report)}.html`,
      `${nameOf(report)}.json`,
    ]);
  });

  test.each([
    ['a question about one name', { explain: 'iris' }],
    ['a check', { check: true }],
    ['a question about past runs', { history: { since: 0 } }],
  ])('but %s is no run', async (_, call) => {
    await scenario.run(call, { REPORTS: folder });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['a folder that cannot be made', '/dev/null/nowhere'],
    ['a bucket that no token is given for', 'gs://reports'],
  ])('and %s is loud, and changes nothing of the run', async (_, place) => {
    const { report } = await scenario.run({}, { REPORTS: place, GCE_METADATA_HOST: '127.0.0.1:1' });
    expect([report.outcome, report.exitCode, scenario.growthbook.writes.length]).toEqual(['applied', 0, 12]);
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'report-lost', label: 'REPORTS' }));
    expect(scenario.lines).toContainEqual(
      expect.objectContaining({ event: 'report.lost', severity: 'ERROR' }),
    );
  });

  test.each(['s3://bucket', 'https://example.org', 'gs://', 'gs://UPPER/x', 'a\u0000b'])(
    'and %j is a settings fault, not a folder',
    async (place) => {
      const { report } = await scenario.run({}, { REPORTS: place });
      expect([report.outcome, scenario.growthbook.writes.length]).toEqual(['invalid-settings', 0]);
      expect(report.error).toContain('REPORTS: found');
    },
  );
});

describe('in a bucket', () => {
  let storage: Storage;
  let places: Readonly<Record<string, string>>;
  beforeEach(async () => {
    storage = await open(startStorage({ now: scenario.clock.now }));
    const { LEASE_BUCKET: _, ...rest } = storage.environment;
    places = rest;
  });
  const at = (prefix: string) => ({ ...places, REPORTS: `gs://${REPORTS_BUCKET}${prefix}` });

  test.each([
    ['', ''],
    ['/', ''],
    ['/muster', 'muster/'],
    ['/a b/ü/', 'a b/ü/'],
  ])('a report is below the prefix %j and the job’s name, with its media type', async (prefix, under) => {
    const { report } = await scenario.run({}, at(prefix));
    const names = ['html', 'json'].flatMap((ending) =>
      [nameOf(report), 'latest'].map((name) => `${under}growthbook-roles/${name}.${ending}`),
    );
    expect([...storage.reports.keys()].toSorted()).toEqual(names.toSorted());
    const page = storage.reports.get(`${under}growthbook-roles/latest.html`);
    expect([page?.contentType, `${page?.body}`.startsWith('<!doctype html>')]).toEqual([
      'text/html; charset=utf-8',
      true,
    ]);
    const json = storage.reports.get(`${under}growthbook-roles/latest.json`);
    expect(JSON.parse(`${json?.body}`)).toEqual(plain(report));
  });

  test('a report is kept once where the answer to its upload is lost', async () => {
    storage.addFault({
      when: ({ path }) => path.startsWith('/upload'),
      nth: 1,
      effect: { kind: 'lose' },
    });
    const { report } = await scenario.run({}, at(''));
    expect(report.notes.map(({ kind }) => kind)).not.toContain('report-lost');
    expect(storage.reports.size).toBe(4);
  });

  describe.each([403, 412])('that answers the repeat of a lost upload with %i', (status) => {
    const isUpload =
      (name: string) => (request: { readonly path: string; readonly query: URLSearchParams }) =>
        request.path.startsWith('/upload') && request.query.get('name')?.endsWith(name) === true;
    const refuse = { kind: 'answer', answer: { status, body: { error: { code: status } } } } as const;

    test.each(['.html', 'latest.json'])('a report that is there as it was sent is kept: %s', async (name) => {
      storage.addFault({ when: isUpload(name), nth: 1, effect: { kind: 'lose' } });
      storage.addFault({ when: isUpload(name), nth: 2, effect: refuse });
      const { report } = await scenario.run({}, at(''));
      expect(report.notes.map(({ kind }) => kind)).not.toContain('report-lost');
      expect(storage.reports.size).toBe(4);
    });

    test('a report that is there otherwise is lost, loudly', async () => {
      storage.onRequest({ when: isUpload('.html'), nth: 1 }, ({ query }) => {
        const object = { body: 'another page', generation: '1', updated: 0 };
        storage.reports.set(query.get('name') ?? '', object);
      });
      storage.addFault({ when: isUpload('.html'), nth: 1, effect: refuse });
      const { report } = await scenario.run({}, at(''));
      const because = expect.stringContaining(`${status}`);
      expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'report-lost', because }));
    });
  });

  test('only the latest is ever replaced', async () => {
    await scenario.run({}, at(''));
    await scenario.run({}, at(''));
    const uploads = storage.requests.filter(({ path }) => path.startsWith('/upload'));
    expect(uploads).toHaveLength(8);
    for (const { query } of uploads) {
      const mayReplace = query.get('name')?.includes('/latest.') ?? false;
      expect(query.get('ifGenerationMatch')).toBe(mayReplace ? null : '0');
    }
  });

  test('a bucket that is not there is loud, and changes nothing of the run', async () => {
    const { report } = await scenario.run({}, { ...places, REPORTS: 'gs://no-such-bucket' });
    expect(report.outcome).toBe('applied');
    expect(report.notes).toContainEqual(
      expect.objectContaining({ kind: 'report-lost', because: expect.stringContaining('404') }),
    );
  });

  test('the history is read from all pages, from the time on that was asked for', async () => {
    const { report } = await scenario.run({}, at('/p'));
    const old = JSON.stringify({ ...report, run: { ...report.run, startedAt: '2026-05-01T00:00:00.000Z' } });
    for (let n = 0; n < 1200; n += 1) {
      const [day, id] = [`${10 + (n % 20)}`, `${n}`.padStart(8, '0')];
      const name = `p/growthbook-roles/202605${day}T000000.000Z-${id}.json`;
      storage.reports.set(name, { body: old, generation: '1', updated: 0 });
    }
    const since = (time: string) => scenario.run({ history: { since: Date.parse(time) } }, at('/p'));
    expect((await since('2026-06-01T00:00:00Z')).history?.runs.map(({ id }) => id)).toEqual([report.run.id]);
    expect((await since('2026-05-01T00:00:00Z')).history?.runs).toHaveLength(1201);
  });

  test('the bucket of leases is another', () => expect(LEASE_BUCKET).not.toBe(REPORTS_BUCKET));
});

describe('the history', () => {
  const history = async (who?: string, since = 0) =>
    await scenario.run({ history: { since, who } }, { REPORTS: folder });

  test('lists runs, the newest first, with what they really changed', async () => {
    const first = (await scenario.run({}, { REPORTS: folder })).report;
    scenario.clock.advance(60_000);
    const second = (await scenario.run({}, { REPORTS: folder })).report;
    scenario.clock.advance(60_000);
    const answer = (await history()).history;
    expect(answer).toMatchObject({ job: 'growthbook-roles', who: null, since: '1970-01-01T00:00:00.000Z' });
    expect(answer?.runs.map(({ id, changes }) => [id, changes.length])).toEqual([
      [second.run.id, 0],
      [first.run.id, 12],
    ]);
  });

  test.each(['u_iris', 'IRIS@example.org', ' iris '])('answers which run changed %j', async (who) => {
    const { report } = await scenario.run({}, { REPORTS: folder });
    expect((await history(who)).history?.runs).toMatchObject([
      { id: report.run.id, changes: [{ account: 'u_iris', move: 'readonly (global) → noaccess' }] },
    ]);
    expect((await history('nobody')).history?.runs).toEqual([]);
    expect((await history(who, scenario.clock.now() + 1)).history?.runs).toEqual([]);
  });

  test('has no change that was only planned', async () => {
    await scenario.run({ dryRun: true }, { REPORTS: folder });
    expect((await history()).history?.runs).toMatchObject([{ outcome: 'planned', changes: [] }]);
  });

  test('is empty where nothing was kept yet', async () => {
    expect((await history()).history?.runs).toEqual([]);
  });

  test('is an invalid request without REPORTS', async () => {
    const { report, history: answer } = await scenario.run({ history: { since: 0 } });
    expect([report.outcome, answer]).toEqual(['invalid-request', undefined]);
    expect(report.error).toContain('found no REPORTS');
  });

  test.each([
    ['no JSON', '{"format":1'],
    ['another format', JSON.stringify({ format: 2 })],
    ['nothing of a report', '[]'],
  ])('refuses a file that is no report: %s', async (_, text) => {
    await scenario.run({}, { REPORTS: folder });
    writeFileSync(join(folder, 'growthbook-roles', '20260601T120000.000Z-abcd.json'), text);
    const { report, history: answer } = await history();
    expect([report.outcome, answer]).toEqual(['invalid-request', undefined]);
    expect(report.error).toContain('20260601T120000.000Z-abcd.json is not a report');
  });
});

describe('the report of a run', () => {
  test('is shown as it was kept, by the beginning of its id', async () => {
    const { report } = await scenario.run({}, { REPORTS: folder });
    const shown = await scenario.run({ show: report.run.id.slice(0, 8) }, { REPORTS: folder });
    expect([shown.isPastReport, shown.report]).toEqual([true, plain(report)]);
  });

  test('is shown as the latest, whichever id it has', async () => {
    await scenario.run({}, { REPORTS: folder });
    scenario.clock.advance(60_000);
    const { report } = await scenario.run({}, { REPORTS: folder });
    const shown = await scenario.run({ show: 'latest' }, { REPORTS: folder });
    expect([shown.isPastReport, shown.report]).toEqual([true, plain(report)]);
  });

  test('is an invalid request as the latest where none is kept yet', async () => {
    const { report } = await scenario.run({ show: 'latest' }, { REPORTS: folder });
    expect([report.outcome, report.error]).toEqual(['invalid-request', 'run latest: no report is kept']);
  });

  test.each([
    ['ffffffff', 'no report of it is kept'],
    ['../latest', 'no id'],
    ['.*', 'no id'],
    ['', 'no id'],
  ])('that is not kept is an invalid request: %j', async (show, words) => {
    await scenario.run({}, { REPORTS: folder });
    const { report, isPastReport } = await scenario.run({ show }, { REPORTS: folder });
    expect([report.outcome, isPastReport]).toEqual(['invalid-request', undefined]);
    expect(report.error).toContain(words);
  });

  test('is not guessed where several ids begin so', async () => {
    const { report } = await scenario.run({}, { REPORTS: folder });
    for (const id of ['abcd1', 'abcd2']) {
      const text = JSON.stringify({ ...report, run: { ...report.run, id } });
      writeFileSync(join(folder, 'growthbook-roles', `20260601T120000.000Z-${id}.json`), text);
    }
    const shown = await scenario.run({ show: 'abcd' }, { REPORTS: folder });
    expect(shown.report.error).toContain('several kept runs begin so (found 2, allowed 1)');
  });
});
