import { type Answer, type Recorded, startServer } from '../server.ts';
import { keysetPage } from './pages.ts';
import {
  adminEntity,
  basicEntity,
  filterUsers,
  type GitLabUser,
  ParameterFault,
  publicEntity,
} from './users.ts';

/** A personal access token: whose it is and what it may do. `ended` tokens answer 401 with their own words. */
export interface GitLabToken {
  readonly admin: boolean;
  readonly scopes: readonly ('api' | 'read_api' | 'read_user' | 'read_repository' | 'admin_mode')[];
  readonly ended?: 'expired' | 'revoked';
}

/** `token` is an administrator's with the scopes `api` and `admin_mode`; `tokens` are further ones. `now` in milliseconds since 1970. */
export interface GitLabOptions {
  readonly users: GitLabUser[];
  readonly token: string;
  readonly now: () => number;
  readonly tokens?: Readonly<Record<string, GitLabToken>>;
  /** The host, with its port, that the configuration names. Links and addresses have it, with the scheme of the request. */
  readonly externalHost?: string;
  /** Whether Admin Mode is on: then a token without the scope `admin_mode` is answered as anybody's. */
  readonly adminMode?: boolean;
  /** Filters of `GET /users` that this version does not know yet and so ignores. */
  readonly ignoredFilters?: readonly string[];
  readonly port?: number | undefined;
}

/** What the server holds, live: change it between two requests and the next answer shows it. */
export interface GitLabState {
  readonly users: GitLabUser[];
  /** Called with each request before it is handled: the place for somebody else to be faster. */
  before: ((request: Recorded) => void) | undefined;
}

/** One approval that was carried out. */
export interface GitLabApproval {
  readonly id: number;
  readonly username: string;
  readonly at: number;
}

/** A GitLab with accounts and their approval, on 127.0.0.1. */
export async function startGitLab(options: GitLabOptions) {
  const state: GitLabState = { users: options.users, before: undefined };
  const approvals: GitLabApproval[] = [];
  const server = await startServer(
    (request) => {
      state.before?.(request);
      const host = options.externalHost ?? new URL(server.origin).host;
      const origin = `${request.headers['x-forwarded-proto'] ?? 'http'}://${host}`;
      return answerTo(request, { options, state, approvals, origin });
    },
    { now: options.now, port: options.port },
  );
  return {
    ...server,
    state,
    approvals,
    get peak() {
      return server.peak;
    },
  };
}

interface Context {
  readonly options: GitLabOptions;
  readonly state: GitLabState;
  readonly approvals: GitLabApproval[];
  readonly origin: string;
}

const message = (status: number, text: string): Answer => ({ status, body: { message: text } });

const NO_ROUTE: Answer = { status: 404, body: { error: '404 Not Found' } };

function answerTo(request: Recorded, context: Context): Answer {
  const handle = ROUTES[`${request.method} ${request.path.replace(/(?<=\/users\/)\d+/, ':id')}`];
  if (!handle) return NO_ROUTE;
  const caller = authenticate(request, context.options);
  if ('status' in caller) return caller;
  try {
    return handle(request, context, caller);
  } catch (error) {
    if (error instanceof ParameterFault) return { status: 400, body: { error: error.message } };
    throw error;
  }
}

interface Caller {
  readonly signedIn: boolean;
  readonly admin: boolean;
}

type Handle = (request: Recorded, context: Context, caller: Caller) => Answer;

const ROUTES: Readonly<Record<string, Handle>> = {
  'GET /api/v4/users': listUsers,
  'GET /api/v4/users/:id': showUser,
  'POST /api/v4/users/:id/approve': approve,
};

function tokenOf({ headers }: Recorded): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
  const own = headers['private-token'];
  return own === undefined ? bearer : String(own);
}

const ENDED = {
  expired: 'Token is expired. You can either do re-authorization or token refresh.',
  revoked: 'Token was revoked. You have to re-authorize from the user.',
};

function authenticate(request: Recorded, { token, tokens, adminMode }: GitLabOptions): Caller | Answer {
  const given = tokenOf(request);
  const reading = request.method === 'GET';
  if (given === undefined && reading) return { signedIn: false, admin: false };
  const known: Readonly<Record<string, GitLabToken>> = {
    ...tokens,
    [token]: { admin: true, scopes: ['api', 'admin_mode'] },
  };
  const found = given === undefined ? undefined : known[given];
  if (!found) return message(401, '401 Unauthorized');
  if (found.ended) {
    return { status: 401, body: { error: 'invalid_token', error_description: ENDED[found.ended] } };
  }
  const enough = reading ? ['api', 'read_api', 'read_user'] : ['api'];
  const admin = found.admin && (!adminMode || found.scopes.includes('admin_mode'));
  if (found.scopes.some((scope) => enough.includes(scope))) return { signedIn: true, admin };
  const error_description = 'The request requires higher privileges than provided by the access token.';
  return { status: 403, body: { error: 'insufficient_scope', error_description, scope: enough.join(' ') } };
}

function listUsers({ query }: Recorded, context: Context, caller: Caller): Answer {
  if (!caller.signedIn && !query.get('username')) {
    return message(403, '403 Forbidden - Not authorized to access /api/v4/users');
  }
  const ignored = context.options.ignoredFilters ?? [];
  const users = filterUsers(context.state.users, query, { admin: caller.admin, ignored });
  const page = keysetPage(users, { query, url: `${context.origin}/api/v4/users` }, caller.admin);
  const entity = caller.admin ? adminEntity : basicEntity;
  return { status: 200, headers: page.headers, body: page.rows.map((user) => entity(user, context.origin)) };
}

const userAt = ({ path }: Recorded, { state }: Context): GitLabUser | undefined =>
  state.users.find((user) => user.id === Number(path.split('/')[4]));

function showUser(request: Recorded, context: Context, caller: Caller): Answer {
  if (!caller.signedIn) return message(403, '403 Forbidden - Not authorized!');
  const user = userAt(request, context);
  if (!user) return message(404, '404 User Not Found');
  const entity = caller.admin ? adminEntity : publicEntity;
  return { status: 200, body: entity(user, context.origin) };
}

function approve(request: Recorded, context: Context, caller: Caller): Answer {
  const user = userAt(request, context);
  if (!user) return message(404, '404 User Not Found');
  if (!caller.admin) return message(403, 'You are not allowed to approve a user');
  // Accounts that an administrator or LDAP blocked are refused as 409 too, whatever the documentation says of 403.
  if (user.state !== 'blocked_pending_approval') {
    return message(409, 'The user you are trying to approve is not pending approval');
  }
  if (user.invalid !== undefined) return message(422, user.invalid);
  user.state = 'active';
  context.approvals.push({ id: user.id, username: user.username, at: request.at });
  return message(201, 'Success');
}
