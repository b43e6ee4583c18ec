import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WikiAccessError } from '../../../src/audit/mediawiki/answer.ts';
import { createWikiPage } from '../../../src/audit/mediawiki/page.ts';
import {
  checkAuditPage,
  type PublishedApproval,
  publishAuditLog,
} from '../../../src/audit/mediawiki/publish.ts';
import { lineOf } from '../../../src/audit/mediawiki/wikitext.ts';
import { StopError } from '../../../src/platform/errors.ts';
import { type TestRunOptions, testRun } from '../../fixtures.ts';
import { stillClock } from '../../sandbox/clock.ts';
import { startMediaWiki } from '../../sandbox/gitlab/mediawiki.ts';
import { CREDENTIALS } from '../../sandbox/gitlab/sandbox.ts';
import type { Recorded } from '../../sandbox/server.ts';

const TITLE = 'Log';
const READ = 'mediawiki: GET /w/api.php';
const EDIT = 'mediawiki: POST /w/api.php';
const isEdit = ({ method }: Recorded) => method === 'POST';

let wiki: Awaited<ReturnType<typeof startMediaWiki>>;
beforeEach(async () => {
  const { now } = stillClock();
  wiki = await startMediaWiki({ credentials: CREDENTIALS, user: 'Glaab', now });
});
afterEach(() => wiki.close());

const NOON = Date.UTC(2026, 5, 1, 12);
const approval = (username: string, at = NOON): PublishedApproval => ({
  account: `id of ${username}`,
  username,
  trust: 'organisation',
  at,
});

/** A run with what publishing works with, and its own time. */
function input(random = 0, over: TestRunOptions = {}) {
  const run = testRun({ mayWrite: true, ...over });
  const credentials = {
    consumerToken: CREDENTIALS.consumerKey,
    consumerSecret: CREDENTIALS.consumerSecret,
    accessToken: CREDENTIALS.token,
    accessSecret: CREDENTIALS.tokenSecret,
  };
  return {
    page: createWikiPage({ url: wiki.url, page: TITLE, credentials }, run),
    run,
    random: () => random,
  };
}
const edits = () => wiki.requests.filter(isEdit).length;
const reads = () => wiki.requests.length - edits();
const refuse = (code: string, info = 'no', when: (request: Recorded) => boolean = isEdit) =>
  wiki.addFault({
    when,
    effect: { kind: 'answer', answer: { status: 200, body: { error: { code, info } } } },
  });
const refused = (code: string, info = 'no', where = EDIT) =>
  `${where}: refused (found ${code}, allowed no error): ${info}`;

test('of four runs that write at the same moment none loses its line', async () => {
  const names = ['ann', 'bob', 'cid', 'dan'];
  const published = await Promise.all(
    names.map((name, n) => publishAuditLog([approval(name)], input(n / 4))),
  );
  expect(published).toEqual(names.map(() => ({ failures: [], notes: [] })));
  const lines = (wiki.textOf(TITLE) ?? '').split('\n');
  for (const name of names) expect(lines).toContain(lineOf(approval(name)));
});

test('the length of the pauses comes from the random numbers that are handed in', async () => {
  wiki.write(TITLE, { user: 'Somebody', text: 'The log.' });
  let conflicts = 2;
  wiki.state.beforeEdit = () => {
    conflicts -= 1;
    if (conflicts >= 0) wiki.write(TITLE, { user: 'Somebody', text: `The log. ${conflicts}` });
  };
  const using = input(0.5);
  expect(await publishAuditLog([approval('ann')], using)).toEqual({ failures: [], notes: [] });
  expect(using.run.clock.slept).toEqual([750, 1250]);
});

describe('publishing', () => {
  test('asks nothing where nobody was approved', async () => {
    expect(await publishAuditLog([], input())).toEqual({ failures: [], notes: [] });
    expect(wiki.requests).toEqual([]);
  });

  test.each([
    [['ann'], '1 GitLab account approved'],
    [['ann', 'bob'], '2 GitLab accounts approved'],
  ])('of %j is one edit with the number in its summary', async (names, summary) => {
    await publishAuditLog(
      names.map((name) => approval(name)),
      input(),
    );
    expect(wiki.state.edits.map((edit) => edit.summary)).toEqual([summary]);
  });

  test('edits nothing where all lines are there', async () => {
    await publishAuditLog([approval('ann')], input());
    expect(await publishAuditLog([approval('ann')], input())).toEqual({ failures: [], notes: [] });
    expect([edits(), reads()]).toEqual([1, 2]);
  });
});

