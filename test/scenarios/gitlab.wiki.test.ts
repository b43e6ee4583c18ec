import { describe, expect, test } from 'vitest';
import { AUDIT_PAGE, type Cast, CREDENTIALS, pending } from '../sandbox/gitlab/world.ts';
import type { Recorded } from '../sandbox/server.ts';
import { onStage, type Stage } from './gitlab.ts';

const LINE = '* 12:00 [[gitlab:ann|@ann]] was approved. (organisation)';
const PAGE = `=== 2026-06-01 ===\n${LINE}`;
const cast: Cast = { users: [pending(1, 'ann')], groups: { wmf: ['ann'] } };
const OLD = 'The log.\n=== 2026-05-31 ===\n* 06:51 x';
const isEdit = ({ method }: Recorded) => method === 'POST';

const withAnn = (play: (stage: Stage) => Promise<void>, page?: string) =>
  onStage(page === undefined ? cast : { ...cast, page }, play);

/** Ann is approved once whatever the wiki does, and the next run neither approves nor edits. */
async function approvedOnce(stage: Stage): Promise<void> {
  const edits = stage.editsSent();
  stage.wiki.clearFaults();
  const { report } = await stage.run();
  expect(report.outcome).toBe('unchanged');
  expect([stage.approvalsSent(), stage.editsSent()]).toEqual([[1], edits]);
}

async function failed(stage: Stage): Promise<string> {
  const { report } = await stage.run();
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
  const line = stage.lines.find(({ event }) => event === 'audit.failed');
  expect(line).toMatchObject({ severity: 'ERROR', lines: notes.map(({ because }) => because) });
  await approvedOnce(stage);
  return report.error ?? '';
}

describe('the audit log', () => {
  test('is one edit by a bot, after a look before the first approval and a read, with the lines under the day', () =>
    withAnn(async (stage) => {
      const { report } = await stage.run();
      expect([report.outcome, report.calls.mediawiki]).toEqual(['applied', { query: 2, edit: 1 }]);
      expect(stage.wiki.state.edits).toMatchObject([
        { user: 'Glaab', bot: true, summary: '1 GitLab account approved' },
      ]);
      expect(stage.auditPage()).toBe(`The log.\n${PAGE}\n\n${OLD.slice(9)}`);
      const edit = new URLSearchParams(stage.wiki.requests.find(isEdit)?.body);
      expect([edit.get('maxlag'), edit.get('assert'), edit.get('bot')]).toEqual(['5', 'user', '1']);
      await approvedOnce(stage);
    }, OLD));

  test('creates a page that is missing', () =>
    withAnn(async (stage) => {
      await stage.run();
      expect(stage.auditPage()).toBe(PAGE);
    }));

  test('is not asked for by a dry run', () =>
    withAnn(async (stage) => {
      await stage.run({ dryRun: true });
      expect(stage.wiki.requests).toEqual([]);
    }));

  test('is off without its four values, and nothing else changes', () =>
    withAnn(async (stage) => {
      const off = {
        MEDIAWIKI_CONSUMER_TOKEN: undefined,
        MEDIAWIKI_CONSUMER_SECRET: undefined,
        MEDIAWIKI_ACCESS_TOKEN: undefined,
        MEDIAWIKI_ACCESS_SECRET: undefined,
        MEDIAWIKI_AUDIT_PAGE: undefined,
      };
      const { report } = await stage.run({}, off);
      expect([report.outcome, stage.wiki.requests.length]).toEqual(['applied', 0]);
    }));

  test('tells nothing private: no name, address, uid or group', () =>
    onStage(
      {
        users: [
          pending(1, 'ann', {
            name: 'Ann Private',
            email: 'secret@example.org',
            identities: [{ provider: 'cas3', extern_uid: 'ann' }],
          }),
        ],
        groups: { nda: ['ann'] },
      },
      async (stage) => {
        await stage.run();
        const edit = stage.wiki.requests.find(isEdit)?.body ?? '';
        for (const word of ['Private', 'secret', 'nda', 'example']) expect(edit).not.toContain(word);
      },
    ));

  test('has names that no username can turn into wikitext', () =>
    onStage(
      {
        users: [pending(1, 'a]]b', { name: 'x', identities: [{ provider: 'cas3', extern_uid: 'a]]b' }] })],
        groups: { wmf: ['a]]b'] },
      },
      async (stage) => {
        await stage.run();
        expect(stage.auditPage()).toContain('[[gitlab:a&#93;&#93;b|@a&#93;&#93;b]]');
      },
    ));
});

