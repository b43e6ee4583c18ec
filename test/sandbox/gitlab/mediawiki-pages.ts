import { storedText } from './wikitext.ts';

/** One version of a page. `at` in milliseconds since 1970; the wiki itself knows whole seconds only. */
export interface WikiRevision {
  readonly revid: number;
  readonly parentid: number;
  readonly user: string;
  readonly at: number;
  readonly text: string;
  readonly summary: string;
  readonly bot: boolean;
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
  /** Moves a page with its versions to another title, and leaves a redirect behind. */
  readonly move: (from: string, to: string) => void;
  /** Deletes a page, as an administrator of the wiki would. */
  readonly remove: (title: string) => void;
  readonly deletedAt: (title: string) => number | undefined;
}

/** Pages from titles and texts. `now` in milliseconds since 1970. */
export function startPages(texts: Readonly<Record<string, string>>, now: () => number): WikiPages {
  const pages = new Map<string, WikiPage>();
  const deletions = new Map<string, number>();
  let revid = 2_000_000;
  let pageid = 99_999;
  const nextId = () => {
    pageid += 1;
    return pageid;
  };
  const write: WikiPages['write'] = (title, revision) => {
    const page = pages.get(title) ?? { pageid: nextId(), title, revisions: [] };
    pages.set(title, page);
    revid += 1;
    const base = {
      parentid: page.revisions.at(-1)?.revid ?? 0,
      at: now(),
      summary: '',
      bot: false,
    };
    const added = { ...base, ...revision, revid, text: storedText(revision.text) };
    page.revisions.push(added);
    return added;
  };
  for (const [title, text] of Object.entries(texts)) write(title, { user: 'Maintenance script', text });
  return {
    pages,
    write,
    move: (from, to) => {
      const page = pages.get(from);
      if (!page) throw new Error(`sandbox: no page to move (found ${from})`);
      pages.set(to, { ...page, title: to });
      pages.delete(from);
      write(from, { user: 'Somebody', text: `#REDIRECT [[${to}]]` });
    },
    remove: (title) => {
      if (pages.delete(title)) deletions.set(title, now());
    },
    deletedAt: (title) => deletions.get(title),
  };
}

function timeParameter(params: URLSearchParams, name: string): number | undefined {
  const value = params.get(name) ?? '';
  if (value === '') return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time))
    throw new ApiFault('badtimestamp', `Invalid value "${value}" for timestamp parameter "${name}".`);
  return Math.floor(time / 1000);
}

/** Throws `pagedeleted` or `editconflict` as the wiki would. A conflict is seen by the revision's id; this wiki never merges. */
export function checkConflict(
  params: URLSearchParams,
  page: WikiPage | undefined,
  deletedAt: number | undefined,
): void {
  const started = timeParameter(params, 'starttimestamp');
  const deleted = deletedAt === undefined ? undefined : Math.floor(deletedAt / 1000);
  if (!page && started !== undefined && deleted !== undefined && deleted >= started) {
    throw new ApiFault('pagedeleted', 'The page has been deleted since you fetched its timestamp.');
  }
  const latest = page?.revisions.at(-1);
  const baserevid = params.get('baserevid');
  if (latest && baserevid !== null && Number(baserevid) !== latest.revid)
    throw new ApiFault('editconflict', 'Edit conflict.');
}

const REDIRECT = /^\s*#REDIRECT:?\s*\[\[([^\]|#]+)/i;

/** The title that a text redirects to, if it does. */
export function redirectTarget(text: string): string | undefined {
  const target = REDIRECT.exec(text)?.[1];
  return target === undefined ? undefined : normalTitle(target);
}