describe('a refusal that may pass', () => {
  test.each([
    ['editconflict', 'no', 8, 'conflict'],
    ['badtoken', 'no', 3, 'token'],
    ['mwoauth-invalid-authorization', 'Nonce already used', 3, 'nonce'],
    ['maxlag', 'no', 6, 'maxlag'],
  ])('%s (%s) is given up after %i tries', async (code, info, tries, kind) => {
    refuse(code, info);
    const using = input();
    const { failures } = await publishAuditLog([approval('ann')], using);
    expect(failures).toEqual([`audit log: 1 line is missing: ${refused(code, info)} (seen ${tries} times)`]);
    expect([edits(), reads()]).toEqual([tries, tries]);
    const warnings = using.run.lines.filter(({ event }) => event === 'audit.repeated');
    expect(warnings).toHaveLength(tries - 1);
    expect(warnings[0]).toMatchObject({
      severity: 'WARNING',
      kind,
      error: refused(code, info),
      message: 'audit log request is repeated',
    });
  });

  test('no answer is given up after three tries', async () => {
    wiki.addFault({ when: isEdit, effect: { kind: 'drop' } });
    const using = input();
    const { failures } = await publishAuditLog([approval('ann')], using);
    expect(failures).toEqual([expect.stringMatching(/^audit log: 1 line is missing: .* \(seen 3 times\)$/)]);
    expect([edits(), using.run.clock.slept]).toEqual([3, [2000, 2000]]);
  });

  test('counts apart by its kind', async () => {
    const codes = ['badtoken', 'editconflict', 'badtoken', 'editconflict', 'editconflict'];
    codes.forEach((code, index) => {
      wiki.addFault({
        when: isEdit,
        nth: index + 1,
        effect: { kind: 'answer', answer: { status: 200, body: { error: { code, info: 'no' } } } },
      });
    });
    expect(await publishAuditLog([approval('ann')], input())).toEqual({ failures: [], notes: [] });
    expect(edits()).toBe(6);
  });

  test('a wiki that is read-only is tried until the run’s time is up, which the pause names', async () => {
    refuse('readonly');
    const using = input(0, { seconds: 60 });
    const { failures } = await publishAuditLog([approval('ann')], using);
    expect(failures).toEqual([
      `audit log: 1 line is missing: audit log: ${refused('readonly')}: a pause of 10 s: the deadline of this run has come (SYNC_DEADLINE_SECONDS)`,
    ]);
    expect(using.run.clock.slept).toEqual([2000, 3000, 4500, 6750, 10_000, 10_000, 10_000, 10_000]);
  });

  test('that needs no pause is tried again at once', async () => {
    refuse('badtoken');
    const using = input();
    await publishAuditLog([approval('ann')], using);
    expect(using.run.clock.slept).toEqual([]);
  });
});

describe('lines that are missing', () => {
  const next = Date.UTC(2026, 5, 2, 0, 1);

  test('are counted, noted newest first, and logged as they belong on the page', async () => {
    refuse('protectedpage');
    const using = input();
    const approvals = [approval('ann'), approval('bob'), approval('cid', next)];
    const published = await publishAuditLog(approvals, using);
    const failure = `audit log: 3 lines are missing: ${refused('protectedpage')}`;
    const lines = ['cid', 'bob', 'ann'].map((name) => lineOf(approval(name, name === 'cid' ? next : NOON)));
    expect(published).toEqual({
      failures: [failure],
      notes: ['cid', 'bob', 'ann'].map((name, index) => ({
        kind: 'audit-log',
        account: `id of ${name}`,
        label: name,
        because: lines[index],
      })),
    });
    expect(using.run.lines.find(({ event }) => event === 'audit.failed')).toMatchObject({
      severity: 'ERROR',
      message: 'audit log not written',
      error: failure,
      lines,
      days: [
        { day: '2026-06-01', lines: [lineOf(approval('bob')), lineOf(approval('ann'))] },
        { day: '2026-06-02', lines: [lineOf(approval('cid', next))] },
      ],
    });
    expect(edits()).toBe(1);
  });

  test('are so where the page hides everything behind a comment', async () => {
    wiki.write(TITLE, { user: 'Somebody', text: '<!-- ' });
    const { failures } = await publishAuditLog([approval('ann')], input());
    expect(failures).toEqual([
      'audit log: 1 line is missing: audit log: a comment on the page is never closed: nobody would see a line',
    ]);
    expect(edits()).toBe(0);
  });
});

describe('the look before the first approval', () => {
  test('finds nothing to say of a page that a bot may edit', async () => {
    expect(await checkAuditPage(input())).toEqual([]);
    expect([reads(), edits()]).toEqual([1, 0]);
  });

  test.each([
    ['the right is missing', ['edit', 'read'], true],
    ['the right is there', ['edit', 'bot'], false],
    ['the wiki does not say', undefined, false],
  ])('notes that edits are not marked as a bot’s where %s', async (_, rights, isNoted) => {
    const userinfo = rights === undefined ? {} : { userinfo: { rights } };
    const query = { tokens: { csrftoken: 'token' }, pages: [{ missing: true }], ...userinfo };
    wiki.addFault({ effect: { kind: 'answer', answer: { status: 200, body: { query } } } });
    const because = 'edits are not marked as a bot’s (needed: the right bot and the grant highvolume)';
    const note = { kind: 'audit-bot', account: null, label: 'mediawiki', because };
    expect(await checkAuditPage(input())).toEqual(isNoted ? [note] : []);
  });

  test.each(['badtoken', 'readonly', 'maxlag', 'editconflict'])('tries %s three times', async (code) => {
    refuse(code, 'no', () => true);
    const because = `${refused(code, 'no', READ)} (seen 3 times)`;
    expect(await checkAuditPage(input())).toEqual([
      { kind: 'audit-page', account: null, label: 'mediawiki', because },
    ]);
    expect(reads()).toBe(3);
  });

  test('is an error where no edit can ever succeed', async () => {
    refuse('blocked', 'no', () => true);
    await expect(checkAuditPage(input())).rejects.toThrow(
      new WikiAccessError(refused('blocked', 'no', READ)),
    );
    expect(reads()).toBe(1);
  });

  test('ends with the run that was asked to stop', async () => {
    await expect(checkAuditPage(input(0, { stop: AbortSignal.abort() }))).rejects.toThrow(
      new StopError(`${READ}: the run was asked to stop`),
    );
  });
});
