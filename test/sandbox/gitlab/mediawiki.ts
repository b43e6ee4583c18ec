import { randomBytes } from 'node:crypto';
import { type Answer, type Recorded, startServer } from '../server.ts';
import { edit, meet } from './mediawiki-edit.ts';
import { ApiFault, isoTime, isSet, startPages, type WikiPages } from './mediawiki-pages.ts';
import { query } from './mediawiki-query.ts';
import { ANONYMOUS_TOKEN, GRANTS, type MediaWikiState } from './mediawiki-state.ts';
import { type OAuthCredentials, type OAuthVerifier, startVerifier } from './oauth.ts';

/** `user` is whose the OAuth consumer is; `pages` are texts by title. `now` in milliseconds since 1970. */
export interface MediaWikiOptions {
  readonly credentials: OAuthCredentials;
  readonly user: string;
  readonly now: () => number;
  readonly pages?: Readonly<Record<string, string>>;
  /** Whether the user may flag edits as a bot's; true by default. */
  readonly bot?: boolean;
  /** The grants of the OAuth consumer; all that an edit by a bot needs by default. */
  readonly grants?: readonly string[];
  /** Prefixes of titles that belong to other wikis. */
  readonly interwiki?: readonly string[];
  /** The host that the wiki believes to have; by another name for it, every signature is invalid. */
  readonly host?: string;
}

interface Context {
  readonly options: MediaWikiOptions;
  readonly state: MediaWikiState;
  readonly wiki: WikiPages;
  readonly verify: OAuthVerifier;
}

/** A MediaWiki with its API at `url`, on 127.0.0.1. */
export async function startMediaWiki(options: MediaWikiOptions) {
  const wiki = startPages(options.pages ?? {}, options.now);
  const state: MediaWikiState = {
    pages: wiki.pages,
    edits: [],
    csrfToken: newToken(),
    lag: 0,
    readOnly: undefined,
    blocked: false,
    captcha: false,
    interwiki: options.interwiki ?? ['gitlab', 'phab', 'meta'],
    editFault: undefined,
    queryFault: undefined,
    beforeEdit: undefined,
  };
  const context: Context = { options, state, wiki, verify: startVerifier(options.credentials, options.now) };
  const server = await startServer((request) => answerTo(request, context), { now: options.now });
  return {
    ...server,
    url: `${server.origin}/w/api.php`,
    state,
    write: wiki.write,
    move: wiki.move,
    remove: wiki.remove,
    /** The latest text of a page, or undefined where it is missing. */
    textOf: (title: string) => wiki.pages.get(title)?.revisions.at(-1)?.text,
    get peak() {
      return server.peak;
    },
  };
}

/** A CSRF token of the usual form. */
export const newToken = (): string => `${randomBytes(20).toString('hex')}+\\`;

