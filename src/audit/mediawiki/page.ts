/** Reads one page of a wiki, and edits it unless somebody else edited it since. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';

import { SourceError } from '../../platform/errors.ts';
import { parseAs } from '../../platform/http-answer.ts';
import {
  type ConcurrencyLimit,
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
  type RequestContext,
} from '../../platform/http-client.ts';
import { answered, valueIn, WikiAccessError } from './answer.ts';
import { authorization, type OAuthCredentials } from './oauth.ts';

/** Where a page is: `url` is the address of `api.php`. */
export interface WikiSettings {
  readonly url: string;
  readonly page: string;
  readonly credentials: OAuthCredentials;
  readonly concurrency?: ConcurrencyLimit;
}

/** The present text of a page, and what an edit of it needs. */
export interface WikiText {
  readonly text: string;
  readonly revid: number | undefined;
  readonly token: string;
  readonly now: string | undefined;
  /** The consumer's rights; undefined if the wiki does not say them. */
  readonly rights: readonly string[] | undefined;
}

/**
 * One page of a wiki. Both functions throw `RetryableError` for a temporary condition, `WikiAccessError` if the consumer can never edit the page, and `SourceError` for any other error.
 */
export interface WikiPage {
  read(): Promise<WikiText>;
  /** Makes one edit. It is refused if somebody else edited the page since it was read. */
  save(text: string, summary: string, read: WikiText): Promise<void>;
}

const Revision = z.object({
  revid: z.int(),
  slots: z.object({ main: z.object({ content: z.string() }) }),
});
const Page = z.object({
  missing: z.boolean().default(false),
  invalid: z.boolean().default(false),
  /** A page that the wiki's software makes: it has no text. */
  special: z.boolean().default(false),
  redirect: z.boolean().default(false),
  contentmodel: z.string().default('wikitext'),
  actions: z.object({ edit: z.boolean(), create: z.boolean().default(true) }).optional(),
  revisions: z.array(Revision).length(1).optional(),
});
const Query = z.object({
  curtimestamp: z.string().optional(),
  query: z.object({
    tokens: z.object({ csrftoken: z.string().min(1) }),
    pages: z.array(Page).max(1).default([]),
    interwiki: z.array(z.object({ iw: z.string() })).default([]),
    userinfo: z.object({ rights: z.array(z.string()).optional() }).optional(),
  }),
});
const Edit = z.object({ edit: z.looseObject({ result: z.string() }) });

/** Maximum size of an answer: the largest page in JSON, with everything escaped, and the rest of the answer. */
const MAX_ANSWER_BYTES = 8 * 2 ** 20;

const COMMON = { format: 'json', formatversion: '2', assert: 'user' };

/** One page of a wiki as `run` reaches it. Each request is signed and sent once, because a nonce is valid for one request. */
export function createWikiPage(settings: WikiSettings, run: RequestContext): WikiPage {
  const { url, page: title, credentials } = settings;
  const { origin, pathname } = new URL(url);
  const { consumerToken, consumerSecret, accessToken, accessSecret } = credentials;
  const system: HttpSystem = {
    name: 'mediawiki',
    root: origin,
    headers: { accept: 'application/json' },
    secrets: [consumerToken, consumerSecret, accessToken, accessSecret],
    ...(settings.concurrency ? { concurrency: settings.concurrency } : {}),
  };
  const send = createHttpClient(system, run);
  const call = async (request: Pick<HttpRequest, 'method' | 'query' | 'form'>, operation: string) => {
    const signable = {
      method: request.method,
      url: `${url}?${new URLSearchParams(request.query)}`,
      form: Object.entries(request.form ?? {}),
    };
    const stamp = { nonce: randomBytes(16).toString('hex'), seconds: Math.floor(run.clock.now() / 1000) };
    const headers = { authorization: authorization(signable, credentials, stamp) };
    const answer = await answered(() =>
      send({ ...request, path: pathname, operation, headers, retries: 0, maxBytes: MAX_ANSWER_BYTES }),
    );
    return { value: valueIn(answer, system), where: answer.where };
  };
  return {
    read: async () => {
      const { value, where } = await call({ method: 'GET', query: readQuery(title) }, 'query');
      return wikiText(value, where);
    },
    save: async (text, summary, read) => {
      const form = editForm({ title, text, summary }, read);
      const { value, where } = await call({ method: 'POST', form }, 'edit');
      const { edit } = parseAs(Edit, value, where);
      if (edit.result !== 'Success') throw new SourceError(failure(edit, where));
    },
  };
}

