import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RetryableError, WikiAccessError } from '../../../src/audit/mediawiki/answer.ts';
import { createWikiPage, type WikiText } from '../../../src/audit/mediawiki/page.ts';
import { SourceError, StopError } from '../../../src/platform/errors.ts';
import { createConcurrencyLimit } from '../../../src/platform/http-client.ts';
import { type TestRunOptions, testRun } from '../../fixtures.ts';
import { startMediaWiki } from '../../sandbox/gitlab/mediawiki.ts';
import { CREDENTIALS } from '../../sandbox/gitlab/sandbox.ts';

const TITLE = 'Tool:Log/2026';
const READ = 'mediawiki: GET /w/api.php';
const EDIT = 'mediawiki: POST /w/api.php';
const { now } = testRun().clock;

let wiki: Awaited<ReturnType<typeof startMediaWiki>>;
beforeEach(async () => {
  wiki = await startMediaWiki({
    credentials: CREDENTIALS,
    user: 'Glaab',
    now,
    pages: { [TITLE]: 'The log.' },
  });
});
afterEach(() => wiki.close());

const credentials = {
  consumerToken: CREDENTIALS.consumerKey,
  consumerSecret: CREDENTIALS.consumerSecret,
  accessToken: CREDENTIALS.token,
  accessSecret: CREDENTIALS.tokenSecret,
};
function pageAs(over: TestRunOptions = {}, title = TITLE) {
  const run = testRun({ mayWrite: true, ...over });
  return { run, page: createWikiPage({ url: wiki.url, page: title, credentials }, run) };
}
const answers = (body: object | string, status = 200) =>
  wiki.addFault({ effect: { kind: 'answer', answer: { status, body } } });

describe('reading', () => {
  test('gives the text with its revision, a token, the time and the rights', async () => {
    expect(await pageAs().page.read()).toEqual({
      text: 'The log.',
      revid: 2_000_001,
      token: wiki.state.csrfToken,
      now: '2026-06-01T12:00:00Z',
      rights: expect.arrayContaining(['edit', 'bot']),
    });
  });

  test('gives no text and no revision of a page that is missing', async () => {
    expect(await pageAs({}, 'Nowhere').page.read()).toMatchObject({ text: '', revid: undefined });
  });

  test('is one signed request for everything that an edit needs', async () => {
    const { run, page } = pageAs();
    await page.read();
    const [request, more] = wiki.requests;
    expect([request?.method, request?.path, request?.body, more]).toEqual([
      'GET',
      '/w/api.php',
      '',
      undefined,
    ]);
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      action: 'query',
      format: 'json',
      formatversion: '2',
      assert: 'user',
      meta: 'tokens|userinfo',
      type: 'csrf',
      uiprop: 'rights',
      prop: 'info|revisions',
      intestactions: 'edit|create',
      rvprop: 'ids|content',
      rvslots: 'main',
      titles: TITLE,
      curtimestamp: '1',
    });
    expect(request?.headers.accept).toBe('application/json');
    expect(request?.headers.authorization).toMatch(
      new RegExp(`^OAuth .*oauth_timestamp="${now() / 1000}", oauth_nonce="[0-9a-f]{32}", `),
    );
    expect(run.requestCounter.counts()).toEqual({ mediawiki: { query: 1 } });
  });

  test('signs each request with another nonce', async () => {
    const { page } = pageAs();
    await page.read();
    await page.read();
    const [first, second] = wiki.requests.map(({ headers }) => headers.authorization);
    expect(first).not.toBe(second);
  });

  test('is allowed in a run that may not write', async () => {
    expect(await pageAs({ mayWrite: false }).page.read()).toMatchObject({ text: 'The log.' });
  });

  test('is not repeated by itself', async () => {
    answers('down', 503);
    await expect(pageAs().page.read()).rejects.toThrow(RetryableError);
    expect(wiki.requests).toHaveLength(1);
  });

  test('waits for its place among the requests of all systems', async () => {
    let tasks = 0;
    const one = createConcurrencyLimit(1);
    const concurrency: typeof one = (task) => {
      tasks += 1;
      return one(task);
    };
    const page = createWikiPage({ url: wiki.url, page: TITLE, credentials, concurrency }, testRun());
    await Promise.all([page.read(), page.read(), page.read()]);
    expect([tasks, wiki.peak]).toEqual([3, 1]);
  });
});