const isForm = ({ headers }: Recorded): boolean =>
  (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');

function answerTo(request: Recorded, context: Context): Answer {
  if (request.path !== '/w/api.php') return page(404, 'Not Found');
  if (!request.headers['user-agent']) return page(403, 'Please set a user-agent');
  const params = new URLSearchParams(request.query);
  for (const [name, value] of new URLSearchParams(isForm(request) ? request.body : ''))
    params.set(name, value);
  if (params.get('format') !== 'json') return page(200, 'MediaWiki API result');
  if (params.get('formatversion') !== '2') return page(501, 'This wiki only speaks formatversion=2');
  try {
    return { status: 200, body: handle(request, params, context) };
  } catch (error) {
    if (error instanceof ApiFault) return faultAnswer(error, params);
    throw error;
  }
}

const page = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!DOCTYPE html><html><body>${text}</body></html>`,
});

function faultAnswer({ code, message, data, headers }: ApiFault, params: URLSearchParams): Answer {
  const plain = params.get('errorformat') === 'plaintext';
  const extra = Object.keys(data).length > 0 ? { data } : {};
  const body = plain
    ? { errors: [{ code, text: message, ...extra, module: 'main' }] }
    : { error: { code, info: message, ...data } };
  return { status: 200, headers: { 'MediaWiki-API-Error': code, ...headers }, body };
}

function handle(request: Recorded, params: URLSearchParams, context: Context): object {
  const user = signedInAs(request, context);
  if (params.get('assert') === 'user' && user === undefined) {
    throw new ApiFault(
      'assertuserfailed',
      'You are no longer logged in, so the action could not be completed.',
    );
  }
  const action = params.get('action') ?? '';
  if (action === 'edit') checkWrite(request, { params, user, context });
  else if (action !== 'query') {
    throw new ApiFault('badvalue', `Unrecognized value for parameter "action": ${action}.`);
  }
  checkLag(params, context.state);
  const { state, wiki } = context;
  const rights = rightsOf(user, context.options);
  if (action === 'edit') return { edit: edit(params, { user: user ?? '127.0.0.1', rights, state, wiki }) };
  if (state.queryFault) meet(state.queryFault);
  const time = isSet(params, 'curtimestamp') ? { curtimestamp: isoTime(request.at) } : {};
  return { batchcomplete: true, ...time, query: query(params, { user, rights, state }) };
}

/** What the consumer's grants leave of the user's rights; anonymous users may read and edit. */
function rightsOf(user: string | undefined, { bot = true, grants }: MediaWikiOptions): readonly string[] {
  if (user === undefined) return ['read', 'edit', 'createpage'];
  const granted = (grants ?? Object.keys(GRANTS)).flatMap((grant) => GRANTS[grant] ?? []);
  return [...new Set(granted)].filter((right) => bot || right !== 'bot').toSorted();
}

/** The user an OAuth header speaks for, undefined for anonymous requests. */
function signedInAs(request: Recorded, { options, verify }: Context): string | undefined {
  const { authorization, host } = request.headers;
  if (authorization === undefined) return undefined;
  const search = request.query.size > 0 ? `?${request.query}` : '';
  const url = `http://${options.host ?? host}${request.path}${search}`;
  const fault = verify({
    method: request.method,
    url,
    form: isForm(request) ? request.body : undefined,
    authorization,
  });
  if (fault === undefined) return options.user;
  throw new ApiFault(
    'mwoauth-invalid-authorization',
    `The authorization headers in your request are not valid: ${fault}`,
  );
}

interface WriteCall {
  readonly params: URLSearchParams;
  readonly user: string | undefined;
  readonly context: Context;
}

function checkWrite(request: Recorded, { params, user, context }: WriteCall): void {
  if (request.method !== 'POST')
    throw new ApiFault('mustbeposted', 'The "edit" module requires a POST request.');
  if (request.query.has('token')) {
    throw new ApiFault(
      'mustpostparams',
      'The following parameter was found in the query string, but must be in the POST body: token.',
    );
  }
  const token = params.get('token');
  if (token === null) throw new ApiFault('missingparam', 'The "token" parameter must be set.');
  if (token !== (user === undefined ? ANONYMOUS_TOKEN : context.state.csrfToken)) {
    throw new ApiFault('badtoken', 'Invalid CSRF token.');
  }
  const readonlyreason = context.state.readOnly;
  if (readonlyreason !== undefined) {
    throw new ApiFault('readonly', 'The wiki is currently in read-only mode.', { data: { readonlyreason } });
  }
}

function checkLag(params: URLSearchParams, { lag }: MediaWikiState): void {
  const allowed = params.get('maxlag');
  if (allowed === null || lag <= Number(allowed)) return;
  throw new ApiFault('maxlag', `Waiting for 127.0.0.1: ${lag} seconds lagged.`, {
    data: { host: '127.0.0.1', lag, type: 'db' },
    headers: {
      'Retry-After': String(Math.max(Number(allowed), 5)),
      'X-Database-Lag': String(Math.floor(lag)),
    },
  });
}
