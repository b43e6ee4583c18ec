import { describe, expect } from 'vitest';
import { AUDIT_PAGE, CREDENTIALS, type GitlabContent, pending } from '../sandbox/gitlab/sandbox.ts';
import type { Recorded } from '../sandbox/server.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { test } from './harness.ts';

const LINE = '* 12:00 [[gitlab:ann|@ann]] was approved. (organisation)';
const PAGE = `=== 2026-06-01 ===\n${LINE}`;
const content: GitlabContent = { users: [pending(1, 'ann')], groups: { wmf: ['ann'] } };
const OLD = 'The log.\n=== 2026-05-31 ===\n* 06:51 x';
const isEdit = ({ method }: Recorded) => method === 'POST';

const ann = (page?: string): GitlabContent => (page === undefined ? content : { ...content, page });

/** Ann is approved once whatever the wiki does, and the next run neither approves nor edits. */
async function approvedOnce(scenario: Scenario): Promise<void> {
  const edits = scenario.editsSent();
  scenario.wiki.clearFaults();
  const { report } = await scenario.run();
  expect(report.outcome).toBe('unchanged');
  expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[1], edits]);
}

async function failed(scenario: Scenario): Promise<string> {
  const { report } = await scenario.run();
  expect([report.outcome, report.exitCode]).toEqual(['failed', 1]);
  expect(report.changes.map(({ result }) => result)).toEqual(['applied']);
  const notes = report.notes.filter(({ kind }) => kind === 'audit-log');
  expect(notes).toEqual([
    {
      kind: 'audit-log',
      account: '1',
      label: 'ann',
      because: expect.stringMatching(/^\* 12:\d\d \[\[gitlab:ann\|@ann\]\] was approved\. \(organisation\)$/),
    },
  ]);
  const line = scenario.lines.find(({ event }) => event === 'audit.failed');
  expect(line).toMatchObject({ severity: 'ERROR', lines: notes.map(({ because }) => because) });
  await approvedOnce(scenario);
  return report.error ?? '';
}

describe('the audit log', () => {
  test('is one edit by a bot, after a look before the first approval and a read, with the lines under the day', async () => {
    const scenario = await openScenario(ann(OLD));
    const { report } = await scenario.run();
    expect([report.outcome, report.calls.mediawiki]).toEqual(['applied', { query: 2, edit: 1 }]);
    expect(scenario.wiki.state.edits).toMatchObject([
      { user: 'Glaab', bot: true, summary: '1 GitLab account approved' },
    ]);
    expect(scenario.auditPage()).toBe(`The log.\n${PAGE}\n\n${OLD.slice(9)}`);
    const edit = new URLSearchParams(scenario.wiki.requests.find(isEdit)?.body);
    expect([edit.get('maxlag'), edit.get('assert'), edit.get('bot')]).toEqual(['5', 'user', '1']);
    await approvedOnce(scenario);
  });

  test('creates a page that is missing', async () => {
    const scenario = await openScenario(ann());
    await scenario.run();
    expect(scenario.auditPage()).toBe(PAGE);
  });

  test('is not asked for by a dry run', async () => {
    const scenario = await openScenario(ann());
    await scenario.run({ dryRun: true });
    expect(scenario.wiki.requests).toEqual([]);
  });

  test('is off without its four values, and nothing else changes', async () => {
    const scenario = await openScenario(ann());
    const off = {
      MEDIAWIKI_CONSUMER_TOKEN: undefined,
      MEDIAWIKI_CONSUMER_SECRET: undefined,
      MEDIAWIKI_ACCESS_TOKEN: undefined,
      MEDIAWIKI_ACCESS_SECRET: undefined,
      MEDIAWIKI_AUDIT_PAGE: undefined,
    };
    const { report } = await scenario.run({}, off);
    expect([report.outcome, scenario.wiki.requests.length]).toEqual(['applied', 0]);
  });

  test('tells nothing private: no name, address, uid or group', async () => {
    const scenario = await openScenario({
      users: [
        pending(1, 'ann', {
          name: 'Ann Private',
          email: 'secret@example.org',
          identities: [{ provider: 'cas3', extern_uid: 'ann' }],
        }),
      ],
      groups: { nda: ['ann'] },
    });
    await scenario.run();
    const edit = scenario.wiki.requests.find(isEdit)?.body ?? '';
    for (const word of ['Private', 'secret', 'nda', 'example']) expect(edit).not.toContain(word);
  });

  test('has names that no username can turn into wikitext', async () => {
    const scenario = await openScenario({
      users: [pending(1, 'a]]b', { name: 'x', identities: [{ provider: 'cas3', extern_uid: 'a]]b' }] })],
      groups: { wmf: ['a]]b'] },
    });
    await scenario.run();
    expect(scenario.auditPage()).toContain('[[gitlab:a&#93;&#93;b|@a&#93;&#93;b]]');
  });
});

