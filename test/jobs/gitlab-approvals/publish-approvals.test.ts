import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeResult } from '../../../src/engine/model.ts';
import type { KeptText } from '../../../src/engine/run-types.ts';
import {
  type Audit,
  checkAudit,
  keepPlanned,
  publishApprovals,
  timeForAudit,
} from '../../../src/jobs/gitlab-approvals/publish-approvals.ts';
import type { Deadline } from '../../../src/platform/clock.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { createLog } from '../../../src/platform/log.ts';
import type { Account, AccountState } from '../../../src/targets/gitlab/schema.ts';
import { decision, type TestRunOptions, testRun } from '../../fixtures.ts';
import { type StillClock, stillClock } from '../../sandbox/clock.ts';
import { startMediaWiki } from '../../sandbox/gitlab/mediawiki.ts';
import { CREDENTIALS } from '../../sandbox/gitlab/sandbox.ts';
import { trustOf, waiting } from './approval-facts.ts';

type Result = ChangeResult<AccountState, Account>;

const TITLE = 'Log';
const GITLAB = 'https://gitlab.example';
const { rules, ...policy } = trustOf([{ ldap: 'wmf' }, { ldap: 'tools' }]);
const trust = {
  ...policy,
  rules: rules.map((rule) => (rule.rule === 1 ? { ...rule, description: 'organisation' } : rule)),
};

let clock: StillClock;
let wiki: Awaited<ReturnType<typeof startMediaWiki>>;
beforeEach(async () => {
  clock = stillClock();
  wiki = await startMediaWiki({ credentials: CREDENTIALS, user: 'Glaab', now: clock.now });
});
afterEach(() => wiki.close());

const audit = (over: Partial<Audit> = {}): Audit => ({
  url: wiki.url,
  page: TITLE,
  credentials: {
    consumerToken: CREDENTIALS.consumerKey,
    consumerSecret: CREDENTIALS.consumerSecret,
    accessToken: CREDENTIALS.token,
    accessSecret: CREDENTIALS.tokenSecret,
  },
  trust,
  gitlab: GITLAB,
  stateOf: async () => undefined,
  ...over,
});

const runOf = (over: TestRunOptions = {}) => testRun({ clock, mayWrite: true, ...over });

/** The result of one approval by a rule, by default carried out now. */
const result = (username: string, over: Partial<Result> = {}, rule = 1): Result => ({
  change: {
    ...decision({ account: '7', label: username, rule }),
    kind: 'approve',
    from: 'blocked_pending_approval',
    to: 'active',
    row: waiting(username, { id: 7 }),
  },
  result: 'applied',
  doneAt: clock.now(),
  ...over,
});
const entryOf = (username: string, trusted = 'organisation') => ({
  account: '7',
  username,
  trust: trusted,
  at: clock.now(),
  gitlab: GITLAB,
});

/** A store between runs, with every text that was written to it. `fails` on reading or on writing. */
function store(text?: unknown, fails?: 'read' | 'write') {
  const written: unknown[] = [];
  const kept: KeptText = {
    read: async () => {
      if (fails === 'read') throw new Error('cannot read');
      return text === undefined ? undefined : typeof text === 'string' ? text : JSON.stringify(text);
    },
    write: async (value) => {
      if (fails === 'write') throw new Error('cannot write');
      written.push(JSON.parse(value));
    },
  };
  const names: string[] = [];
  return {
    written,
    names,
    kept: (name: string) => {
      names.push(name);
      return kept;
    },
  };
}

const page = (...lines: readonly string[]) => ['=== 2026-06-01 ===', ...lines].join('\n');
const line = (username: string, trusted = 'organisation') =>
  `* 12:00 [[gitlab:${username}|@${username}]] was approved. (${trusted})`;
const refuseEdits = () => {
  wiki.state.blocked = true;
};
const KEPT = {
  kind: 'audit-kept',
  account: null,
  label: 'REPORTS',
  because: 'lines that are missing on the public log are kept, and the next run adds them',
};
const unkept = (because: string) => ({ kind: 'audit-unkept', account: null, label: 'REPORTS', because });

test.each([
  [240, 20_000],
  [100, 20_000],
  [99, 19_800],
  [40, 8000],
  [0, 0],
])('of a run of %i s, %i ms are kept for the public log', (seconds, expected) => {
  expect(timeForAudit(runOf({ seconds }))).toBe(expected);
});

