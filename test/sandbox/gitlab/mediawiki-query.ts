import { isoTime, normalTitle, redirectTarget, type WikiPage, type WikiRevision } from './mediawiki-pages.ts';
import { ANONYMOUS_TOKEN, type MediaWikiState } from './mediawiki-state.ts';

/** Whose call it is; `user` is undefined for an anonymous one. */
export interface QueryCall {
  readonly user: string | undefined;
  readonly rights: readonly string[];
  readonly state: MediaWikiState;
}

const listOf = (params: URLSearchParams, name: string): readonly string[] =>
  (params.get(name) ?? '').split('|').filter((value) => value !== '');

/** What `action=query` answers: tokens, the user with its rights, and pages, with their redirects followed where that is asked for. */
export function query(params: URLSearchParams, { user, rights, state }: QueryCall): object {
  const meta = listOf(params, 'meta');
  const types = listOf(params, 'type');
  const csrftoken = user === undefined ? ANONYMOUS_TOKEN : state.csrfToken;
  const asksToken = meta.includes('tokens') && (types.length === 0 || types.includes('csrf'));
  return {
    ...pagesOf(params, rights, state),
    ...(asksToken ? { tokens: { csrftoken } } : {}),
    ...(meta.includes('userinfo') ? { userinfo: userInfo(params, user, rights) } : {}),
  };
}

function userInfo(params: URLSearchParams, user: string | undefined, rights: readonly string[]): object {
  const who = user === undefined ? { id: 0, name: '127.0.0.1', anon: true } : { id: 4711, name: user };
  return listOf(params, 'uiprop').includes('rights') ? { ...who, rights } : who;
}

/** Titles of other wikis are under `interwiki`; the rest are normalized, and redirects are listed beside the pages. */
function pagesOf(params: URLSearchParams, rights: readonly string[], state: MediaWikiState): object {
  const given = listOf(params, 'titles');
  if (given.length === 0) return {};
  const foreign = given.flatMap((title) => {
    const iw = interwikiPrefix(title, state);
    return iw === undefined ? [] : [{ title, iw }];
  });
  const titles = given
    .filter((title) => interwikiPrefix(title, state) === undefined)
    .map((title) => ({ given: title, title: normalTitle(title) }));
  const normalized = titles.flatMap(({ given: from, title: to }) =>
    to === undefined || to === from ? [] : [{ fromencoded: false, from, to }],
  );
  const followed = params.has('redirects')
    ? titles.map((one) => ({ ...one, ...follow(one.title, state) }))
    : titles.map((one) => ({ ...one, redirects: [] }));
  const redirects = followed.flatMap((one) => one.redirects);
  const pages = followed.map((one) => pageEntity(one.title, { given: one.given, params, rights, state }));
  return {
    ...(normalized.length > 0 ? { normalized } : {}),
    ...(foreign.length > 0 ? { interwiki: foreign } : {}),
    ...(redirects.length > 0 ? { redirects } : {}),
    ...(pages.length > 0 ? { pages } : {}),
  };
}

/** The prefix of a title that belongs to another wiki, if it has one. */
export function interwikiPrefix(title: string, { interwiki }: MediaWikiState): string | undefined {
  const prefix = /^:?\s*([^:]+?)\s*:/.exec(title)?.[1]?.toLowerCase();
  return interwiki.find((known) => known === prefix);
}

interface Redirect {
  readonly from: string;
  readonly to: string;
}

function follow(title: string | undefined, state: MediaWikiState) {
  const redirects: Redirect[] = [];
  let at = title;
  while (at !== undefined) {
    const from = at;
    const to = redirectTarget(state.pages.get(from)?.revisions.at(-1)?.text ?? '');
    if (to === undefined || redirects.some((one) => one.from === from)) break;
    redirects.push({ from, to });
    at = to;
  }
  return { title: at, redirects };
}

interface PageQuery {
  readonly given: string;
  readonly params: URLSearchParams;
  readonly rights: readonly string[];
  readonly state: MediaWikiState;
}

/** Namespaces of pages that the program makes: they have no text. */
const SPECIAL = /^(?:Special|Media) ?:/;

function pageEntity(title: string | undefined, query: PageQuery): object {
  const { given, params, state } = query;
  if (title === undefined) {
    const invalidreason = 'The requested page title contains invalid characters.';
    return { title: given, invalidreason, invalid: true };
  }
  if (SPECIAL.test(title)) return { ns: -1, title, special: true };
  const found = state.pages.get(title);
  const latest = found?.revisions.at(-1);
  const props = listOf(params, 'prop');
  const info = props.includes('info') ? { contentmodel: modelOf(title), ...actionsOf(found, query) } : {};
  if (!found || !latest) return { ns: 0, title, missing: true, ...info };
  const isRedirect = props.includes('info') && redirectTarget(latest.text) !== undefined;
  return {
    pageid: found.pageid,
    ns: 0,
    title,
    ...info,
    ...(isRedirect ? { redirect: true } : {}),
    ...(props.includes('revisions') ? { revisions: [revisionEntity(latest, params)] } : {}),
  };
}

const modelOf = (title: string) => (title.endsWith('.json') ? 'json' : 'wikitext');

/** `intestactions`: what the caller may do with the page, blocks and protection counted. A wiki that is read-only changes nothing here. */
function actionsOf(page: WikiPage | undefined, { params, rights, state }: PageQuery): object {
  const asked = listOf(params, 'intestactions');
  if (asked.length === 0) return {};
  const isFree = !state.blocked && !page?.protected && rights.includes('edit');
  const allowed: Readonly<Record<string, boolean>> = {
    edit: isFree,
    create: isFree && rights.includes('createpage'),
  };
  return { actions: Object.fromEntries(asked.map((action) => [action, allowed[action] ?? false])) };
}

function revisionEntity(revision: WikiRevision, params: URLSearchParams): object {
  const given = listOf(params, 'rvprop');
  const props = given.length > 0 ? given : ['ids', 'timestamp', 'comment', 'user'];
  const { revid, parentid, user, summary, at, text } = revision;
  const content = { contentmodel: 'wikitext', contentformat: 'text/x-wiki', content: text };
  const slots = listOf(params, 'rvslots').some((slot) => slot === 'main' || slot === '*');
  const parts: Readonly<Record<string, object>> = {
    ids: { revid, parentid },
    user: { user },
    timestamp: { timestamp: isoTime(at) },
    size: { size: Buffer.byteLength(text) },
    comment: { comment: summary },
    content: slots ? { slots: { main: content } } : content,
  };
  return Object.assign({}, ...props.map((prop) => parts[prop] ?? {}));
}
