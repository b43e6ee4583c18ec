import type { WikiPage, WikiRevision } from './mediawiki-pages.ts';

/** An error of the API by its code; it passes by itself after so many `times`, or never. */
export interface ApiEffect {
  readonly code: string;
  readonly info: string;
  times?: number;
}

/** What the wiki is like, live. */
export interface MediaWikiState {
  readonly pages: Map<string, WikiPage>;
  /** Edits that came in through the API, oldest first. */
  readonly edits: WikiRevision[];
  /** Prefixes of titles that belong to other wikis, in lower case. */
  readonly interwiki: readonly string[];
  /** The CSRF token that is valid now; change it to end every token given out before. */
  csrfToken: string;
  /** Seconds that the databases lag behind. */
  lag: number;
  /** Why the wiki is read-only, if it is. */
  readOnly: string | undefined;
  blocked: boolean;
  /** Whether every edit is to be confirmed by a captcha. */
  captcha: boolean;
  /** An error that edits meet: `ratelimited()`, `internalError()`, or any code that has no switch of its own. */
  editFault: ApiEffect | undefined;
  /** An error that queries meet. */
  queryFault: ApiEffect | undefined;
  /** Called before an edit is looked at: the place for somebody else to edit first. */
  beforeEdit: (() => void) | undefined;
}

/** Too many edits in a short time; passes by itself. */
export const ratelimited = (times = 1): ApiEffect => ({
  code: 'ratelimited',
  info: "You've exceeded your rate limit. Please wait some time and try again.",
  times,
});

/** An exception inside the wiki, of the database for one; the status is 200 all the same. Passes by itself. */
export const internalError = (times = 1, type = 'DBQueryError'): ApiEffect => ({
  code: `internal_api_error_${type}`,
  info: `[0123456789abcdef01234567] Caught exception of type Wikimedia\\Rdbms\\${type}`,
  times,
});

/** The token of everybody who is not signed in. */
export const ANONYMOUS_TOKEN = '+\\';

/** The rights that each grant of an OAuth consumer carries, as far as an edit needs them. */
export const GRANTS: Readonly<Record<string, readonly string[]>> = {
  basic: ['read', 'autoconfirmed', 'editsemiprotected'],
  editpage: ['edit', 'minoredit'],
  createeditmovepage: ['edit', 'createpage', 'createtalk', 'move'],
  highvolume: ['bot', 'noratelimit', 'apihighlimits'],
};