describe('what passes is tried again', () => {
  const elsewhere = (stage: Stage, times: number) => {
    let left = times;
    stage.wiki.state.beforeEdit = () => {
      if (left === 0) return;
      left -= 1;
      const text = `Somebody ${left}.\n${stage.auditPage() ?? ''}`;
      stage.wiki.write(AUDIT_PAGE, { user: 'Somebody', text });
    };
  };

  test.each([[OLD], [undefined]])('an edit conflict, with the other’s edit kept (page %s)', (page) =>
    withAnn(async (stage) => {
      elsewhere(stage, 2);
      const { report } = await stage.run();
      expect([report.outcome, stage.editsSent()]).toEqual(['applied', 3]);
      expect(stage.auditPage()).toContain('Somebody 1.');
      expect(stage.auditPage()).toContain(LINE);
      await approvedOnce(stage);
    }, page),
  );

  test('seven edit conflicts, with pauses of half a second to four', () =>
    withAnn(async (stage) => {
      elsewhere(stage, 7);
      const { report } = await stage.run();
      expect([report.outcome, stage.editsSent()]).toEqual(['applied', 8]);
      expect(stage.clock.slept).toHaveLength(7);
      for (const pause of stage.clock.slept) {
        expect(pause).toBeGreaterThanOrEqual(500);
        expect(pause).toBeLessThanOrEqual(4000);
      }
    }, OLD));

  test('a wiki that stays read-only for a minute', () =>
    withAnn(async (stage) => {
      stage.wiki.state.readOnly = 'maintenance';
      const until = stage.clock.now() + 60_000;
      const { sleep } = stage.clock;
      stage.clock.sleep = async (ms) => {
        await sleep(ms);
        if (stage.clock.now() >= until) stage.wiki.state.readOnly = undefined;
      };
      expect((await stage.run()).report.outcome).toBe('applied');
      expect(stage.auditPage()).toBe(PAGE);
    }));

  test.each([
    [503, { error: { code: 'readonly', info: 'no' } }],
    [500, { error: { code: 'internal_api_error_DBQueryError', info: 'no' } }],
    [429, 'slow down'],
  ])('a refusal with status %i, more often than a wiki that is down', (status, body) =>
    withAnn(async (stage) => {
      let left = 5;
      const when = (request: Recorded) => isEdit(request) && left-- > 0;
      stage.wiki.addFault({ when, effect: { kind: 'answer', answer: { status, body } } });
      const { report } = await stage.run();
      expect([report.outcome, stage.auditPage()]).toEqual(['applied', PAGE]);
    }),
  );

  test.each([
    ['ratelimited', 'no'],
    ['internal_api_error_DBQueryError', 'no'],
  ])('%s, after a pause', (code, info) =>
    withAnn(async (stage) => {
      stage.wiki.state.editFault = { code, info, times: 2 };
      const { report } = await stage.run();
      expect([report.outcome, stage.editsSent(), stage.auditPage()]).toEqual(['applied', 3, PAGE]);
    }),
  );

  test('a wiki that is read-only for a while', () =>
    withAnn(async (stage) => {
      stage.wiki.state.readOnly = 'maintenance';
      const { sleep } = stage.clock;
      stage.clock.sleep = async (ms) => {
        stage.wiki.state.readOnly = undefined;
        await sleep(ms);
      };
      expect((await stage.run()).report.outcome).toBe('applied');
      expect(stage.auditPage()).toBe(PAGE);
    }));

  test('a page that was deleted since', () =>
    withAnn(async (stage) => {
      stage.wiki.state.beforeEdit = () => {
        stage.wiki.state.beforeEdit = undefined;
        stage.wiki.remove(AUDIT_PAGE);
        stage.clock.advance(1000);
      };
      const { report } = await stage.run();
      expect([report.outcome, stage.auditPage()]).toEqual(['applied', PAGE]);
    }, OLD));

  test('a bad token, with a fresh one', () =>
    withAnn(async (stage) => {
      stage.wiki.addFault({
        when: isEdit,
        nth: 1,
        effect: {
          kind: 'answer',
          answer: { status: 200, body: { error: { code: 'badtoken', info: 'Invalid CSRF token.' } } },
        },
      });
      const { report } = await stage.run();
      expect([report.outcome, report.calls.mediawiki]).toEqual(['applied', { query: 3, edit: 2 }]);
    }));

  test('a nonce that was used, three times at the most, each time with another', () =>
    withAnn(async (stage) => {
      const info = 'The authorization headers in your request are not valid: Nonce already used: x';
      stage.wiki.addFault({
        when: isEdit,
        effect: {
          kind: 'answer',
          answer: { status: 200, body: { error: { code: 'mwoauth-invalid-authorization', info } } },
        },
      });
      expect(await failed(stage)).toContain('Nonce already used');
      const headers = stage.wiki.requests.filter(isEdit).map((one) => one.headers.authorization);
      expect([headers.length, new Set(headers).size]).toEqual([3, 3]);
    }));

  test('a lagging wiki, after the pause it asks for, five times', () =>
    withAnn(async (stage) => {
      let refusals = 5;
      stage.wiki.state.lag = 9;
      const { sleep } = stage.clock;
      stage.clock.sleep = async (ms) => {
        refusals -= 1;
        if (refusals === 0) stage.wiki.state.lag = 0;
        await sleep(ms);
      };
      const { report } = await stage.run();
      expect([report.outcome, stage.editsSent()]).toEqual(['applied', 6]);
      expect(stage.clock.slept).toEqual([5000, 5000, 5000, 5000, 5000]);
    }));

  test('a wiki that keeps lagging is given up', () =>
    withAnn(async (stage) => {
      stage.wiki.state.lag = 9;
      expect(await failed(stage)).toContain('maxlag');
      expect(stage.editsSent()).toBe(6);
    }));

  test('a lagging wiki is not waited for beyond the deadline', () =>
    withAnn(async (stage) => {
      stage.wiki.state.lag = 9;
      const { report } = await stage.run({}, { SYNC_DEADLINE_SECONDS: '13' });
      expect([report.outcome, report.exitCode, stage.editsSent()]).toEqual(['failed', 1, 3]);
      expect(report.notes.filter(({ kind }) => kind === 'audit-log')).toHaveLength(1);
    }));

  test('an edit whose answer is lost is looked for, and not made twice', () =>
    withAnn(async (stage) => {
      stage.wiki.addFault({ when: isEdit, nth: 1, effect: { kind: 'lose' } });
      const { report } = await stage.run();
      expect([report.outcome, stage.editsSent(), stage.auditPage()]).toEqual(['applied', 1, PAGE]);
    }));

  test('a wiki that is down is given up after three tries', () =>
    withAnn(async (stage) => {
      stage.wiki.addFault({
        when: () => true,
        effect: { kind: 'answer', answer: { status: 503, body: 'down' } },
      });
      expect(await failed(stage)).toContain('503');
      expect(stage.editsSent()).toBe(0);
    }));
});