const readQuery = (titles: string) => ({
  action: 'query',
  ...COMMON,
  meta: 'tokens|userinfo',
  type: 'csrf',
  uiprop: 'rights',
  prop: 'info|revisions',
  intestactions: 'edit|create',
  rvprop: 'ids|content',
  rvslots: 'main',
  titles,
  curtimestamp: '1',
});

/** With a base revision alone, an edit within the same second is a conflict too. */
const editForm = (
  { title, text, summary }: { title: string; text: string; summary: string },
  { revid, token, now }: WikiText,
): Readonly<Record<string, string>> => ({
  action: 'edit',
  ...COMMON,
  title,
  text,
  summary,
  bot: '1',
  maxlag: '5',
  ...(revid === undefined ? { createonly: '1' } : { nocreate: '1', baserevid: `${revid}` }),
  ...(now === undefined ? {} : { starttimestamp: now }),
  token,
});

/** Maximum size of the page in bytes. A larger page is an error. */
const MAX_BYTES = 2 ** 20;
const SETTING = 'MEDIAWIKI_AUDIT_PAGE';

type Query = z.infer<typeof Query>['query'];

function wikiText(value: unknown, where: string): WikiText {
  const { query, curtimestamp: now } = parseAs(Query, value, where);
  const { tokens, userinfo } = query;
  const page = editablePage(query, where);
  if (page.redirect)
    throw new SourceError(
      `${where}: the page was moved and is a redirect now (set ${SETTING} to its new title)`,
    );
  if (page.contentmodel !== 'wikitext')
    throw new SourceError(
      `${where}: the page is no wikitext (found ${page.contentmodel.slice(0, 40)}, allowed wikitext)`,
    );
  const [revision] = page.revisions ?? [];
  if (!revision && !page.missing) throw new SourceError(`${where}: the page came without its text`);
  const text = revision?.slots.main.content ?? '';
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES)
    throw new SourceError(`${where}: the page is too large (found ${bytes} bytes, allowed ${MAX_BYTES})`);
  return { text, revid: revision?.revid, token: tokens.csrftoken, now, rights: userinfo?.rights };
}

/** Checks that the consumer may edit the page, and returns it. Throws `WikiAccessError` where no edit of this title can ever succeed. */
function editablePage({ pages, interwiki, userinfo }: Query, where: string): z.infer<typeof Page> {
  const [foreign] = interwiki;
  if (foreign) {
    const found = `found ${foreign.iw.slice(0, 40)}:, ${SETTING}`;
    throw new WikiAccessError(`${where}: the title is another wiki's (${found})`);
  }
  const [page] = pages;
  if (!page || page.invalid || page.special)
    throw new WikiAccessError(`${where}: no page can have this title (${SETTING})`);
  const { actions, missing } = page;
  if (actions?.edit === false || userinfo?.rights?.includes('edit') === false)
    throw new WikiAccessError(`${where}: the consumer may not edit the page (needed: the grant editpage)`);
  if (missing && actions?.create === false)
    throw new WikiAccessError(
      `${where}: the consumer may not create the page (needed: the grant createeditmovepage)`,
    );
  return page;
}

/** A failed edit has no error code: the reason is the name of another key. */
function failure(edit: Readonly<Record<string, unknown>>, where: string): string {
  const keys = Object.keys(edit).filter((key) => key !== 'result');
  const asks = keys.includes('captcha')
    ? 'a captcha, which no program solves'
    : keys.join(', ') || 'no reason';
  return `${where}: not saved (found ${String(edit.result).slice(0, 40)}, allowed Success): ${asks.slice(0, 300)}`;
}
