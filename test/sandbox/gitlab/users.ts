/** The states of an account. */
export type GitLabState =
  | 'active'
  | 'blocked'
  | 'ldap_blocked'
  | 'blocked_pending_approval'
  | 'deactivated'
  | 'banned';

/** What kind of account it is; only `human` ones are people. */
export type GitLabUserType = 'human' | 'project_bot' | 'service_account' | 'ghost' | 'support_bot';

/** One account as the server keeps it. Rows are live: tests and demos may change them between two requests. */
export interface GitLabUser {
  readonly id: number;
  username: string;
  name: string;
  email: string;
  state: GitLabState;
  userType: GitLabUserType;
  admin: boolean;
  external: boolean;
  identities: { provider: string; extern_uid: string }[];
  createdAt: string;
  /** Why activation fails its validation, if it does. */
  invalid?: string;
}

/** An account that waits for approval, with what matters given. */
export function waitingUser(user: Pick<GitLabUser, 'id' | 'username'> & Partial<GitLabUser>): GitLabUser {
  return {
    name: user.username,
    email: `${user.username}@example.org`,
    state: 'blocked_pending_approval',
    userType: 'human',
    admin: false,
    external: false,
    identities: [{ provider: 'openid_connect', extern_uid: user.name ?? user.username }],
    createdAt: '2024-05-01T08:00:00.000Z',
    ...user,
  };
}

/** What anybody signed in sees in a list. */
export function basicEntity(user: GitLabUser, origin: string) {
  return {
    id: user.id,
    username: user.username,
    public_email: null,
    name: user.name,
    state: user.state,
    locked: false,
    avatar_url: null,
    web_url: `${origin}/${user.username}`,
  };
}

/** What anybody signed in sees of a single account. */
export function publicEntity(user: GitLabUser, origin: string) {
  const bot = user.userType !== 'human' && user.userType !== 'ghost';
  return {
    ...basicEntity(user, origin),
    created_at: user.createdAt,
    bio: '',
    bot,
    followers: 0,
    following: 0,
  };
}

/** What an administrator sees, in the list and of a single account. */
export function adminEntity(user: GitLabUser, origin: string) {
  return {
    ...publicEntity(user, origin),
    last_sign_in_at: null,
    confirmed_at: user.createdAt,
    last_activity_on: null,
    email: user.email,
    projects_limit: 100000,
    current_sign_in_at: null,
    identities: user.identities.map((identity) => ({ ...identity, saml_provider_id: null })),
    can_create_group: true,
    can_create_project: true,
    two_factor_enabled: false,
    external: user.external,
    private_profile: false,
    commit_email: user.email,
    is_admin: user.admin,
    note: null,
    namespace_id: user.id + 1000,
    created_by: null,
    email_reset_offered_at: null,
  };
}

/** A refusal of parameters, as Grape words it. */
export class ParameterFault extends Error {}

const HIDDEN: ReadonlySet<GitLabState> = new Set(['blocked', 'ldap_blocked', 'banned']);

const FLAGS: Readonly<Record<string, (user: GitLabUser) => boolean>> = {
  // Accounts that wait for approval are blocked in name only: this scope leaves them out.
  blocked: (user) => user.state === 'blocked' || user.state === 'ldap_blocked',
  humans: (user) => user.userType === 'human',
  exclude_active: (user) => user.state !== 'active',
};

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === '') return false;
  if (['true', 't', '1', 'on'].includes(value.toLowerCase())) return true;
  if (['false', 'f', '0', 'off'].includes(value.toLowerCase())) return false;
  throw new ParameterFault(`${name} is invalid`);
}

/** The accounts a query asks for. Parameters that the API does not know (`state`) change nothing, nor do those in `ignored`. */
export function filterUsers(
  users: readonly GitLabUser[],
  query: URLSearchParams,
  { admin, ignored }: { admin: boolean; ignored: readonly string[] },
): readonly GitLabUser[] {
  const names = Object.keys(FLAGS).filter((name) => !ignored.includes(name) && flag(query, name));
  const username = query.get('username')?.toLowerCase();
  return users
    .filter((user) => admin || !HIDDEN.has(user.state))
    .filter((user) => names.every((name) => FLAGS[name]?.(user)))
    .filter((user) => username === undefined || user.username.toLowerCase() === username);
}
