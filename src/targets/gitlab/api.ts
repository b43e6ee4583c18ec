import { SourceError, StopError } from '../../runtime/errors.ts';
import {
  clean,
  connectHttp,
  type Gate,
  type HttpAnswer,
  type HttpRequest,
  type HttpSystem,
  jsonIfAny,
  jsonOf,
  shaped,
  textOf,
} from '../../runtime/http.ts';
import type { Run } from '../../runtime/run.ts';
import { PENDING } from './resolve.ts';
import { Account, AccountPage, Refusal } from './schema.ts';

/** Where GitLab is. `root` is its address; `/api/v4/…` is appended. */
export interface GitlabSettings {
  readonly root: string;
  readonly token: string;
  readonly gate?: Gate;
}

/** GitLab's REST API, as far as approvals need it. */
export interface GitlabApi {
  /** Every human account that waits for approval, by id. Whole or `SourceError`. */
  waiting(): Promise<readonly Account[]>;
  /** One account as it is now; undefined where it is gone. `StopError` where the token is refused. */
  account(id: number): Promise<Account | undefined>;
  /** `again` is asked before each repeat. */
  approve(id: number, again: NonNullable<HttpRequest['again']>): Promise<HttpAnswer>;
  /** Why an answer is a refusal, for messages. */
  refusal(answer: HttpAnswer, allowed: number): string;
}

type Query = Readonly<Record<string, string>>;

const LIST = '/api/v4/users';

/** `blocked=true` would leave the waiting ones out, and there is no filter by state (GitLab, doc/api/users.md). */
const FIRST_PAGE: Query = {
  exclude_active: 'true',
  humans: 'true',
  pagination: 'keyset',
  per_page: '100',
  order_by: 'id',
  sort: 'asc',
};

/** The API as `run` reaches it. */
export function gitlabApi({ root, token, gate }: GitlabSettings, run: Run): GitlabApi {
  const system: HttpSystem = {
    name: 'gitlab',
    root,
    headers: { 'private-token': token, accept: 'application/json' },
    secrets: [token],
    ...(gate ? { gate } : {}),
  };
  const send = connectHttp(system, run);
  const refusal = (answer: HttpAnswer, allowed: number) =>
    `${answer.where}: refused (found ${answer.status}, allowed ${allowed}): ${clean(system, saidIn(answer))}`;
  const page = async (query: Query) => {
    const answer = await send({ method: 'GET', path: LIST, query });
    if (answer.status !== 200) throw new SourceError(refusal(answer, 200));
    const rows = shaped(AccountPage, jsonOf(answer), answer.where);
    return { rows, next: nextQuery(answer, root) };
  };
  return {
    waiting: () => readWaiting(page),
    account: async (id) => {
      const answer = await send({ method: 'GET', path: `${LIST}/${id}` });
      if (answer.status === 404) return undefined;
      if (answer.status === 401 || answer.status === 403) throw new StopError(refusal(answer, 200));
      if (answer.status !== 200) throw new SourceError(refusal(answer, 200));
      return shaped(Account, jsonOf(answer), answer.where);
    },
    approve: (id, again) => send({ method: 'POST', path: `${LIST}/${id}/approve`, repeats: 5, again }),
    refusal,
  };
}

interface Page {
  readonly rows: readonly Account[];
  readonly next: Query | undefined;
}

async function readWaiting(page: (query: Query) => Promise<Page>): Promise<readonly Account[]> {
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

const LINK = /<([^>]*)>([^<]*)/g;

/** What the next page is asked for with, by the answer's `Link`; undefined at the end. */
function nextQuery({ headers, where }: HttpAnswer, root: string): Query | undefined {
  const links = [headers.link ?? []].flat().join(', ');
  const next = [...links.matchAll(LINK)].find(([, , about = '']) =>
    /;\s*rel\s*=\s*"?next\b/i.test(about),
  )?.[1];
  if (next === undefined) return undefined;
  const list = new URL(`${root}${LIST}`);
  const url = URL.parse(next, list.href);
  if (url?.origin === list.origin && url.pathname === list.pathname)
    return Object.fromEntries(url.searchParams);
  throw new SourceError(
    `${where}: the next page is elsewhere (found ${url ? url.origin + url.pathname : 'no address'}, allowed ${list.origin}${list.pathname})`,
  );
}

/** `message` may be text or faults by field, and `error` may take its place. */
function saidIn(answer: HttpAnswer): string {
  const parsed = Refusal.safeParse(jsonIfAny(answer));
  if (!parsed.success) return textOf(answer);
  const { message, error, error_description: description } = parsed.data;
  if (typeof message === 'string') return message;
  if (message !== undefined) return JSON.stringify(message);
  return [error, description].filter((part) => part !== undefined).join(': ') || textOf(answer);
}
