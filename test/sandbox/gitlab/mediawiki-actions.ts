import {
  ApiFault,
  checkConflict,
  isoTime,
  isSet,
  normalTitle,
  type WikiPage,
  type WikiPages,
  type WikiRevision,
  wantedText,
} from './mediawiki-pages.ts';
import { storedText } from './wikitext.ts';

/** What the wiki is like, live. */
export interface MediaWikiState {
  readonly pages: Map<string, WikiPage>;
  /** Edits that came in through the API, oldest first. */
  readonly edits: WikiRevision[];
  /** The CSRF token that is valid now; change it to end every token given out before. */
  csrfToken: string;
  /** Seconds that the databases lag behind. */
  lag: number;
  /** Why the wiki is read-only, if it is. */
  readOnly: string | undefined;
  blocked: boolean;
  /** An error that every edit meets, for the codes that have no switch of their own. */
  editFault: { readonly code: string; readonly info: string } | undefined;
  /** Called before an edit is looked at: the place for somebody else to edit first. */
  beforeEdit: (() => void) | undefined;
}

/** Whose call it is; `user` is undefined for an anonymous one. */
export interface QueryCall {
  readonly user: string | undefined;
  readonly state: MediaWikiState;
}

/** Who edits, and whether the user may flag the edit as a bot's. */
export interface EditCall {
  readonly user: string;
  readonly botRight: boolean;
  readonly state: MediaWikiState;
  readonly wiki: WikiPages;
}

/** The token of everybody who is not signed in. */
export const ANONYMOUS_TOKEN = '+\\';

const listOf = (params: URLSearchParams, name: string): readonly string[] =>
  (params.get(name) ?? '').split('|').filter((value) => value !== '');

/** What `action=query` answers: tokens, pages, or both. */
export function query(params: URLSearchParams, { user, state }: QueryCall): object {
  const types = listOf(params, 'type');
  const tokens = listOf(params, 'meta').includes('tokens') && (types.length === 0 || types.includes('csrf'));
  const titles = listOf(params, 'titles').map((given) => ({ given, title: normalTitle(given) }));
  const normalized = titles
    .filter(({ given, title }) => title !== undefined && title !== given)
    .map(({ given, title }) => ({ fromencoded: false, from: given, to: title }));
  return {
    ...(normalized.length > 0 ? { normalized } : {}),
    ...(titles.length > 0
      ? { pages: titles.map(({ given, title }) => pageEntity(title, { given, params, state })) }
      : {}),
    ...(tokens ? { tokens: { csrftoken: user === undefined ? ANONYMOUS_TOKEN : state.csrfToken } } : {}),
  };
}

interface PageQuery {
  readonly given: string;
  readonly params: URLSearchParams;
  readonly state: MediaWikiState;
}

function pageEntity(title: string | undefined, { given, params, state }: PageQuery): object {
  if (title === undefined) {
    return {
      title: given,
      invalidreason: 'The requested page title contains invalid characters.',
      invalid: true,
    };
  }
  const found = state.pages.get(title);
  const latest = found?.revisions.at(-1);
  if (!found || !latest) return { ns: 0, title, missing: true };
  const asked = listOf(params, 'prop').includes('revisions');
  return {
    pageid: found.pageid,
    ns: 0,
    title,
    ...(asked ? { revisions: [revisionEntity(latest, params)] } : {}),
  };
}

function revisionEntity(revision: WikiRevision, params: URLSearchParams): object {
  const given = listOf(params, 'rvprop');
  const props = given.length > 0 ? given : ['ids', 'timestamp', 'flags', 'comment', 'user'];
  const { revid, parentid, user, minor, summary, at, text } = revision;
  const content = { contentmodel: 'wikitext', contentformat: 'text/x-wiki', content: text };
  const slots = listOf(params, 'rvslots').some((slot) => slot === 'main' || slot === '*');
  const parts: Readonly<Record<string, object>> = {
    ids: { revid, parentid },
    flags: { minor },
    user: { user },
    timestamp: { timestamp: isoTime(at) },
    size: { size: Buffer.byteLength(text) },
    comment: { comment: summary },
    content: slots ? { slots: { main: content } } : content,
  };
  return Object.assign({}, ...props.map((prop) => parts[prop] ?? {}));
}

/** Carries out `action=edit` and tells what became of it, or throws an `ApiFault`. */
export function edit(params: URLSearchParams, { user, botRight, state, wiki }: EditCall): object {
  state.beforeEdit?.();
  const given = params.get('title');
  if (given === null)
    throw new ApiFault('missingparam', 'One of the parameters "title" and "pageid" is required.');
  const title = normalTitle(given);
  if (title === undefined) throw new ApiFault('invalidtitle', `Bad title "${given}".`);
  const found = state.pages.get(title);
  checkAllowed(params, found, state);
  const latest = found?.revisions.at(-1);
  const text = wantedText(params, latest?.text ?? '');
  checkConflict(params, found, { user, deletedAt: wiki.deletedAt(title) });
  const base = { result: 'Success', pageid: found?.pageid, title, contentmodel: 'wikitext' };
  if (latest && latest.text === storedText(text)) return { ...base, nochange: true };
  const added = wiki.write(title, {
    user,
    text,
    summary: params.get('summary') ?? '',
    bot: isSet(params, 'bot') && botRight,
    minor: isSet(params, 'minor'),
  });
  state.edits.push(added);
  return {
    ...base,
    ...(found ? {} : { new: true }),
    pageid: state.pages.get(title)?.pageid,
    oldrevid: added.parentid,
    newrevid: added.revid,
    newtimestamp: isoTime(added.at),
  };
}

function checkAllowed(params: URLSearchParams, found: WikiPage | undefined, state: MediaWikiState): void {
  if (isSet(params, 'createonly') && found) {
    throw new ApiFault('articleexists', 'The article you tried to create has been created already.');
  }
  if (isSet(params, 'nocreate') && !found)
    throw new ApiFault('missingtitle', "The page you specified doesn't exist.");
  if (state.blocked) throw new ApiFault('blocked', 'You have been blocked from editing.');
  if (found?.protected) {
    throw new ApiFault('protectedpage', 'This page has been protected to prevent editing or other actions.');
  }
  if (state.editFault) throw new ApiFault(state.editFault.code, state.editFault.info);
}