describe('what passes is tried again', () => {
  const elsewhere = (scenario: Scenario, times: number) => {
    let left = times;
    scenario.wiki.state.beforeEdit = () => {
      if (left === 0) return;
      left -= 1;
      const text = `Somebody ${left}.\n${scenario.auditPage() ?? ''}`;
      scenario.wiki.write(AUDIT_PAGE, { user: 'Somebody', text });
    };
  };

  test.each([[OLD], [undefined]])('an edit conflict, with the other’s edit kept (page %s)', async (page) => {
    const scenario = await openScenario(ann(page));
    elsewhere(scenario, 2);
    const { report } = await scenario.run();
    expect([report.outcome, scenario.editsSent()]).toEqual(['applied', 3]);
    expect(scenario.auditPage()).toContain('Somebody 1.');
    expect(scenario.auditPage()).toContain(LINE);
    await approvedOnce(scenario);
  });

  test('seven edit conflicts, with pauses of half a second to four', async () => {
    const scenario = await openScenario(ann(OLD));
    elsewhere(scenario, 7);
    const { report } = await scenario.run();
    expect([report.outcome, scenario.editsSent()]).toEqual(['applied', 8]);
    expect(scenario.clock.slept).toHaveLength(7);
    for (const pause of scenario.clock.slept) {
      expect(pause).toBeGreaterThanOrEqual(500);
      expect(pause).toBeLessThanOrEqual(4000);
    }
  });

  test('a wiki that stays read-only for a minute', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.state.readOnly = 'maintenance';
    const until = scenario.clock.now() + 60_000;
    const { sleep } = scenario.clock;
    scenario.clock.sleep = async (ms) => {
      await sleep(ms);
      if (scenario.clock.now() >= until) scenario.wiki.state.readOnly = undefined;
    };
    expect((await scenario.run()).report.outcome).toBe('applied');
    expect(scenario.auditPage()).toBe(PAGE);
  });

  test.each([
    [503, { error: { code: 'readonly', info: 'no' } }],
    [500, { error: { code: 'internal_api_error_DBQueryError', info: 'no' } }],
    [429, 'slow down'],
  ])('a refusal with status %i, more often than a wiki that is down', async (status, body) => {
    const scenario = await openScenario(ann());
    let left = 5;
    const when = (request: Recorded) => isEdit(request) && left-- > 0;
    scenario.wiki.addFault({ when, effect: { kind: 'answer', answer: { status, body } } });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.auditPage()]).toEqual(['applied', PAGE]);
  });

  test.each([
    ['ratelimited', 'no'],
    ['internal_api_error_DBQueryError', 'no'],
  ])('%s, after a pause', async (code, info) => {
    const scenario = await openScenario(ann());
    scenario.wiki.state.editFault = { code, info, times: 2 };
    const { report } = await scenario.run();
    expect([report.outcome, scenario.editsSent(), scenario.auditPage()]).toEqual(['applied', 3, PAGE]);
  });

  test('a wiki that is read-only for a while', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.state.readOnly = 'maintenance';
    const { sleep } = scenario.clock;
    scenario.clock.sleep = async (ms) => {
      scenario.wiki.state.readOnly = undefined;
      await sleep(ms);
    };
    expect((await scenario.run()).report.outcome).toBe('applied');
    expect(scenario.auditPage()).toBe(PAGE);
  });

  test('a page that was deleted since', async () => {
    const scenario = await openScenario(ann(OLD));
    scenario.wiki.state.beforeEdit = () => {
      scenario.wiki.state.beforeEdit = undefined;
      scenario.wiki.remove(AUDIT_PAGE);
      scenario.clock.advance(1000);
    };
    const { report } = await scenario.run();
    expect([report.outcome, scenario.auditPage()]).toEqual(['applied', PAGE]);
  });

  test('a bad token, with a fresh one', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({
      when: isEdit,
      nth: 1,
      effect: {
        kind: 'answer',
        answer: { status: 200, body: { error: { code: 'badtoken', info: 'Invalid CSRF token.' } } },
      },
    });
    const { report } = await scenario.run();
    expect([report.outcome, report.calls.mediawiki]).toEqual(['applied', { query: 3, edit: 2 }]);
  });

  test('a nonce that was used, three times at the most, each time with another', async () => {
    const scenario = await openScenario(ann());
    const info = 'The authorization headers in your request are not valid: Nonce already used: x';
    scenario.wiki.addFault({
      when: isEdit,
      effect: {
        kind: 'answer',
        answer: { status: 200, body: { error: { code: 'mwoauth-invalid-authorization', info } } },
      },
    });
    expect(await failed(scenario)).toContain('Nonce already used');
    const headers = scenario.wiki.requests.filter(isEdit).map((one) => one.headers.authorization);
    expect([headers.length, new Set(headers).size]).toEqual([3, 3]);
  });

  test('a lagging wiki, after the pause it asks for, five times', async () => {
    const scenario = await openScenario(ann());
    let refusals = 5;
    scenario.wiki.state.lag = 9;
    const { sleep } = scenario.clock;
    scenario.clock.sleep = async (ms) => {
      refusals -= 1;
      if (refusals === 0) scenario.wiki.state.lag = 0;
      await sleep(ms);
    };
    const { report } = await scenario.run();
    expect([report.outcome, scenario.editsSent()]).toEqual(['applied', 6]);
    expect(scenario.clock.slept).toEqual([5000, 5000, 5000, 5000, 5000]);
  });

  test('a wiki that keeps lagging is given up', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.state.lag = 9;
    expect(await failed(scenario)).toContain('maxlag');
    expect(scenario.editsSent()).toBe(6);
  });

  test('a lagging wiki is not waited for beyond the deadline', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.state.lag = 9;
    const { report } = await scenario.run({}, { SYNC_DEADLINE_SECONDS: '13' });
    expect([report.outcome, report.exitCode, scenario.editsSent()]).toEqual(['failed', 1, 3]);
    expect(report.notes.filter(({ kind }) => kind === 'audit-log')).toHaveLength(1);
  });

  test('an edit whose answer is lost is looked for, and not made twice', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({ when: isEdit, nth: 1, effect: { kind: 'lose' } });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.editsSent(), scenario.auditPage()]).toEqual(['applied', 1, PAGE]);
  });

  test('a wiki that is down is given up after three tries', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({
      when: () => true,
      effect: { kind: 'answer', answer: { status: 503, body: 'down' } },
    });
    expect(await failed(scenario)).toContain('503');
    expect(scenario.editsSent()).toBe(0);
  });
});

