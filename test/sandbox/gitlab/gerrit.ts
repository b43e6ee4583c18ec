import { type Answer, type Recorded, startServer } from '../server.ts';

/** One Gerrit account. `username` is kept in lower case by the server. */
export interface GerritAccount {
  readonly id: number;
  username?: string;
  name: string;
  email: string;
  inactive?: boolean;
}

/**
 * One group. `members` are account ids; `includes` are group ids. An id with a colon (`ldap:…`, `global:…`) is a group of LDAP or of
 * the system. By default groups are visible to all. `hidden` groups are not there for the caller.
 */
export interface GerritGroup {
  readonly id: string;
  readonly number: number;
  name: string;
  members: number[];
  includes: string[];
  visibleToAll?: boolean;
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

/** A Gerrit under `url` (the address before `/a/`), on 127.0.0.1. It has the members of groups and nothing else. */
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

const text = (status: number, body: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: `)]}'\n${JSON.stringify(value)}`,
});

const REALM = { 'www-authenticate': 'Basic realm="Gerrit Code Review"' };

function answerTo(request: Recorded, options: GerritOptions, state: GerritState): Answer {
  const path = /^\/r\/(a\/)?groups\/([^/]+)\/members\/?$/.exec(request.path);
  // Without /a/ everybody is anonymous, and these groups are visible to registered users only.
  const signedIn = request.path.startsWith('/r/a/');
  if (signedIn && !isUser(request, options)) return text(401, 'Unauthorized', REALM);
  if (request.method !== 'GET') return text(405, 'Method Not Allowed');
  if (!path) return text(404, 'Not Found');
  const id = decodeURIComponent((path[2] ?? '').replaceAll('+', ' '));
  const caller = state.accounts.find(({ username }) => username === options.user);
  const group = signedIn ? state.groups.find((one) => isCalled(one, id)) : undefined;
  if (!group || !isVisible(group, caller)) return text(404, `Not found: ${id}\n`);
  if (isForeign(group.id)) return text(405, 'Method Not Allowed');
  const isRecursive = ['', 'true'].includes(request.query.get('recursive') ?? 'false');
  const ids = isRecursive ? membersOf(group, { state, caller }, new Set()) : shown(group, caller);
  const members = state.accounts.filter((account) => ids.has(account.id));
  return json(members.toSorted((a, b) => a.name.localeCompare(b.name)).map(accountInfo));
}

function isUser({ headers }: Recorded, { user, password }: GerritOptions): boolean {
  const given = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return Buffer.from(given, 'base64').toString() === `${user}:${password}`;
}

const isCalled = ({ id, number, name }: GerritGroup, called: string): boolean =>
  [id, String(number), name].includes(called);

const isForeign = (id: string): boolean => id.includes(':');

type Caller = GerritAccount | undefined;

const isMember = ({ members }: GerritGroup, caller: Caller): boolean =>
  caller !== undefined && members.includes(caller.id);

const showsMembers = ({ visibleToAll = true }: GerritGroup): boolean => visibleToAll;

const isVisible = (group: GerritGroup, caller: Caller): boolean =>
  !group.hidden && (showsMembers(group) || isMember(group, caller));

/** The direct members that the caller is shown: all, or the caller alone. */
const shown = (group: GerritGroup, caller: Caller): ReadonlySet<number> =>
  new Set(showsMembers(group) ? group.members : group.members.filter((id) => id === caller?.id));

/** Ids of direct and included members. Groups that the caller can't see into, and groups of LDAP, add nobody; circles end. */
function membersOf(
  group: GerritGroup,
  context: { readonly state: GerritState; readonly caller: Caller },
  visited: Set<string>,
): ReadonlySet<number> {
  if (visited.has(group.id)) return new Set();
  visited.add(group.id);
  const direct = shown(group, context.caller);
  if (!showsMembers(group)) return direct;
  const included = group.includes
    .filter((id) => !isForeign(id))
    .flatMap((id) => context.state.groups.filter((one) => one.id === id && isVisible(one, context.caller)))
    .flatMap((inner) => [...membersOf(inner, context, visited)]);
  return new Set([...direct, ...included]);
}

const accountInfo = ({ id, name, email, username, inactive }: GerritAccount) => ({
  _account_id: id,
  name,
  email,
  ...(username === undefined ? {} : { username }),
  ...(inactive ? { inactive } : {}),
});