describe('an answer', () => {
  const entry = (page: object, query: object = {}) => ({
    query: { tokens: { csrftoken: 'token' }, pages: [page], ...query },
  });
  const revision = (content: string) => ({ revisions: [{ revid: 7, slots: { main: { content } } }] });

  test('needs no more than a token, a page and its text', async () => {
    answers(entry(revision('x')));
    expect(await pageAs().page.read()).toEqual({
      text: 'x',
      revid: 7,
      token: 'token',
      now: undefined,
      rights: undefined,
    });
  });

  test.each([
    ['says that the page may be edited', { actions: { edit: true, create: false } }],
    ['does not say whether it may be created', { actions: { edit: true } }],
    ['is of wikitext', { contentmodel: 'wikitext' }],
  ])('is read where it %s', async (_, more) => {
    answers(entry({ ...revision('x'), ...more }, { userinfo: { rights: ['edit'] } }));
    expect(await pageAs().page.read()).toMatchObject({ text: 'x', rights: ['edit'] });
  });

  test('is read where it does not say which rights there are', async () => {
    answers(entry(revision('x'), { userinfo: {} }));
    expect(await pageAs().page.read()).toMatchObject({ text: 'x', rights: undefined });
  });

  test.each([
    ['without the right to create being denied', { missing: true, actions: { edit: true, create: true } }],
    ['without a word about rights', { missing: true }],
  ])('is read of a page that is missing, %s', async (_, page) => {
    answers(entry(page));
    expect(await pageAs().page.read()).toMatchObject({ text: '', revid: undefined });
  });

  const MAY_NOT_EDIT = 'the consumer may not edit the page (needed: the grant editpage)';
  const NO_PAGE = 'no page can have this title (MEDIAWIKI_AUDIT_PAGE)';
  test.each([
    [
      'the title is another wiki’s',
      entry({}, { interwiki: [{ iw: 'gitlab' }] }),
      "the title is another wiki's (found gitlab:, MEDIAWIKI_AUDIT_PAGE)",
    ],
    [
      'its name is long',
      entry({}, { interwiki: [{ iw: 'x'.repeat(50) }] }),
      `the title is another wiki's (found ${'x'.repeat(40)}:, MEDIAWIKI_AUDIT_PAGE)`,
    ],
    ['there is no page', { query: { tokens: { csrftoken: 'token' } } }, NO_PAGE],
    ['the title is invalid', entry({ invalid: true }), NO_PAGE],
    ['the page is the wiki’s own', entry({ special: true }), NO_PAGE],
    ['the page may not be edited', entry({ ...revision('x'), actions: { edit: false } }), MAY_NOT_EDIT],
    ['the right is missing', entry(revision('x'), { userinfo: { rights: ['read'] } }), MAY_NOT_EDIT],
    [
      'the page may not be created',
      entry({ missing: true, actions: { edit: true, create: false } }),
      'the consumer may not create the page (needed: the grant createeditmovepage)',
    ],
  ])('that can never be followed by an edit is such an error: %s', async (_, body, message) => {
    answers(body);
    const reading = pageAs().page.read();
    await expect(reading).rejects.toThrow(new WikiAccessError(`${READ}: ${message}`));
    await expect(reading).rejects.toBeInstanceOf(WikiAccessError);
  });

  test.each([
    [
      'a redirect',
      entry({ ...revision('x'), redirect: true }),
      'the page was moved and is a redirect now (set MEDIAWIKI_AUDIT_PAGE to its new title)',
    ],
    [
      'no wikitext',
      entry({ ...revision('x'), contentmodel: 'j'.repeat(50) }),
      `the page is no wikitext (found ${'j'.repeat(40)}, allowed wikitext)`,
    ],
    ['without its text', entry({}), 'the page came without its text'],
    [
      'too large',
      entry(revision('€'.repeat(349_526))),
      'the page is too large (found 1048578 bytes, allowed 1048576)',
    ],
  ])('of a page that is %s is an error, which may be corrected', async (_, body, message) => {
    answers(body);
    const reading = pageAs().page.read();
    await expect(reading).rejects.toThrow(new SourceError(`${READ}: ${message}`));
    await expect(reading).rejects.not.toBeInstanceOf(WikiAccessError);
  });

  test('of the most bytes is read', async () => {
    answers(entry(revision('x'.repeat(2 ** 20))));
    expect((await pageAs().page.read()).text).toHaveLength(2 ** 20);
  });

  test('of the most bytes is read although each is escaped', async () => {
    answers(JSON.stringify(entry(revision(''))).replace('""', `"${'\\u0001'.repeat(2 ** 20)}"`));
    expect((await pageAs().page.read()).text).toHaveLength(2 ** 20);
  });

  test('of more than eight mebibytes is not read', async () => {
    answers('x'.repeat(8 * 2 ** 20 + 1));
    await expect(pageAs().page.read()).rejects.toThrow(
      `${READ}: the answer is too large (found more than allowed, 8388608 bytes)`,
    );
  });

  test.each([
    ['two pages', { query: { tokens: { csrftoken: 'token' }, pages: [{}, {}] } }, /query\.pages/],
    [
      'two revisions',
      entry({ revisions: [...revision('x').revisions, ...revision('y').revisions] }),
      /revisions/,
    ],
    ['no token', { query: { pages: [] } }, /query\.tokens/],
    ['an empty token', { query: { tokens: { csrftoken: '' } } }, /csrftoken/],
  ])('with %s has another shape', async (_, body, message) => {
    answers(body);
    await expect(pageAs().page.read()).rejects.toThrow(/an answer of another shape: /);
    await expect(pageAs().page.read()).rejects.toThrow(message);
  });
});