describe('what does not pass fails at once', () => {
  const editFault = (code: string) => ({ editFault: { code, info: 'no' } });
  const faults: readonly (readonly [string, Partial<Scenario['wiki']['state']>])[] = [
    ['blocked', editFault('blocked')],
    ['protectedpage', editFault('protectedpage')],
    ['abusefilter-disallowed', editFault('abusefilter-disallowed')],
  ];
  test.each(faults)('%s', async (code, state) => {
    const scenario = await openScenario(ann(OLD));
    Object.assign(scenario.wiki.state, state);
    expect(await failed(scenario)).toContain(code);
    expect(scenario.editsSent()).toBe(1);
    expect(scenario.auditPage()).toBe(OLD);
  });

  test.each([
    ['an edit that is reported as no success', { edit: { result: 'Failure', captcha: {} } }],
    ['an answer that is no JSON', '<html>'],
  ])('%s', async (_, body) => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({ when: isEdit, effect: { kind: 'answer', answer: { status: 200, body } } });
    await failed(scenario);
    expect(scenario.editsSent()).toBe(1);
  });

  test('a wiki that stays read-only is given up, and the lines are kept', async () => {
    const scenario = await openScenario(ann(OLD));
    scenario.wiki.state.readOnly = 'maintenance';
    expect(await failed(scenario)).toContain('readonly');
  });

  test('a captcha is named', async () => {
    const scenario = await openScenario(ann(OLD));
    scenario.wiki.state.captcha = true;
    expect(await failed(scenario)).toContain('a captcha, which no program solves');
  });

  test('a page that was moved is never written behind its redirect', async () => {
    const scenario = await openScenario(ann(OLD));
    scenario.wiki.move(AUDIT_PAGE, 'Elsewhere');
    const before = [scenario.auditPage(), scenario.wiki.textOf('Elsewhere')];
    const { report } = await scenario.run();
    expect(report.outcome).toBe('failed');
    expect(report.error).toContain('is a redirect now');
    expect([scenario.auditPage(), scenario.wiki.textOf('Elsewhere')]).toEqual(before);
    expect(scenario.editsSent()).toBe(0);
  });

  test.each([
    ['is too large', `${OLD}\n${'x'.repeat(2 ** 20)}`, /too large/],
    ['is larger than an answer may be', 'x'.repeat(9 * 2 ** 20), /the answer is too large/],
    ['is too large in bytes', `${OLD}\n${'€'.repeat(2 ** 19)}`, /found \d+ bytes, allowed 1048576/],
    ['repeats a tag without end', `${OLD}\n${'<pre '.repeat(1.5 * 2 ** 18)}`, /too large/],
    ['hides its end', `${OLD}\n<includeonly>`, /never closed/],
    ['has a comment that is never closed', `${OLD}\n<!-- `, /never closed/],
  ])('a page that %s: approvals go on, and the lines are kept', async (_, page, message) => {
    const scenario = await openScenario(ann(page));
    expect(await failed(scenario)).toMatch(message);
    expect(scenario.editsSent()).toBe(0);
  });

  test.each([
    ['no page can have', 'a|b', /invalid|title/],
    ['is another wiki’s', 'gitlab:Log', /another wiki's \(found gitlab:/],
  ])('a title that %s: nobody is approved', async (_, title, message) => {
    const scenario = await openScenario(ann());
    const { report } = await scenario.run({}, { MEDIAWIKI_AUDIT_PAGE: title });
    expect(report.outcome).not.toBe('applied');
    expect(report.error).toMatch(message);
    expect(scenario.approvalsSent()).toEqual([]);
  });

  const nobodyApproved = async (scenario: Scenario, message: RegExp, over: Record<string, string> = {}) => {
    const { report } = await scenario.run({}, over);
    expect([report.outcome, report.exitCode, scenario.approvalsSent()]).toEqual(['source-failed', 3, []]);
    expect(report.error).toMatch(/^source mediawiki: /);
    expect(report.error).toMatch(message);
    expect(scenario.editsSent()).toBe(0);
  };

  test.each(['Special:Log', 'Media:Log.png'])(
    'a page without text, %s: nobody is approved',
    async (title) => {
      const scenario = await openScenario(ann());
      await nobodyApproved(scenario, /no page can have this title/, { MEDIAWIKI_AUDIT_PAGE: title });
    },
  );

  test('a user that is blocked: nobody is approved', async () => {
    const scenario = await openScenario(ann(OLD));
    scenario.wiki.state.blocked = true;
    await nobodyApproved(scenario, /may not edit the page/);
  });

  test('a page that is protected: nobody is approved', async () => {
    const scenario = await openScenario(ann(OLD));
    const page = scenario.wiki.state.pages.get(AUDIT_PAGE);
    if (page) page.protected = true;
    await nobodyApproved(scenario, /may not edit the page/);
  });

  test('a page that is missing, with a consumer that creates none: nobody is approved', async () => {
    const scenario = await openScenario({
      ...content,
      wiki: { grants: ['basic', 'editpage', 'highvolume'] },
    });
    await nobodyApproved(scenario, /may not create the page \(needed: the grant createeditmovepage\)/);
  });

  test.each([401, 403])('status %i from the wiki: nobody is approved', async (status) => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({
      when: () => true,
      effect: { kind: 'answer', answer: { status, body: '<html><title>Denied</title></html>' } },
    });
    await nobodyApproved(scenario, new RegExp(`found ${status}, allowed 200\\): an HTML page: Denied`));
  });

  test('credentials are found wrong although the first read met a nonce that was used', async () => {
    const scenario = await openScenario(ann());
    const info = 'Nonce already used';
    const body = { error: { code: 'mwoauth-invalid-authorization', info } };
    scenario.wiki.addFault({
      when: () => true,
      nth: 1,
      effect: { kind: 'answer', answer: { status: 200, body } },
    });
    await nobodyApproved(scenario, /Invalid signature/, { MEDIAWIKI_ACCESS_SECRET: 'another-secret' });
  });

  test('a page that is no wikitext is never written: approvals go on, and the lines are kept', async () => {
    const scenario = await openScenario(ann());
    const { report } = await scenario.run({}, { MEDIAWIKI_AUDIT_PAGE: 'User:Glaab/log.json' });
    expect([report.outcome, scenario.approvalsSent(), scenario.editsSent()]).toEqual(['failed', [1], 0]);
    expect(report.error).toContain('the page is no wikitext (found json, allowed wikitext)');
    const line = scenario.lines.find(({ event }) => event === 'audit.failed');
    expect(line).toMatchObject({ lines: [LINE], days: [{ day: '2026-06-01', lines: [LINE] }] });
  });

  test('a wiki that does not answer before the first approval takes no more than its share of the time', async () => {
    const scenario = await openScenario(ann());
    scenario.wiki.addFault({ when: () => scenario.approvalsSent().length === 0, effect: { kind: 'hang' } });
    const { report } = await scenario.run({}, { SYNC_DEADLINE_SECONDS: '5' });
    expect([report.outcome, scenario.approvalsSent(), scenario.auditPage()]).toEqual(['applied', [1], PAGE]);
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-page' }));
  });

  test('a consumer without the right to edit: nobody is approved', async () => {
    const scenario = await openScenario({ ...content, wiki: { grants: ['basic'] } });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.approvalsSent()]).toEqual(['source-failed', []]);
    expect(report.error).toContain(
      'source mediawiki: mediawiki: GET /w/api.php: the consumer may not edit the page',
    );
  });

  test('a bot flag that the grants do not cover is a note', async () => {
    const scenario = await openScenario({
      ...content,
      wiki: { grants: ['basic', 'editpage', 'createeditmovepage'] },
    });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-bot' }));
  });

  test('credentials that are refused: nobody is approved, and they are in no output', async () => {
    const scenario = await openScenario(ann());
    const { report } = await scenario.run({}, { MEDIAWIKI_ACCESS_SECRET: 'another-secret' });
    expect([report.outcome, scenario.editsSent(), scenario.approvalsSent()]).toEqual([
      'source-failed',
      0,
      [],
    ]);
    const output = JSON.stringify([report, scenario.lines]);
    for (const secret of [...Object.values(CREDENTIALS), 'another-secret'])
      expect(output).not.toContain(secret);
  });
});