describe('before the first approval', () => {
  test('nothing is asked without a public log', async () => {
    expect(await checkAudit(undefined, runOf())).toEqual([]);
  });

  test('the page is read, and nothing is written', async () => {
    expect(await checkAudit(audit(), runOf())).toEqual([]);
    expect(wiki.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('a wiki that will never take an edit is an error of the source', async () => {
    const failing = checkAudit(audit({ page: 'Special:Log' }), runOf());
    await expect(failing).rejects.toThrow(
      new SourceError(
        'source mediawiki: mediawiki: GET /w/api.php: no page can have this title (MEDIAWIKI_AUDIT_PAGE)',
      ),
    );
    await expect(failing).rejects.toBeInstanceOf(SourceError);
  });

  test('a run that was asked to stop ends as such', async () => {
    await expect(checkAudit(audit(), runOf({ stop: AbortSignal.abort() }))).rejects.toThrow(
      'mediawiki: GET /w/api.php: the run was asked to stop',
    );
  });

  const busy = (seconds: number) =>
    wiki.addFault({
      nth: 1,
      effect: {
        kind: 'answer',
        answer: { status: 429, headers: { 'Retry-After': `${seconds}` }, body: 'slow down' },
      },
    });

  test('a busy wiki is waited for as long as the time that is kept for publishing', async () => {
    busy(19);
    expect(await checkAudit(audit(), runOf())).toEqual([]);
    expect(clock.slept).toEqual([19_000]);
  });

  test('a busy wiki is not waited for any longer', async () => {
    busy(20);
    expect(await checkAudit(audit(), runOf())).toEqual([
      {
        kind: 'audit-page',
        account: null,
        label: 'mediawiki',
        because: expect.stringMatching(/a pause of 20 s: the deadline of this run has come/),
      },
    ]);
    expect(clock.slept).toEqual([]);
  });
});

describe('publishing', () => {
  test('does nothing without a public log', async () => {
    const results = [result('ann')];
    const { kept, names } = store();
    expect(await publishApprovals(results, undefined, runOf({ kept }))).toEqual({
      results,
      failures: [],
      notes: [],
    });
    expect(names).toEqual([]);
  });

  test('adds a line for each approval that was carried out, with the description of its rule or its number', async () => {
    const failedLater = result('cid', { result: 'failed' }, 2);
    const { doneAt: _, ...notSent } = result('bob', { result: 'withheld' });
    const results = [result('ann'), notSent, failedLater];
    expect(await publishApprovals(results, audit(), runOf())).toEqual({ results, failures: [], notes: [] });
    expect(wiki.textOf(TITLE)).toBe(page(line('cid', 'rule 2'), line('ann')));
  });

  test('links names that no wiki link leads to by the address of GitLab', async () => {
    await publishApprovals([result('a__b')], audit(), runOf());
    expect(wiki.textOf(TITLE)).toContain(`[${GITLAB}/a__b @a_&#95;b]`);
  });

  test('reads and writes what is kept within a deadline that goes on after a request to stop', async () => {
    const { kept } = store();
    const lefts: (() => void)[] = [];
    const run = runOf({ stop: AbortSignal.abort() });
    const withDeadline = (name: string, deadline: Deadline) => {
      lefts.push(() => deadline.check('kept'));
      return kept(name);
    };
    await publishApprovals([result('ann')], audit(), { ...run, kept: withDeadline });
    expect(lefts).toHaveLength(1);
    for (const check of lefts) expect(check).not.toThrow();
    expect(() => run.deadline.check('kept')).toThrow('asked to stop');
  });

  test('adds what was approved in a run that was asked to stop', async () => {
    await publishApprovals([result('ann')], audit(), runOf({ stop: AbortSignal.abort() }));
    expect(wiki.textOf(TITLE)).toBe(page(line('ann')));
  });

  test('is an error of the program where a rule is none of the policy', async () => {
    await expect(publishApprovals([result('ann', {}, 3)], audit(), runOf())).rejects.toThrow(
      'audit log: no rule 3 of trust',
    );
    expect(wiki.requests).toEqual([]);
  });

  test('keeps the lines before the edit, and none after it', async () => {
    const { kept, written, names } = store();
    const before: unknown[] = [];
    wiki.state.beforeEdit = () => void before.push(...written);
    const results = [result('ann')];
    const published = await publishApprovals(results, audit(), runOf({ kept }));
    expect(published).toEqual({ results, failures: [], notes: [] });
    expect([before, written, names]).toEqual([[[entryOf('ann')]], [[entryOf('ann')], []], ['unpublished']]);
  });

  test('adds what earlier runs kept, although nothing new was approved', async () => {
    const { kept, written } = store([entryOf('old')]);
    expect(await publishApprovals([], audit(), runOf({ kept }))).toEqual({
      results: [],
      failures: [],
      notes: [],
    });
    expect([wiki.textOf(TITLE), written]).toEqual([page(line('old')), [[]]]);
  });

  test('adds what earlier runs kept below what is new', async () => {
    const { kept, written } = store([entryOf('old')]);
    await publishApprovals([result('ann')], audit(), runOf({ kept }));
    expect(wiki.textOf(TITLE)).toBe(page(line('ann'), line('old')));
    expect(written).toEqual([[entryOf('old'), entryOf('ann')], []]);
  });

  test('touches neither the store nor the wiki where there is nothing to add', async () => {
    const { kept, written } = store();
    expect(await publishApprovals([], audit(), runOf({ kept }))).toEqual({
      results: [],
      failures: [],
      notes: [],
    });
    expect([written, wiki.requests]).toEqual([[], []]);
  });
});

describe('what a run planned', () => {
  const planned = (username: string, account = '7') => ({ ...entryOf(username), account, planned: true });
  const change = (username: string) => result(username).change;

  test('is kept before the first approval, beside what earlier runs kept of others', async () => {
    const { kept, written } = store([entryOf('old'), planned('before', '6'), planned('again')]);
    expect(await keepPlanned([change('ann')], audit(), runOf({ kept }))).toEqual([]);
    expect(written).toEqual([[entryOf('old'), planned('before', '6'), planned('ann')]]);
  });

  test('is not kept without a public log, or where nothing keeps it', async () => {
    const { kept, written } = store();
    expect(await keepPlanned([change('ann')], undefined, runOf({ kept }))).toEqual([]);
    expect(await keepPlanned([change('ann')], audit(), runOf())).toEqual([]);
    expect(written).toEqual([]);
  });

  test('is published by the next run where it was carried out, and else forgotten', async () => {
    const { kept, written } = store([planned('ann'), planned('bob', '8')]);
    const states = new Map<string, AccountState>([
      ['7', 'active'],
      ['8', 'blocked_pending_approval'],
    ]);
    const published = await publishApprovals(
      [],
      audit({ stateOf: async (id) => states.get(id) }),
      runOf({ kept }),
    );
    expect(published).toEqual({ results: [], failures: [], notes: [] });
    expect([wiki.textOf(TITLE), written]).toEqual([page(line('ann')), [[entryOf('ann')], []]]);
  });

  test('and what this run looked at again is up to this run', async () => {
    const { kept, written } = store([planned('ann')]);
    const asked: string[] = [];
    const stateOf = async (id: string) => {
      asked.push(id);
      return 'active' as const;
    };
    const { doneAt: _, ...withheld } = result('ann', { result: 'withheld' });
    await publishApprovals([withheld], audit({ stateOf }), runOf({ kept }));
    expect([asked, wiki.requests, written]).toEqual([[], [], [[]]]);
  });

  test('stays kept where GitLab does not say what became of it, with a note and an error in the log', async () => {
    const lines: string[] = [];
    const { kept, written } = store([planned('ann'), entryOf('old')]);
    const stateOf = () => Promise.reject(new Error('gitlab: down'));
    const log = createLog({ write: (text) => void lines.push(text) }, 'info');
    const { notes } = await publishApprovals([], audit({ stateOf }), { ...runOf({ kept }), log });
    const because =
      'an earlier run may have approved this account, and the next run asks GitLab again: gitlab: down';
    expect(notes).toEqual([{ kind: 'audit-kept', account: null, label: 'ann', because }]);
    expect(written).toEqual([[planned('ann')]]);
    expect(lines.map((text) => JSON.parse(text))).toEqual([
      expect.objectContaining({
        event: 'audit.unknown',
        severity: 'ERROR',
        account: '7',
        error: 'gitlab: down',
        message: 'it is not known whether a kept approval was carried out',
      }),
    ]);
  });
});

describe('what could not be published', () => {
  const failure = expect.stringMatching(
    /^audit log: 1 line is missing: mediawiki: GET \/w\/api\.php: the consumer may not edit the page/,
  );
  const missing = (username: string) => ({
    kind: 'audit-log',
    account: '7',
    label: username,
    because: line(username),
  });

  test('is kept for the next run, and noted', async () => {
    refuseEdits();
    const { kept, written } = store();
    const published = await publishApprovals([result('ann')], audit(), runOf({ kept }));
    expect([published.failures, published.notes]).toEqual([[failure], [missing('ann'), KEPT]]);
    expect(written).toEqual([[entryOf('ann')]]);
  });

  test('and is kept already stays as it is, and is noted', async () => {
    refuseEdits();
    const { kept, written } = store([entryOf('old')]);
    const published = await publishApprovals([], audit(), runOf({ kept }));
    expect([published.failures, published.notes, written]).toEqual([[failure], [missing('old'), KEPT], []]);
  });

  test('is not said to be kept where nothing keeps it', async () => {
    refuseEdits();
    const { failures, notes } = await publishApprovals([result('ann')], audit(), runOf());
    expect([failures, notes]).toEqual([[failure], [missing('ann')]]);
    const off = await publishApprovals([result('ann')], audit(), runOf({ kept: () => undefined }));
    expect(off.notes).toEqual([missing('ann')]);
  });

  test('is not said to be kept where the store cannot be written', async () => {
    refuseEdits();
    const run = runOf({ kept: store(undefined, 'write').kept });
    const { notes } = await publishApprovals([result('ann')], audit(), run);
    const because = 'lines of the public log could not be kept: cannot write';
    expect(notes).toEqual([missing('ann'), unkept(because)]);
    expect(run.lines).toContainEqual(
      expect.objectContaining({
        event: 'audit.unkept',
        severity: 'ERROR',
        message: 'unpublished approvals could not be kept',
        error: 'cannot write',
      }),
    );
  });

  test('and can no longer be cleared is noted, although the line is there', async () => {
    const { kept } = store([entryOf('old')], 'write');
    const { failures, notes } = await publishApprovals([], audit(), runOf({ kept }));
    expect([failures, notes, wiki.textOf(TITLE)]).toEqual([
      [],
      [unkept('lines of the public log could not be kept: cannot write')],
      page(line('old')),
    ]);
  });
});

describe('a store that cannot be read is not written either', () => {
  test.each([
    ['it does not answer', store(undefined, 'read'), /cannot read$/],
    ['it is no JSON', store('{"not": "a list"'), /JSON/],
    ['it is no list', store({}), /expected array/],
    [
      'an approval without its account',
      store([{ username: 'a', trust: 'b', at: 1, gitlab: 'c' }]),
      /account/,
    ],
    [
      'an approval has an empty name',
      store([{ account: '1', username: '', trust: 'b', at: 1, gitlab: 'c' }]),
      /username/,
    ],
    [
      'an approval has a key that nobody knows',
      store([{ account: '1', username: 'a', trust: 'b', at: 1, gitlab: 'c', more: 1 }]),
      /more/,
    ],
  ])('%s', async (_, { kept, written }, message) => {
    const run = runOf({ kept });
    const { failures, notes } = await publishApprovals([result('ann')], audit(), run);
    const because = expect.stringMatching(/^lines of the public log could not be read: /);
    expect([failures, notes]).toEqual([[], [unkept(because)]]);
    expect(notes[0]?.because).toMatch(message);
    expect([written, wiki.textOf(TITLE)]).toEqual([[], page(line('ann'))]);
    expect(run.lines).toContainEqual(
      expect.objectContaining({
        event: 'audit.unkept',
        severity: 'ERROR',
        message: 'unpublished approvals could not be read',
      }),
    );
  });

  test('and its lines are not said to be kept', async () => {
    refuseEdits();
    const { notes } = await publishApprovals([result('ann')], audit(), runOf({ kept: store('{').kept }));
    expect(notes.map(({ kind }) => kind)).toEqual(['audit-log', 'audit-unkept']);
  });
});
