import { createHash } from 'node:crypto';
import { sectionRange, storedText } from './wikitext.ts';

/** One version of a page. `at` in milliseconds since 1970; the wiki itself knows whole seconds only. */
export interface WikiRevision {
  readonly revid: number;
  readonly parentid: number;
  readonly user: string;
  readonly at: number;
  readonly text: string;
  readonly summary: string;
  readonly bot: boolean;
  readonly minor: boolean;
}

/** One page with its versions, oldest first. A protected page can't be edited through the API. */
export interface WikiPage {
  readonly pageid: number;
  readonly title: string;
  readonly revisions: WikiRevision[];
  protected?: boolean;
}

/** An error as the API reports it: a code, a sentence, and what some codes add. */
export class ApiFault extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: string,
    info: string,
    { data = {}, headers = {} }: { data?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(info);
    this.code = code;
    this.data = data;
    this.headers = headers;
  }
}

/** Whether a flag of the API is set: it is by being there, whatever its value. */
export const isSet = (params: URLSearchParams, name: string): boolean => params.has(name);

/** A time as the API prints it, to the second. */
export const isoTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** A title in the wiki's form: spaces for underscores, a capital first letter. Undefined where it can't be one. */
export function normalTitle(title: string): string | undefined {
  const text = title.replaceAll('_', ' ').trim().replace(/ +/g, ' ');
  if (text === '' || /[[\]{}|#<>]/.test(text)) return undefined;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The pages of a wiki, live. */
export interface WikiPages {
  readonly pages: Map<string, WikiPage>;
  /** Adds a version as some user, without any check; creates the page where it is missing. */
  readonly write: (
    title: string,
    revision: Pick<WikiRevision, 'user' | 'text'> & Partial<WikiRevision>,
  ) => WikiRevision;
  /** Deletes a page, as an administrator of the wiki would. */
  readonly remove: (title: string) => void;
  readonly deletedAt: (title: string) => number | undefined;
}

/** Pages from titles and texts. `now` in milliseconds since 1970. */
export function startPages(texts: Readonly<Record<string, string>>, now: () => number): WikiPages {
  const pages = new Map<string, WikiPage>();
  const deletions = new Map<string, number>();
  let revid = 2_000_000;
  const write: WikiPages['write'] = (title, revision) => {
    const page = pages.get(title) ?? { pageid: 100_000 + pages.size + deletions.size, title, revisions: [] };
    pages.set(title, page);
    revid += 1;
    const base = {
      parentid: page.revisions.at(-1)?.revid ?? 0,
      at: now(),
      summary: '',
      bot: false,
      minor: false,
    };
    const added = { ...base, ...revision, revid, text: storedText(revision.text) };
    page.revisions.push(added);
    return added;
  };
  for (const [title, text] of Object.entries(texts)) write(title, { user: 'Maintenance script', text });
  return {
    pages,
    write,
    remove: (title) => {
      if (pages.delete(title)) deletions.set(title, now());
    },
    deletedAt: (title) => deletions.get(title),
  };
}

/** The text that an edit wants the page to have, from `text`, `appendtext`, `prependtext` and `section`. Checks `md5`. */
export function wantedText(params: URLSearchParams, current: string): string {
  const [text, before, after] = ['text', 'prependtext', 'appendtext'].map((name) => params.get(name));
  if (text == null && before == null && after == null) {
    throw new ApiFault(
      'missingparam',
      'At least one of the parameters "text", "appendtext", "prependtext" and "undo" is required.',
    );
  }
  const adds = before != null || after != null;
  const given = adds ? `${before ?? ''}${after ?? ''}` : (text ?? '');
  const md5 = params.get('md5');
  if (md5 !== null && createHash('md5').update(given).digest('hex') !== md5.toLowerCase()) {
    throw new ApiFault('badmd5', 'The supplied MD5 hash was incorrect.');
  }
  const around = (old: string) => (adds ? `${before ?? ''}${old}${after ?? ''}` : (text ?? ''));
  return withSection(params, current, around);
}

function withSection(params: URLSearchParams, current: string, change: (old: string) => string): string {
  const section = params.get('section') ?? '';
  if (section === '') return change(current);
  if (section === 'new') {
    const title = params.get('sectiontitle') ?? params.get('summary') ?? '';
    const body = title === '' ? change('') : `== ${title} ==\n\n${change('')}`;
    return current === '' ? body : `${current}\n\n${body}`;
  }
  if (!/^\d+$/.test(section)) {
    throw new ApiFault('invalidsection', 'The "section" parameter must be a valid section ID or "new".');
  }
  const range = sectionRange(current, Number(section));
  if (!range) throw new ApiFault('nosuchsection', `There is no section ${section}.`);
  const rest = current.slice(range.end);
  const changed = change(current.slice(range.start, range.end).trimEnd()).trimEnd();
  return `${current.slice(0, range.start)}${changed}${rest === '' ? '' : `\n\n${rest}`}`;
}

function timeParameter(params: URLSearchParams, name: string): number | undefined {
  const value = params.get(name) ?? '';
  if (value === '') return undefined;
  const compact = value.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(compact);
  if (Number.isNaN(time))
    throw new ApiFault('badtimestamp', `Invalid value "${value}" for timestamp parameter "${name}".`);
  return Math.floor(time / 1000);
}

const seconds = (at: number): number => Math.floor(at / 1000);

/**
 * Throws `editconflict` or `pagedeleted` as the wiki would. `basetimestamp` is compared to the second, so it does not see another
 * edit within that second, and where it is given a conflict is passed over when nobody else wrote in a later one. This wiki never merges.
 */
export function checkConflict(
  params: URLSearchParams,
  page: WikiPage | undefined,
  own: { user: string; deletedAt: number | undefined },
): void {
  const started = timeParameter(params, 'starttimestamp');
  const deleted = own.deletedAt === undefined ? undefined : seconds(own.deletedAt);
  if (
    !page &&
    started !== undefined &&
    deleted !== undefined &&
    deleted >= started &&
    !isSet(params, 'recreate')
  ) {
    throw new ApiFault('pagedeleted', 'The page has been deleted since you fetched its timestamp.');
  }
  const latest = page?.revisions.at(-1);
  const base = timeParameter(params, 'basetimestamp');
  const baserevid = params.get('baserevid');
  if (!page || !latest || params.get('section') === 'new') return;
  const changed =
    (base !== undefined && base !== seconds(latest.at)) ||
    (baserevid !== null && Number(baserevid) !== latest.revid);
  if (!changed) return;
  const since = base === undefined ? undefined : page.revisions.filter(({ at }) => seconds(at) > base);
  const onlySelf = since?.every(({ user }) => user === own.user) && !params.get('section');
  if (!onlySelf) throw new ApiFault('editconflict', 'Edit conflict.');
}
