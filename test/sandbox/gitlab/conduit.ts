import { type Answer, type Recorded, startServer } from '../server.ts';
import { ConduitFault, CrashFault, decodeCall, type Params, refuseUnknown } from './conduit-call.ts';
import { type PhabricatorProject, searchProjects } from './conduit-projects.ts';

/**
 * One Phabricator account. `ldapName` is the LDAP `cn` it is linked to; several accounts may be linked to one. `unapproved`: waits
 * for approval. `unverified`: the e-mail is not verified where that is required. `list`: a mailing list, no person.
 */
export interface PhabricatorAccount {
  readonly phid: string;
  readonly userName: string;
  readonly realName: string;
  ldapName?: string;
  disabled?: boolean;
  bot?: boolean;
  list?: boolean;
  admin?: boolean;
  unapproved?: boolean;
  unverified?: boolean;
}

/** `token` belongs to the account named `user`. `now` in milliseconds since 1970. */
export interface ConduitOptions {
  readonly token: string;
  readonly user: string;
  readonly accounts: PhabricatorAccount[];
  readonly projects: PhabricatorProject[];
  readonly now: () => number;
}

/** What the server holds, live. */
export interface ConduitState {
  readonly accounts: PhabricatorAccount[];
  readonly projects: PhabricatorProject[];
}

/** A Phabricator's Conduit on 127.0.0.1. Every answer to a call has status 200, errors included. */
export async function startConduit(options: ConduitOptions) {
  const state: ConduitState = { accounts: options.accounts, projects: options.projects };
  const server = await startServer((request) => answerTo(request, options, state), { now: options.now });
  return {
    ...server,
    state,
    get peak() {
      return server.peak;
    },
  };
}

type Method = (params: Params, state: ConduitState, viewer: PhabricatorAccount) => unknown;

const METHODS: Readonly<Record<string, Method>> = {
  'user.whoami': whoAmI,
  'user.ldapquery': ldapQuery,
  'project.search': (params, { projects }) => searchProjects(params, projects),
};

function answerTo(request: Recorded, options: ConduitOptions, state: ConduitState): Answer {
  const name = /^\/api\/([a-z.]+)$/.exec(request.path)?.[1];
  if (name === undefined) return page(200, '404 Not Found');
  try {
    // Parameters by GET are not read, the token neither.
    if (request.method !== 'POST') throw new ConduitFault('ERR-INVALID-SESSION', NO_SESSION);
    const { params, metadata } = decodeCall(request);
    const method = METHODS[name];
    if (!method) throw new ConduitFault('ERR-CONDUIT-CALL', `API method "${name}" does not exist.`);
    const viewer = authenticate(metadata['token'], options);
    return reply({ result: method(params, state, viewer), error_code: null, error_info: null });
  } catch (error) {
    if (error instanceof CrashFault) return page(500, error.message);
    if (!(error instanceof ConduitFault)) throw error;
    return reply({ result: null, error_code: error.code, error_info: error.message });
  }
}

const reply = (body: object): Answer => ({ status: 200, body });

const page = (status: number, title: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body>${title}</body></html>`,
});

const NO_SESSION = 'Session key is not present.';

const PREFIXES = ['api', 'cli', 'clr'];

// The real server repeats the token in these messages; printing them prints a secret.
function authenticate(token: unknown, options: ConduitOptions): PhabricatorAccount {
  if (typeof token !== 'string' || token === '') {
    throw new ConduitFault('ERR-INVALID-SESSION', NO_SESSION);
  }
  const refuse = (what: string) => new ConduitFault('ERR-INVALID-AUTH', `API token "${token}" ${what}`);
  if (token.length !== 32) {
    throw refuse('has the wrong length. API tokens should be 32 characters long.');
  }
  if (!PREFIXES.includes(token.split('-')[0] ?? '')) {
    throw refuse(
      `has the wrong format. API tokens should be 32 characters long and begin with one of these prefixes: ${PREFIXES.join(', ')}.`,
    );
  }
  const viewer =
    token === options.token && options.accounts.find(({ userName }) => userName === options.user);
  if (!viewer) throw refuse('is not valid.');
  if (viewer.disabled) {
    throw new ConduitFault('ERR-INVALID-AUTH', 'User account is not permitted to use the API.');
  }
  return viewer;
}

/** Roles in the server's order; `activated` is who can sign in. */
function rolesOf({
  disabled,
  bot,
  list,
  admin,
  unverified,
  unapproved,
}: PhabricatorAccount): readonly string[] {
  return [
    ...(disabled ? ['disabled'] : []),
    ...(bot ? ['agent'] : []),
    ...(list ? ['list'] : []),
    ...(admin ? ['admin'] : []),
    unverified ? 'unverified' : 'verified',
    ...(unapproved ? [] : ['approved']),
    ...(disabled || unapproved || unverified ? [] : ['activated']),
  ];
}

function accountEntity(account: PhabricatorAccount) {
  const roles = rolesOf(account);
  const { phid, userName, realName } = account;
  return { phid, userName, realName, image: null, uri: `https://phabricator.example/p/${userName}/`, roles };
}

function whoAmI(params: Params, _state: ConduitState, viewer: PhabricatorAccount) {
  refuseUnknown('user.whoami', params, []);
  return { ...accountEntity(viewer), primaryEmail: `${viewer.userName}@example.org` };
}

function ldapQuery(params: Params, { accounts }: ConduitState) {
  refuseUnknown('user.ldapquery', params, ['ldapnames', 'offset', 'limit']);
  const names = params['ldapnames'] ?? [];
  if (!Array.isArray(names)) throw new CrashFault('Unhandled Exception ("TypeError")');
  // The database compares names as it compares padded text: spaces at the end do not count, case does.
  const asked = names.map((name) => String(name).replace(/ +$/, ''));
  const found = accounts.filter(({ ldapName }) => ldapName !== undefined && asked.includes(ldapName));
  if (found.length === 0) {
    throw new ConduitFault('ERR-INVALID-PARAMETER', `Unknown or missing ldap names: ${names.join(', ')}`);
  }
  const offset = Number(params['offset'] ?? 0);
  const limit = Number(params['limit'] ?? 100);
  return found
    .slice(offset, offset + limit)
    .map((account) => ({ ...accountEntity(account), ldap_username: account.ldapName }));
}