describe('saving', () => {
  const read = async (): Promise<WikiText> => await pageAs().page.read();
  const lastForm = () => Object.fromEntries(new URLSearchParams(wiki.requests.at(-1)?.body));

  test('is one edit by a bot of the revision that was read', async () => {
    const before = await read();
    const { run, page } = pageAs();
    await page.save('New.', '1 approved', before);
    expect(wiki.textOf(TITLE)).toBe('New.');
    expect(lastForm()).toEqual({
      action: 'edit',
      format: 'json',
      formatversion: '2',
      assert: 'user',
      title: TITLE,
      text: 'New.',
      summary: '1 approved',
      bot: '1',
      maxlag: '5',
      nocreate: '1',
      baserevid: '2000001',
      starttimestamp: '2026-06-01T12:00:00Z',
      token: before.token,
    });
    expect([wiki.requests.length, run.requestCounter.counts()]).toEqual([2, { mediawiki: { edit: 1 } }]);
    expect(wiki.requests.at(-1)?.query.size).toBe(0);
  });

  test('creates a page that was missing, and nothing else', async () => {
    const { page } = pageAs({}, 'Nowhere');
    const { now: _, ...before } = await page.read();
    await page.save('New.', 'x', { ...before, now: undefined });
    const form = lastForm();
    expect([form.createonly, form.nocreate, form.baserevid, form.starttimestamp]).toEqual([
      '1',
      undefined,
      undefined,
      undefined,
    ]);
    expect(wiki.textOf('Nowhere')).toBe('New.');
  });

  test('is never tried in a run that may not write', async () => {
    const before = await read();
    await expect(pageAs({ mayWrite: false }).page.save('New.', 'x', before)).rejects.toThrow(StopError);
    expect(wiki.requests).toHaveLength(1);
  });

  test('is not repeated by itself', async () => {
    const before = await read();
    answers('down', 503);
    await expect(pageAs().page.save('New.', 'x', before)).rejects.toThrow(RetryableError);
    expect(wiki.requests).toHaveLength(2);
  });

  test('that changes nothing has succeeded', async () => {
    await pageAs().page.save('The log.', 'x', await read());
    expect(wiki.state.edits).toEqual([]);
  });

  test.each([
    ['a captcha', { result: 'Failure', captcha: {} }, 'Failure', 'a captcha, which no program solves'],
    ['other reasons', { result: 'Failure', spam: 1, code: 2 }, 'Failure', 'spam, code'],
    ['no reason', { result: 'Maybe' }, 'Maybe', 'no reason'],
    ['a long result', { result: 'r'.repeat(50) }, 'r'.repeat(40), 'no reason'],
    ['a long reason', { result: 'Failure', ['k'.repeat(400)]: 1 }, 'Failure', 'k'.repeat(300)],
  ])('that ends with %s has failed', async (_, edit, found, asks) => {
    const before = await read();
    answers({ edit });
    await expect(pageAs().page.save('New.', 'x', before)).rejects.toThrow(
      new SourceError(`${EDIT}: not saved (found ${found}, allowed Success): ${asks}`),
    );
  });

  test('that is answered with something else has failed', async () => {
    const before = await read();
    answers({ query: {} });
    await expect(pageAs().page.save('New.', 'x', before)).rejects.toThrow(
      `${EDIT}: an answer of another shape: edit: `,
    );
  });
});

test('no error shows a secret', async () => {
  for (const secret of Object.values(credentials)) {
    answers({ error: { code: 'x', info: `${secret} is wrong` } });
    await expect(pageAs().page.read()).rejects.toThrow(/: \(secret\) is wrong$/);
    wiki.clearFaults();
  }
});
