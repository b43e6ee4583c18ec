import { randomBytes } from 'node:crypto';
import { z } from 'zod';

import { messageOf, SourceError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { jsonOf, parseAs, redact } from '../../platform/http-answer.ts';
import {
  type ConcurrencyLimit,
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
  NoAnswerError,
  type RequestContext,
} from '../../platform/http-client.ts';
import { numberIn } from '../../platform/rate-limit.ts';
import { authorization, type OAuthCredentials } from './oauth.ts';

/** Where a page is: `url` is the address of `api.php`. */
export interface WikiSettings {
  readonly url: string;
  readonly page: string;
  readonly credentials: OAuthCredentials;
  readonly concurrency?: ConcurrencyLimit;
}

/** A page's text as it is, and all that an edit of it needs. */
export interface WikiText {
  readonly text: string;
  readonly revid: number | undefined;
  readonly token: string;
  readonly now: string | undefined;
}

/** What may pass when it is tried again, by kind. */
export type RetryReason = 'conflict' | 'token' | 'nonce' | 'maxlag' | 'answer';

/** A refusal that may pass. `wait` in milliseconds. */
export class RetryableError extends Error {
  readonly kind: RetryReason;
  readonly wait: number;
  constructor(message: string, kind: RetryReason, wait: number) {
    super(message);
    this.name = 'RetryableError';
    this.kind = kind;
    this.wait = wait;
  }
}

/** One page of a wiki. Both throw `RetryableError` for what may pass and `SourceError` for what will not. */
export interface WikiPage {
  read(): Promise<WikiText>;
  /** One edit, refused where somebody else edited since the page was read. */
  save(text: string, summary: string, read: WikiText): Promise<void>;
}

const ApiError = z.object({ code: z.string(), info: z.string().default(''), text: z.string().default('') });
const ApiErrors = z.object({ error: ApiError.optional(), errors: z.array(ApiError).optional() });
const Revision = z.object({
  revid: z.int(),
  slots: z.object({ main: z.object({ content: z.string() }) }),
});
const Page = z.object({
  missing: z.boolean().default(false),
  invalid: z.boolean().default(false),
  revisions: z.array(Revision).length(1).optional(),
});
const Query = z.object({
  curtimestamp: z.string().optional(),
  query: z.object({ tokens: z.object({ csrftoken: z.string().min(1) }), pages: z.array(Page).length(1) }),
});
const Edit = z.object({ edit: z.object({ result: z.literal('Success') }) });

const COMMON = { format: 'json', formatversion: '2', assert: 'user' };

/** One page of a wiki as `run` reaches it. Each request is signed and sent once: a nonce is good for one. */
export function createWikiPage(settings: WikiSettings, run: RequestContext): WikiPage {
  const { url, page: title, credentials } = settings;
  const { origin, pathname } = new URL(url);
  const { consumerToken, consumerSecret, accessToken, accessSecret } = credentials;
  const system: HttpSystem = {
    name: 'mediawiki',
    root: origin,
    headers: { accept: 'application/json' },
    secrets: [consumerToken, consumerSecret, accessToken, accessSecret],
    writes: (request) => !onlyQueries(request),
    ...(settings.concurrency ? { concurrency: settings.concurrency } : {}),
  };
  const send = createHttpClient(system, run);
  const call = async (request: Pick<HttpRequest, 'method' | 'query' | 'form'>, operation: string) => {
    const search = new URLSearchParams(request.query).toString();
    const signable = {
      method: request.method,
      url: search === '' ? url : `${url}?${search}`,
      form: Object.entries(request.form ?? {}),
    };
    const stamp = { nonce: randomBytes(16).toString('hex'), seconds: Math.floor(run.clock.now() / 1000) };
    const headers = { authorization: authorization(signable, credentials, stamp) };
    const answer = await answered(() => send({ ...request, path: pathname, operation, headers, retries: 0 }));
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
      parseAs(Edit, value, where);
    },
  };
}

/** Whether a request asks `action=query` and nothing else: all that is not a write. */
function onlyQueries({ query, form }: HttpRequest): boolean {
  const actions = [query?.action, form?.action].filter((action) => action !== undefined);
  return actions.length > 0 && actions.every((action) => action === 'query');
}

const readQuery = (titles: string) => ({
  action: 'query',
  ...COMMON,
  meta: 'tokens',
  type: 'csrf',
  prop: 'revisions',
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

function wikiText(value: unknown, where: string): WikiText {
  const { query, curtimestamp: now } = parseAs(Query, value, where);
  const { tokens, pages } = query;
  const [page] = pages;
  if (!page || page.invalid)
    throw new SourceError(`${where}: no page can have this title (MEDIAWIKI_AUDIT_PAGE)`);
  const [revision] = page.revisions ?? [];
  if (!revision && !page.missing) throw new SourceError(`${where}: the page came without its text`);
  const token = tokens.csrftoken;
  return { text: revision?.slots.main.content ?? '', revid: revision?.revid, token, now };
}

const ANSWER_WAIT = 2000;
const LEAST_LAG_WAIT = 5000;

async function answered(send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new RetryableError(messageOf(error), 'answer', ANSWER_WAIT);
  }
}

/** The answer's JSON. The API reports errors with status 200; what stands before it, with others. */
function valueIn(answer: HttpAnswer, system: HttpSystem): unknown {
  const { status, where, headers } = answer;
  const after = (numberIn(headers, 'retry-after') ?? 0) * 1000;
  if (status === 429 || status >= 500) {
    const message = `${where}: refused (found ${status}, allowed 200)`;
    throw new RetryableError(message, 'answer', Math.max(ANSWER_WAIT, after));
  }
  if (status !== 200) throw new SourceError(`${where}: refused (found ${status}, allowed 200)`);
  const value = jsonOf(answer);
  const { error, errors = [] } = parseAs(ApiErrors, value, where);
  const fault = error ?? errors[0];
  if (!fault) return value;
  const info = redact(system, fault.info || fault.text);
  const message = `${where}: refused (found ${fault.code}, allowed no error): ${info}`;
  const kind = kindOf(fault.code, info);
  if (kind === undefined) throw new SourceError(message);
  throw new RetryableError(message, kind, kind === 'maxlag' ? Math.max(LEAST_LAG_WAIT, after) : 0);
}

const CONFLICTS = ['editconflict', 'articleexists', 'missingtitle', 'pagedeleted'];

function kindOf(code: string, info: string): RetryReason | undefined {
  if (CONFLICTS.includes(code)) return 'conflict';
  if (code === 'badtoken') return 'token';
  if (code === 'maxlag') return 'maxlag';
  return code === 'mwoauth-invalid-authorization' && /nonce already used/i.test(info) ? 'nonce' : undefined;
}
