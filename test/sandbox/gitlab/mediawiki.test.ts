import { expect, onTestFinished, test } from 'vitest';
import { type MediaWikiOptions, newToken, startMediaWiki } from './mediawiki.ts';
import { internalError, ratelimited } from './mediawiki-state.ts';
import { signHeader } from './oauth.ts';

const NOW = Date.UTC(2024, 4, 1, 12, 0, 0);
const LOG = 'Tool:Gitlab-account-approval/Log';
const CREDENTIALS = { consumerKey: 'ck', consumerSecret: 'c s', token: 'at', tokenSecret: 'a&s' };

type Fields = Readonly<Record<string, string>>;

async function wiki(options: Partial<MediaWikiOptions> = {}) {
  const clock = { now: NOW };
  const server = await startMediaWiki({
    credentials: CREDENTIALS,
    user: 'GLAAB',
    now: () => clock.now,
    pages: { [LOG]: '=== 2024-04-30 ===\n* 06:51 old' },
    ...options,
  });
  onTestFinished(() => server.close());
  let nonces = 0;
  const call = async (
    method: 'GET' | 'POST',
    fields: Fields,
    given: { header?: string | undefined } | 'anonymous' = {},
  ) => {
    nonces += 1;
    const all = new URLSearchParams({ format: 'json', formatversion: '2', ...fields }).toString();
    const form = method === 'POST' ? all : undefined;
    const url = method === 'POST' ? server.url : `${server.url}?${all}`;
    const at = { nonce: `n${nonces}`, seconds: Math.floor(clock.now / 1000) };
    const header =
      given === 'anonymous'
        ? undefined
        : (given.header ?? signHeader({ method, url, form }, CREDENTIALS, at));
    const response = await fetch(url, {
      method,
      headers: {
        'user-agent': 'tests',
        ...(header === undefined ? {} : { authorization: header }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { body: form }),
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  const edit = (fields: Fields) =>
    call('POST', { action: 'edit', title: LOG, token: server.state.csrfToken, assert: 'user', ...fields });
  return { server, clock, call, edit };
}

const errorOf = ({ headers, body }: { headers: Headers; body: { error?: { code: string } } }) => {
  expect(headers.get('mediawiki-api-error')).toBe(body.error?.code ?? null);
  return body.error?.code;
};

const READ = {
  action: 'query',
  meta: 'tokens',
  type: 'csrf',
  prop: 'revisions',
  titles: LOG,
  rvprop: 'ids|timestamp|content',
  rvslots: 'main',
  curtimestamp: '1',
};

test('token, page and time are read in one request', async () => {
  const { server, call } = await wiki();
  const { status, body } = await call('GET', READ);
  expect(status).toBe(200);
  const slots = {
    main: {
      contentmodel: 'wikitext',
      contentformat: 'text/x-wiki',
      content: '=== 2024-04-30 ===\n* 06:51 old',
    },
  };
  expect(body).toEqual({
    batchcomplete: true,
    curtimestamp: '2024-05-01T12:00:00Z',
    query: {
      pages: [
        {
          pageid: 100_000,
          ns: 0,
          title: LOG,
          revisions: [{ revid: 2_000_001, parentid: 0, timestamp: '2024-05-01T12:00:00Z', slots }],
        },
      ],
      tokens: { csrftoken: server.state.csrfToken },
    },
  });
  expect(body.query.tokens.csrftoken).toMatch(/^[0-9a-f]{40}\+\\$/);
});

test('a missing page says so, a title is brought to its form, a bad one is named', async () => {
  const { call } = await wiki();
  const { body } = await call('GET', { ...READ, titles: 'tool:Nobody_here|a[b' });
  expect(body.query.normalized).toEqual([
    { fromencoded: false, from: 'tool:Nobody_here', to: 'Tool:Nobody here' },
  ]);
  expect(body.query.pages).toMatchObject([
    { title: 'Tool:Nobody here', missing: true },
    { title: 'a[b', invalid: true },
  ]);
});

test('an edit by POST is signed over its body, and becomes a revision', async () => {
  const { server, clock, edit } = await wiki();
  clock.now += 60_000;
  const { body } = await edit({ text: 'new ☃ text+%', summary: 'why', bot: '1' });
  expect(body).toEqual({
    edit: {
      result: 'Success',
      pageid: 100_000,
      title: LOG,
      contentmodel: 'wikitext',
      oldrevid: 2_000_001,
      newrevid: 2_000_002,
      newtimestamp: '2024-05-01T12:01:00Z',
    },
  });
  expect(server.textOf(LOG)).toBe('new ☃ text+%');
  expect(server.state.edits).toEqual([
    {
      revid: 2_000_002,
      parentid: 2_000_001,
      user: 'GLAAB',
      at: clock.now,
      text: 'new ☃ text+%',
      summary: 'why',
      bot: true,
    },
  ]);
});

test('an edit creates a missing page', async () => {
  const { server, edit } = await wiki({ pages: {} });
  expect((await edit({ text: 'a' })).body.edit).toMatchObject({ new: true, oldrevid: 0 });
  expect(server.textOf(LOG)).toBe('a');
});

test('an edit that changes nothing is no revision', async () => {
  const { server, edit } = await wiki();
  expect((await edit({ text: '=== 2024-04-30 ===\n* 06:51 old\n\n' })).body.edit).toMatchObject({
    result: 'Success',
    nochange: true,
  });
  expect(server.state.edits).toEqual([]);
});

test('without the right to, an edit is not flagged as a bot', async () => {
  const { server, edit } = await wiki({ bot: false });
  await edit({ text: 'a', bot: '1' });
  expect(server.state.edits[0]?.bot).toBe(false);
});

test.each<[string, string, Fields]>([
  ['no text', 'missingparam', {}],
  ['createonly', 'articleexists', { createonly: '1', text: 'a' }],
  ['nocreate of a missing page', 'missingtitle', { title: 'None', nocreate: '1', text: 'a' }],
  ['nocreate', 'Success', { nocreate: '1', text: 'a' }],
  ['a bad title', 'invalidtitle', { title: '<a>', text: 'a' }],
  ['a time that is none', 'badtimestamp', { starttimestamp: 'yesterday', title: 'None', text: 'a' }],
  ['an old token', 'badtoken', { token: newToken(), text: 'a' }],
  ['the token of nobody', 'badtoken', { token: '+\\', text: 'a' }],
])('an edit with %s gives %s', async (_name, code, fields) => {
  const { server, edit } = await wiki();
  const answer = await edit(fields);
  expect(answer.status).toBe(200);
  expect(errorOf(answer) ?? answer.body.edit.result).toBe(code);
  expect(server.state.edits).toHaveLength(code === 'Success' ? 1 : 0);
});

test('a token in the query is refused', async () => {
  const { server, call } = await wiki();
  const url = `${server.url}?token=${encodeURIComponent(server.state.csrfToken)}`;
  const form = new URLSearchParams({
    format: 'json',
    formatversion: '2',
    action: 'edit',
    title: LOG,
    text: 'a',
  });
  const at = { nonce: 'x', seconds: NOW / 1000 };
  const authorization = signHeader({ method: 'POST', url, form: String(form) }, CREDENTIALS, at);
  const headers = { authorization, 'user-agent': 'tests' };
  const response = await fetch(url, { method: 'POST', headers, body: form });
  expect(response.headers.get('mediawiki-api-error')).toBe('mustpostparams');
  expect(errorOf(await call('GET', READ))).toBeUndefined();
  expect(server.state.edits).toEqual([]);
});

test('a changed token ends the tokens given out before', async () => {
  const { server, call, edit } = await wiki();
  const { body } = await call('GET', READ);
  server.state.csrfToken = newToken();
  expect(errorOf(await edit({ text: 'a', token: body.query.tokens.csrftoken }))).toBe('badtoken');
});

test('an edit must be posted, with its token in the body', async () => {
  const { server, call } = await wiki();
  const fields = { action: 'edit', title: LOG, text: 'a', token: server.state.csrfToken };
  expect(errorOf(await call('GET', fields))).toBe('mustbeposted');
  expect(errorOf(await call('POST', { action: 'edit', title: LOG, text: 'a' }))).toBe('missingparam');
});

test.each<[string, string, Fields]>([
  ['the id of what was read', 'editconflict', { baserevid: '2000001' }],
  ['the id of the latest version', 'Success', { baserevid: '2000002' }],
  ['nothing to compare', 'Success', { starttimestamp: '2024-05-01T12:00:00Z' }],
])("somebody else's edit in between, met with %s, gives %s", async (_name, code, fields) => {
  const { server, clock, edit } = await wiki();
  server.state.beforeEdit = () => {
    clock.now += 60_000;
    server.write(LOG, { user: 'Somebody', text: 'theirs' });
  };
  const answer = await edit({ text: 'ours', ...fields });
  expect(errorOf(answer) ?? answer.body.edit.result).toBe(code);
  expect(server.textOf(LOG)).toContain(code === 'Success' ? 'ours' : 'theirs');
});

test('an edit of somebody else within the same second is a conflict', async () => {
  const { server, edit } = await wiki();
  server.write(LOG, { user: 'Somebody', text: 'theirs' });
  expect(errorOf(await edit({ text: 'ours', baserevid: '2000001' }))).toBe('editconflict');
});

test('an edit of one’s own in between is a conflict too', async () => {
  const { server, clock, edit } = await wiki();
  clock.now += 60_000;
  server.write(LOG, { user: 'GLAAB', text: 'mine' });
  expect(errorOf(await edit({ text: 'ours', baserevid: '2000001' }))).toBe('editconflict');
});

test('a page that was deleted since the edit began is not made again', async () => {
  const { server, clock, edit } = await wiki();
  clock.now += 60_000;
  server.remove(LOG);
  expect(errorOf(await edit({ text: 'a', starttimestamp: '2024-05-01T12:00:00Z' }))).toBe('pagedeleted');
  expect(errorOf(await edit({ text: 'a', starttimestamp: '2024-05-01T12:02:00Z' }))).toBeUndefined();
});

test('intestactions counts blocks, protection and rights, and not that the wiki is read-only', async () => {
  const { server, call } = await wiki({ grants: ['basic', 'editpage'] });
  const query = { action: 'query', prop: 'info', intestactions: 'edit|create' };
  const actions = async (titles: string = LOG) =>
    (await call('GET', { ...query, titles })).body.query.pages[0].actions;
  server.state.readOnly = 'Switching';
  expect(await actions()).toEqual({ edit: true, create: false });
  expect(await actions('Nowhere')).toEqual({ edit: true, create: false });
  server.state.blocked = true;
  expect(await actions()).toEqual({ edit: false, create: false });
  server.state.blocked = false;
  const page = server.state.pages.get(LOG);
  if (page) page.protected = true;
  expect(await actions()).toEqual({ edit: false, create: false });
});

test('a special page has no text', async () => {
  const { call } = await wiki();
  const { body } = await call('GET', { ...READ, titles: 'Special:Log' });
  expect(body.query.pages).toEqual([{ ns: -1, title: 'Special:Log', special: true }]);
});

test('a wiki that is read-only, a block and a protection stop edits and no reads', async () => {
  const { server, call, edit } = await wiki();
  server.state.readOnly = 'Switching';
  const readOnly = await edit({ text: 'a' });
  expect(readOnly.body.error).toMatchObject({ code: 'readonly', readonlyreason: 'Switching' });
  expect((await call('GET', READ)).body.query.pages).toHaveLength(1);
  server.state.readOnly = undefined;
  server.state.blocked = true;
  expect(errorOf(await edit({ text: 'a' }))).toBe('blocked');
  server.state.blocked = false;
  const page = server.state.pages.get(LOG);
  if (page) page.protected = true;
  expect(errorOf(await edit({ text: 'a' }))).toBe('protectedpage');
  if (page) page.protected = false;
  server.state.editFault = { code: 'abusefilter-disallowed', info: 'no' };
  expect(errorOf(await edit({ text: 'a' }))).toBe('abusefilter-disallowed');
  expect(server.state.edits).toEqual([]);
});

test('a wiki that lags says how long to wait, to those who ask', async () => {
  const { server, edit } = await wiki();
  server.state.lag = 7.5;
  const answer = await edit({ text: 'a', maxlag: '5' });
  expect(answer.status).toBe(200);
  expect(errorOf(answer)).toBe('maxlag');
  expect(answer.body.error).toMatchObject({ host: '127.0.0.1', lag: 7.5 });
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(answer.headers.get('x-database-lag')).toBe('7');
  expect(server.state.edits).toEqual([]);
  expect(errorOf(await edit({ text: 'a', maxlag: '8' }))).toBeUndefined();
  expect(errorOf(await edit({ text: 'b' }))).toBeUndefined();
});

test('without a signature one is anonymous, which assert=user refuses', async () => {
  const { call } = await wiki();
  expect((await call('GET', READ, 'anonymous')).body.query.tokens.csrftoken).toBe('+\\');
  const fields = { action: 'edit', title: LOG, text: 'a', token: '+\\', assert: 'user' };
  expect(errorOf(await call('POST', fields, 'anonymous'))).toBe('assertuserfailed');
});

test('a request with a used nonce is refused, and says so', async () => {
  const { server, call } = await wiki();
  const form = new URLSearchParams({ format: 'json', formatversion: '2', ...READ }).toString();
  const url = `${server.url}?${form}`;
  const at = { nonce: 'once', seconds: NOW / 1000 };
  const header = signHeader({ method: 'GET', url, form: undefined }, CREDENTIALS, at);
  expect(errorOf(await call('GET', READ, { header }))).toBeUndefined();
  const again = await call('GET', READ, { header });
  expect(errorOf(again)).toBe('mwoauth-invalid-authorization');
  expect(again.body.error.info).toBe(
    'The authorization headers in your request are not valid: Nonce already used: once',
  );
});

test('a signature for another body is refused, and nothing is written', async () => {
  const { server, call } = await wiki();
  const fields = { action: 'edit', title: LOG, token: server.state.csrfToken };
  const form = new URLSearchParams({ format: 'json', formatversion: '2', ...fields, text: 'a' }).toString();
  const at = { nonce: 'x', seconds: NOW / 1000 };
  const header = signHeader({ method: 'POST', url: server.url, form }, CREDENTIALS, at);
  const answer = await call('POST', { ...fields, text: 'b' }, { header });
  expect(answer.body.error).toMatchObject({
    code: 'mwoauth-invalid-authorization',
    info: expect.stringContaining('Invalid signature'),
  });
  expect(server.state.edits).toEqual([]);
});

test('a moved page leaves a redirect: read with and without following it', async () => {
  const { server, call } = await wiki();
  server.move(LOG, 'Tool:New/Log');
  const plain = await call('GET', { ...READ, prop: 'info|revisions' });
  expect(plain.body.query.pages).toMatchObject([
    {
      title: LOG,
      redirect: true,
      revisions: [{ slots: { main: { content: '#REDIRECT [[Tool:New/Log]]' } } }],
    },
  ]);
  expect(plain.body.query).not.toHaveProperty('redirects');
  const followed = (await call('GET', { ...READ, prop: 'info|revisions', redirects: '1' })).body.query;
  expect(followed.redirects).toEqual([{ from: LOG, to: 'Tool:New/Log' }]);
  expect(followed.pages).toMatchObject([
    {
      title: 'Tool:New/Log',
      revisions: [{ slots: { main: { content: '=== 2024-04-30 ===\n* 06:51 old' } } }],
    },
  ]);
  expect(followed.pages[0]).not.toHaveProperty('redirect');
});

test('a redirect to a redirect is followed to its end, and one in a circle ends too', async () => {
  const { call } = await wiki({
    pages: {
      A: '#REDIRECT [[b]]',
      B: '#redirect [[C#part]]',
      C: 'end',
      D: '#REDIRECT [[E]]',
      E: '#REDIRECT [[D]]',
    },
  });
  const end = (await call('GET', { ...READ, titles: 'A', redirects: '1' })).body.query;
  expect(end.redirects).toEqual([
    { from: 'A', to: 'B' },
    { from: 'B', to: 'C' },
  ]);
  expect(end.pages).toMatchObject([{ title: 'C' }]);
  const circle = (await call('GET', { ...READ, titles: 'D', redirects: '1' })).body.query;
  expect(circle.redirects).toHaveLength(2);
});

test('an edit with the title of a redirect changes the redirect', async () => {
  const { server, edit } = await wiki();
  server.move(LOG, 'Tool:New/Log');
  expect((await edit({ text: 'lost' })).body.edit).toMatchObject({ result: 'Success', title: LOG });
  expect([server.textOf(LOG), server.textOf('Tool:New/Log')]).toEqual([
    'lost',
    '=== 2024-04-30 ===\n* 06:51 old',
  ]);
  server.write(LOG, { user: 'Somebody', text: '#REDIRECT [[Tool:New/Log]]' });
  expect(errorOf(await edit({ text: 'lost', redirect: '1' }))).toBe('redirect-appendonly');
});

test.each([
  ['a rate limit', ratelimited(2), 'ratelimited'],
  ['an internal error', internalError(2), 'internal_api_error_DBQueryError'],
])('%s is an error with status 200, which passes by itself', async (_name, effect, code) => {
  const { server, call, edit } = await wiki();
  server.state.editFault = { ...effect };
  server.state.queryFault = { ...effect };
  for (const _ of [1, 2]) {
    const refused = await edit({ text: 'a' });
    expect([refused.status, errorOf(refused)]).toEqual([200, code]);
    expect(errorOf(await call('GET', READ))).toBe(code);
  }
  expect(errorOf(await edit({ text: 'a' }))).toBeUndefined();
  expect(errorOf(await call('GET', READ))).toBeUndefined();
});

test('an edit that needs a captcha is a failure and no error', async () => {
  const { server, edit } = await wiki();
  server.state.captcha = true;
  const { body } = await edit({ text: 'a' });
  expect(body).toEqual({
    edit: { result: 'Failure', captcha: expect.objectContaining({ id: expect.any(String) }) },
  });
  expect(server.state.edits).toEqual([]);
});

test('a title of another wiki has interwiki instead of pages, and no edit', async () => {
  const { call, edit } = await wiki();
  const { body } = await call('GET', { ...READ, titles: 'Gitlab:group/log' });
  expect(body.query.interwiki).toEqual([{ title: 'Gitlab:group/log', iw: 'gitlab' }]);
  expect(body.query).not.toHaveProperty('pages');
  expect(errorOf(await edit({ title: 'gitlab:group/log', text: 'a' }))).toBe('invalidtitle');
});

const RIGHTS = { action: 'query', meta: 'userinfo', uiprop: 'rights' };

test('the rights of the user are what the grants leave of them', async () => {
  const all = await (await wiki()).call('GET', RIGHTS);
  expect(all.body.query.userinfo).toMatchObject({ name: 'GLAAB' });
  expect(all.body.query.userinfo.rights).toEqual(
    expect.arrayContaining(['bot', 'createpage', 'edit', 'read']),
  );
  const some = await wiki({ grants: ['basic', 'editpage'] });
  const { rights } = (await some.call('GET', RIGHTS)).body.query.userinfo;
  expect(rights).toContain('edit');
  expect(rights).not.toContain('bot');
  expect(rights).not.toContain('createpage');
});

test.each<[string, readonly string[], string]>([
  ['only basic', ['basic'], 'permissiondenied'],
  ['editpage and no right to create', ['basic', 'editpage'], 'cantcreate'],
  ['createeditmovepage', ['basic', 'createeditmovepage'], 'Success'],
])('with %s a new page is %s', async (_name, grants, code) => {
  const { edit } = await wiki({ grants, pages: {} });
  const answer = await edit({ text: 'a' });
  expect(errorOf(answer) ?? answer.body.edit.result).toBe(code);
});

test('without highvolume the flag of a bot is dropped silently', async () => {
  const { server, edit } = await wiki({ grants: ['basic', 'editpage', 'createeditmovepage'] });
  expect((await edit({ text: 'a', bot: '1' })).body.edit.result).toBe('Success');
  expect(server.state.edits[0]?.bot).toBe(false);
});

test.each([
  [300, undefined],
  [-300, undefined],
  [301, 'mwoauth-invalid-authorization'],
])('a clock that is off by %i s gives %s', async (skew, code) => {
  const { server, call } = await wiki();
  const form = new URLSearchParams({ format: 'json', formatversion: '2', ...READ }).toString();
  const at = { nonce: 'x', seconds: NOW / 1000 + skew };
  const header = signHeader(
    { method: 'GET', url: `${server.url}?${form}`, form: undefined },
    CREDENTIALS,
    at,
  );
  expect(errorOf(await call('GET', READ, { header }))).toBe(code);
});

test('by another host name for the same wiki every signature is invalid', async () => {
  const { call } = await wiki({ host: 'wiki.example' });
  expect((await call('GET', READ)).body.error.info).toContain('Invalid signature');
});

test('of two edits of one version, one is a conflict', async () => {
  const { server, edit } = await wiki();
  const both = await Promise.all(['a', 'b'].map((text) => edit({ text, baserevid: '2000001' })));
  expect(both.map(errorOf).toSorted()).toEqual(['editconflict', undefined]);
  expect(server.state.edits).toHaveLength(1);
});

test('errors come in the newer form where that is asked for', async () => {
  const { call } = await wiki();
  const { body } = await call('GET', { action: 'dance', errorformat: 'plaintext' });
  expect(body).toEqual({
    errors: [{ code: 'badvalue', text: 'Unrecognized value for parameter "action": dance.', module: 'main' }],
  });
});

test.each([
  ['/w/api.php?action=query', 200],
  ['/w/api.php?action=query&format=json', 501],
  ['/wiki/Main_Page', 404],
])('%s is a page for people, with status %i', async (path, status) => {
  const { server } = await wiki();
  const response = await fetch(`${server.origin}${path}`);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('text/html');
});

test('every request is recorded, so that edits can be counted', async () => {
  const { server, call, edit } = await wiki();
  await call('GET', READ);
  await edit({ text: 'a' });
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /w/api.php',
    'POST /w/api.php',
  ]);
});