describe('what does not pass fails at once', () => {
  const editFault = (code: string) => ({ editFault: { code, info: 'no' } });
  const faults: readonly (readonly [string, Partial<Stage['wiki']['state']>])[] = [
    ['blocked', editFault('blocked')],
    ['protectedpage', editFault('protectedpage')],
    ['abusefilter-disallowed', editFault('abusefilter-disallowed')],
  ];
  test.each(faults)('%s', (code, state) =>
    withAnn(async (stage) => {
      Object.assign(stage.wiki.state, state);
      expect(await failed(stage)).toContain(code);
      expect(stage.editsSent()).toBe(1);
      expect(stage.auditPage()).toBe(OLD);
    }, OLD),
  );

  test.each([
    ['an edit that is reported as no success', { edit: { result: 'Failure', captcha: {} } }],
    ['an answer that is no JSON', '<html>'],
  ])('%s', (_, body) =>
    withAnn(async (stage) => {
      stage.wiki.addFault({ when: isEdit, effect: { kind: 'answer', answer: { status: 200, body } } });
      await failed(stage);
      expect(stage.editsSent()).toBe(1);
    }),
  );

  test('a wiki that stays read-only is given up, and the lines are kept', () =>
    withAnn(async (stage) => {
      stage.wiki.state.readOnly = 'maintenance';
      expect(await failed(stage)).toContain('readonly');
    }, OLD));

  test('a captcha is named', () =>
    withAnn(async (stage) => {
      stage.wiki.state.captcha = true;
      expect(await failed(stage)).toContain('a captcha, which no program solves');
    }, OLD));

  test('a page that was moved is never written behind its redirect', () =>
    withAnn(async (stage) => {
      stage.wiki.move(AUDIT_PAGE, 'Elsewhere');
      const before = [stage.auditPage(), stage.wiki.textOf('Elsewhere')];
      const { report } = await stage.run();
      expect(report.outcome).toBe('failed');
      expect(report.error).toContain('is a redirect now');
      expect([stage.auditPage(), stage.wiki.textOf('Elsewhere')]).toEqual(before);
      expect(stage.editsSent()).toBe(0);
    }, OLD));

  test.each([
    ['is too large', `${OLD}\n${'x'.repeat(2 ** 20)}`, /too large/],
    ['is larger than an answer may be', 'x'.repeat(9 * 2 ** 20), /the answer is too large/],
    ['is too large in bytes', `${OLD}\n${'€'.repeat(2 ** 19)}`, /found \d+ bytes, allowed 1048576/],
    ['repeats a tag without end', `${OLD}\n${'<pre '.repeat(1.5 * 2 ** 18)}`, /too large/],
    ['hides its end', `${OLD}\n<includeonly>`, /never closed/],
    ['has a comment that is never closed', `${OLD}\n<!-- `, /never closed/],
  ])('a page that %s: approvals go on, and the lines are kept', (_, page, message) =>
    withAnn(async (stage) => {
      expect(await failed(stage)).toMatch(message);
      expect(stage.editsSent()).toBe(0);
    }, page),
  );

  test.each([
    ['no page can have', 'a|b', /invalid|title/],
    ['is another wiki’s', 'gitlab:Log', /another wiki's \(found gitlab:/],
  ])('a title that %s: nobody is approved', (_, title, message) =>
    withAnn(async (stage) => {
      const { report } = await stage.run({}, { MEDIAWIKI_AUDIT_PAGE: title });
      expect(report.outcome).not.toBe('applied');
      expect(report.error).toMatch(message);
      expect(stage.approvalsSent()).toEqual([]);
    }),
  );

  const nobodyApproved = async (stage: Stage, message: RegExp, over: Record<string, string> = {}) => {
    const { report } = await stage.run({}, over);
    expect([report.outcome, report.exitCode, stage.approvalsSent()]).toEqual(['source-failed', 3, []]);
    expect(report.error).toMatch(/^source mediawiki: /);
    expect(report.error).toMatch(message);
    expect(stage.editsSent()).toBe(0);
  };

  test.each(['Special:Log', 'Media:Log.png'])('a page without text, %s: nobody is approved', (title) =>
    withAnn((stage) => nobodyApproved(stage, /no page can have this title/, { MEDIAWIKI_AUDIT_PAGE: title })),
  );

  test('a user that is blocked: nobody is approved', () =>
    withAnn(async (stage) => {
      stage.wiki.state.blocked = true;
      await nobodyApproved(stage, /may not edit the page/);
    }, OLD));

  test('a page that is protected: nobody is approved', () =>
    withAnn(async (stage) => {
      const page = stage.wiki.state.pages.get(AUDIT_PAGE);
      if (page) page.protected = true;
      await nobodyApproved(stage, /may not edit the page/);
    }, OLD));

  test('a page that is missing, with a consumer that creates none: nobody is approved', () =>
    onStage({ ...cast, wiki: { grants: ['basic', 'editpage', 'highvolume'] } }, (stage) =>
      nobodyApproved(stage, /may not create the page \(needed: the grant createeditmovepage\)/),
    ));

  test.each([401, 403])('status %i from the wiki: nobody is approved', (status) =>
    withAnn(async (stage) => {
      stage.wiki.addFault({
        when: () => true,
        effect: { kind: 'answer', answer: { status, body: '<html><title>Denied</title></html>' } },
      });
      await nobodyApproved(stage, new RegExp(`found ${status}, allowed 200\\): an HTML page: Denied`));
    }),
  );

  test('credentials are found wrong although the first read met a nonce that was used', () =>
    withAnn(async (stage) => {
      const info = 'Nonce already used';
      const body = { error: { code: 'mwoauth-invalid-authorization', info } };
      stage.wiki.addFault({
        when: () => true,
        nth: 1,
        effect: { kind: 'answer', answer: { status: 200, body } },
      });
      await nobodyApproved(stage, /Invalid signature/, { MEDIAWIKI_ACCESS_SECRET: 'another-secret' });
    }));

  test('a page that is no wikitext is never written: approvals go on, and the lines are kept', () =>
    withAnn(async (stage) => {
      const { report } = await stage.run({}, { MEDIAWIKI_AUDIT_PAGE: 'User:Glaab/log.json' });
      expect([report.outcome, stage.approvalsSent(), stage.editsSent()]).toEqual(['failed', [1], 0]);
      expect(report.error).toContain('the page is no wikitext (found json, allowed wikitext)');
      const line = stage.lines.find(({ event }) => event === 'audit.failed');
      expect(line).toMatchObject({ lines: [LINE], days: [{ day: '2026-06-01', lines: [LINE] }] });
    }));

  test('a wiki that does not answer before the first approval takes no more than its share of the time', () =>
    withAnn(async (stage) => {
      stage.wiki.addFault({ when: () => stage.approvalsSent().length === 0, effect: { kind: 'hang' } });
      const { report } = await stage.run({}, { SYNC_DEADLINE_SECONDS: '5' });
      expect([report.outcome, stage.approvalsSent(), stage.auditPage()]).toEqual(['applied', [1], PAGE]);
      expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-page' }));
    }));

  test('a consumer without the right to edit: nobody is approved', () =>
    onStage({ ...cast, wiki: { grants: ['basic'] } }, async (stage) => {
      const { report } = await stage.run();
      expect([report.outcome, stage.approvalsSent()]).toEqual(['source-failed', []]);
      expect(report.error).toContain(
        'source mediawiki: mediawiki: GET /w/api.php: the consumer may not edit the page',
      );
    }));

  test('a bot flag that the grants do not cover is a note', () =>
    onStage({ ...cast, wiki: { grants: ['basic', 'editpage', 'createeditmovepage'] } }, async (stage) => {
      const { report } = await stage.run();
      expect(report.outcome).toBe('applied');
      expect(report.notes).toContainEqual(expect.objectContaining({ kind: 'audit-bot' }));
    }));

  test('credentials that are refused: nobody is approved, and they are in no output', () =>
    withAnn(async (stage) => {
      const { report } = await stage.run({}, { MEDIAWIKI_ACCESS_SECRET: 'another-secret' });
      expect([report.outcome, stage.editsSent(), stage.approvalsSent()]).toEqual(['source-failed', 0, []]);
      const output = JSON.stringify([report, stage.lines]);
      for (const secret of [...Object.values(CREDENTIALS), 'another-secret'])
        expect(output).not.toContain(secret);
    }));
});
