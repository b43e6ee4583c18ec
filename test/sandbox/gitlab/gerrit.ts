import { type Answer, type Recorded, startServer } from '../server.ts';
import { accountQuery, type GerritAccount, QueryFault } from './gerrit-query.ts';

/** One group. `members` are account ids; `includes` are group ids, an id that begins with `ldap:` names an external group. */
export interface GerritGroup {
  readonly id: string;
  readonly number: number;
  name: string;
  members: number[];
  includes: string[];
  hidden?: boolean;
}

/** `user` and `password` are those of HTTP basic authentication. `now` in milliseconds since 1970. */
export interface GerritOptions {
  readonly user: string;
  readonly password: string;
  readonly accounts: GerritAccount[];
  readonly groups: GerritGroup[];
  readonly now: () => number;
}

/** What the server holds, live. */
export interface GerritState {
  readonly accounts: GerritAccount[];
  readonly groups: GerritGroup[];
}

/** A Gerrit under `url` (what stands before `/a/`), on 127.0.0.1. */
export async function startGerrit(options: GerritOptions) {
  const state: GerritState = { accounts: options.accounts, groups: options.groups };
  const server = await startServer((request) => answerTo(request, options, state), { now: options.now });
  return {
    ...server,
    url: `${server.origin}/r`,
    state,
    get peak() {
      return server.peak;
    },
  };
}

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: `)]}'\n${JSON.stringify(value)}`,
});

const notFound = (what: string): Answer => text(404, `Not found: ${what}\n`);

function answerTo(request: Recorded, options: GerritOptions, state: GerritState): Answer {
  const path = /^\/r\/(a\/)?(.*?)\/?$/.exec(request.path);
  if (!path) return text(404, 'Not Found');
  // Without /a/ everybody is anonymous, and these groups are visible to registered users only.
  const signedIn = path[1] !== undefined;
  if (signedIn && !isUser(request, options)) {
    const answer = text(401, 'Unauthorized');
    return {
      ...answer,
      headers: { ...answer.headers, 'www-authenticate': 'Basic realm="Gerrit Code Review"' },
    };
  }
  if (request.method !== 'GET') return text(405, 'Method Not Allowed');
  const parts = (path[2] ?? '').split('/').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  const [collection, id = '', ...rest] = parts;
  if (collection === 'accounts') return accounts(request, id, { state, user: options.user });
  if (collection !== 'groups') return text(404, 'Not Found');
  const group = signedIn ? findGroup(state, id) : undefined;
  return group ? groupView(request, { state, group, user: options.user }, rest) : notFound(id);
}

function isUser({ headers }: Recorded, { user, password }: GerritOptions): boolean {
  const given = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return Buffer.from(given, 'base64').toString() === `${user}:${password}`;
}

const findGroup = (state: GerritState, id: string): GerritGroup | undefined =>
  state.groups.find((group) => !group.hidden && [group.id, String(group.number), group.name].includes(id));

interface Caller {
  readonly state: GerritState;
  readonly user: string;
}

function accounts({ query }: Recorded, id: string, caller: Caller): Answer {
  if (id !== '') {
    const account = resolve(id, caller);
    return account ? json(accountInfo(account)) : notFound(id);
  }
  try {
    const matches = caller.state.accounts.filter(accountQuery(query.get('q') ?? ''));
    const limit = Number(query.get('n') ?? query.get('limit') ?? 500);
    const detailed = query.getAll('o').includes('DETAILS');
    const rows = matches.slice(0, limit).map((account, index) => ({
      ...(detailed ? accountInfo(account) : { _account_id: account.id }),
      ...(index === limit - 1 && matches.length > limit ? { _more_accounts: true } : {}),
    }));
    return json(rows);
  } catch (error) {
    if (error instanceof QueryFault) return text(400, error.message);
    throw error;
  }
}

const accountInfo = ({ id, name, email, username, inactive }: GerritAccount) => ({
  _account_id: id,
  name,
  email,
  ...(username === undefined ? {} : { username }),
  ...(inactive ? { inactive } : {}),
});

/** An account by `self`, number, "Name (number)", name, address or username; inactive ones by number only. */
function resolve(id: string, { state, user }: Caller): GerritAccount | undefined {
  const number = /^\d+$/.exec(id)?.[0] ?? /\((\d+)\)$/.exec(id)?.[1];
  if (number !== undefined) return state.accounts.find((account) => account.id === Number(number));
  const wanted = (id === 'self' ? user : id).toLowerCase();
  const matches = state.accounts.filter(
    ({ name, email, username, inactive }) =>
      !inactive && [name, email, username].some((value) => value?.toLowerCase() === wanted),
  );
  return matches.length === 1 ? matches[0] : undefined;
}

interface GroupCall extends Caller {
  readonly group: GerritGroup;
}

function groupView(request: Recorded, call: GroupCall, [view, member]: readonly string[]): Answer {
  const { group, state } = call;
  if (view === undefined) return json(groupInfo(group));
  if (view === 'detail') return json(groupDetail(call));
  if (view !== 'members') return text(404, 'Not Found');
  if (group.id.includes(':')) return text(405, 'Method Not Allowed');
  if (member === undefined || member === '') {
    const recursive = ['', 'true'].includes(request.query.get('recursive') ?? 'false');
    const ids = recursive ? membersOf(group, state, new Set()) : new Set(group.members);
    const members = state.accounts.filter((account) => ids.has(account.id));
    return json(members.toSorted((a, b) => a.name.localeCompare(b.name)).map(accountInfo));
  }
  const account = resolve(member, call);
  return account && group.members.includes(account.id) ? json(accountInfo(account)) : notFound(member);
}

/** Ids of direct and included members. External groups, and groups hidden from the caller, add nobody; circles end. */
function membersOf(group: GerritGroup, state: GerritState, visited: Set<string>): ReadonlySet<number> {
  if (visited.has(group.id)) return new Set();
  visited.add(group.id);
  const included = group.includes
    .filter((id) => !id.includes(':'))
    .flatMap((id) => state.groups.filter((candidate) => candidate.id === id && !candidate.hidden))
    .flatMap((inner) => [...membersOf(inner, state, visited)]);
  return new Set([...group.members, ...included]);
}

const groupInfo = ({ id, number, name }: GerritGroup) => ({
  id: encodeURIComponent(id),
  name,
  url: `#/admin/groups/uuid-${id}`,
  options: {},
  group_id: number,
});

const groupDetail = ({ group, state }: GroupCall) => ({
  ...groupInfo(group),
  members: state.accounts.filter(({ id }) => group.members.includes(id)).map(accountInfo),
  includes: group.includes.map((id) => {
    const internal = state.groups.find((candidate) => candidate.id === id);
    return internal
      ? groupInfo(internal)
      : { id: encodeURIComponent(id), name: id.replace(/^ldap:/, 'ldap/') };
  }),
});
