/** Calls GitLab's REST API, as far as approvals need it. */

import type { Run } from '../../engine/run-types.ts';
import { SourceError, StopError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { jsonOf, jsonOrUndefined, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import {
  type ConcurrencyLimit,
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
} from '../../platform/http-client.ts';
import { Account, AccountPage, PENDING, Refusal, UserNotFound } from './schema.ts';

/** Where GitLab is. `root` is its address; `/api/v4/…` is appended. */
export interface GitlabSettings {
  readonly root: string;
  readonly token: string;
  readonly concurrency?: ConcurrencyLimit;
}

/** GitLab's REST API, as far as approvals need it. */
export interface GitlabClient {
  /** Every human account that waits for approval, by id. Throws `SourceError` if the list is not complete. */
  pending(): Promise<readonly Account[]>;
  /** One account as it is now; undefined if it is gone. Throws `StopError` if the token is refused. */
  account(id: number): Promise<Account | undefined>;
  /** Approves an account. `shouldRetry` is called before each retry, `onSent` before each attempt. */
  approve(id: number, hooks: Required<Pick<HttpRequest, 'shouldRetry' | 'onSent'>>): Promise<HttpAnswer>;
  /** Why an answer is a refusal, for messages. */
  refusal(answer: HttpAnswer, allowed: number): string;
}

type Query = Readonly<Record<string, string>>;

const LIST = '/api/v4/users';

/** `blocked=true` would leave out the accounts that wait, and there is no filter by state (GitLab, doc/api/users.md). */
const FIRST_PAGE: Query = {
  exclude_active: 'true',
  humans: 'true',
  pagination: 'keyset',
  per_page: '100',
  order_by: 'id',
  sort: 'asc',
};

/** What GITLAB_ACCESS_TOKEN has to be. */
const TOKEN_NEEDS =
  'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode';

/** The API as `run` reaches it. */
export function createGitlabClient({ root, token, concurrency }: GitlabSettings, run: Run): GitlabClient {
  const system: HttpSystem = {
    name: 'gitlab',
    root,
    headers: { 'private-token': token, accept: 'application/json' },
    secrets: [token],
    ...(concurrency ? { concurrency } : {}),
  };
  const send = createHttpClient(system, run);
  const refusal = (answer: HttpAnswer, allowed: number) => {
    const cure = answer.status === 401 || answer.status === 403 ? `; ${TOKEN_NEEDS}` : '';
    return `${answer.where}: refused (found ${answer.status}, allowed ${allowed}): ${redact(system, messageIn(answer))}${cure}`;
  };
  const page = async (query: Query) => {
    const answer = await send({ method: 'GET', path: LIST, query });
    if (answer.status !== 200) throw new SourceError(refusal(answer, 200));
    const rows = parseAs(AccountPage, jsonOf(answer), answer.where);
    return { rows, next: nextQuery(answer, root) };
  };
  return {
    pending: () => readPending(page),
    account: async (id) => {
      const answer = await send({ method: 'GET', path: `${LIST}/${id}` });
      if (isGone(answer)) return undefined;
      if (answer.status === 401 || answer.status === 403) throw new StopError(refusal(answer, 200));
      if (answer.status !== 200) throw new SourceError(refusal(answer, 200));
      return parseAs(Account, jsonOf(answer), answer.where);
    },
    approve: (id, hooks) => send({ method: 'POST', path: `${LIST}/${id}/approve`, retries: 5, ...hooks }),
    refusal,
  };
}

/** GitLab's own answer for an account that is not there (lib/api/users.rb, 16 to 18): any other 404 is somebody else's. */
export const isGone = (answer: HttpAnswer): boolean =>
  answer.status === 404 && UserNotFound.safeParse(jsonOrUndefined(answer)).success;

interface Page {
  readonly rows: readonly Account[];
  readonly next: Query | undefined;
}

async function readPending(page: (query: Query) => Promise<Page>): Promise<readonly Account[]> {
  const accounts = new Map<number, Account>();
  const asked = new Set<string>();
  for (let query: Query | undefined = FIRST_PAGE; query !== undefined; ) {
    const key = JSON.stringify(query);
    if (asked.has(key)) throw new SourceError(`gitlab: GET ${LIST}: a page leads back to itself`);
    asked.add(key);
    const { rows, next }: Page = await page(query);
    for (const account of rows) {
      if (account.state === PENDING && !account.bot && !accounts.has(account.id))
        accounts.set(account.id, account);
    }
    query = next;
  }
  return [...accounts.values()];
}

const LINK = /<([^<>]*)>([^<]*)/g;

/** The query of the next page, by the answer's `Link`; undefined at the end. */
function nextQuery({ headers, where }: HttpAnswer, root: string): Query | undefined {
  // A header that is missing reads as a text without a link.
  const links = [...`${headers.link}`.matchAll(LINK)];
  const next = links.find(([, , about]) => /;\s*rel\s*=\s*"?next\b/i.test(`${about}`))?.[1];
  if (next === undefined) return undefined;
  const list = new URL(`${root}${LIST}`);
  const url = URL.parse(next, list.href);
  // GitLab names the host that it is configured with, which may be another one than ours: only the query of the link is used.
  if (url?.pathname.endsWith(LIST)) return Object.fromEntries(url.searchParams);
  throw new SourceError(
    `${where}: the next page is elsewhere (found ${url ? url.pathname : 'no address'}, allowed ${list.pathname})`,
  );
}

/** `message` may be text or faults by field, and `error` may take its place. */
function messageIn(answer: HttpAnswer): string {
  const parsed = Refusal.safeParse(jsonOrUndefined(answer));
  if (!parsed.success) return textOf(answer);
  const { message, error, error_description: description } = parsed.data;
  if (typeof message === 'string') return message;
  if (message !== undefined) return JSON.stringify(message);
  return [error, description].filter((part) => part !== undefined).join(': ') || textOf(answer);
}
