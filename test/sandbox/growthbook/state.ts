import type { Recorded } from '../server.ts';
import type { TeamsForm } from './teams.ts';

/** A role with its environments. The list counts only where `limitAccessByEnvironment` is true; `[]` is then none at all. */
export interface RoleRow {
  role: string;
  environments: string[];
  limitAccessByEnvironment?: boolean;
}

/** A role on one project. `project` is stored unchecked. */
export interface ProjectRoleRow extends RoleRow {
  project: string;
  additionalRoles?: RoleRow[];
}

/** A row of the organisation's one array of members. Old rows have no more than `id` and `role`. */
export interface MemberRow {
  id: string;
  role: string;
  teams?: string[];
  environments?: string[];
  limitAccessByEnvironment?: boolean;
  additionalRoles?: RoleRow[];
  projectRoles?: ProjectRoleRow[];
  lastLoginDate?: string;
  dateCreated?: string;
  managedByIdp?: boolean;
}

/** A user document: it lives outside the members' array, so rewriting that array leaves it alone. */
export interface UserDocument {
  name?: string;
  email: string;
  dateCreated: string;
}

/** A member with its user document. Without `email` there is no document: a ghost, never listed, yet updated by id. */
export interface MemberSeed extends MemberRow {
  name?: string;
  email?: string;
}

export interface TeamRow extends RoleRow {
  id: string;
  name: string;
  additionalRoles?: RoleRow[];
  projectRoles?: ProjectRoleRow[];
  managedByIdp?: boolean;
}

export interface ProjectRow {
  id: string;
  name: string;
}

/** A custom role of the organisation, with what a role sync can notice of it. */
export interface CustomRole {
  id: string;
  managesTeam?: boolean;
  limitedByEnvironment?: boolean;
  /** Allows nothing at all, as `noaccess`. */
  withoutPolicies?: boolean;
  /** Hidden in the UI; the API takes it all the same. */
  deactivated?: boolean;
}

/** What a new sign-in gets. */
export interface DefaultRole {
  role: string;
  environments: string[];
  limitAccessByEnvironment: boolean;
}

/** A secret key with a role, or a personal token where `userId` is there. */
export interface ApiKey {
  id: string;
  secret: string;
  role?: string;
  userId?: string;
  ended?: 'disabled' | 'expired';
}

/** `free-new` has `limits.roleManagement: false`; `free-legacy` is an organisation from before there were limits. */
export type GrowthBookPlan = 'free-new' | 'free-legacy' | 'pro' | 'enterprise';

/**
 * `main` has additional roles, refuses two entries for one project and checks the whole row; 5.0.1 strips and never lists additional
 * roles, takes two entries and checks what was sent.
 */
export type GrowthBookRelease = 'main' | '5.0.1';

/** One role write that was answered with 200. `before` and `after` are the row as read and as written, whatever became of it since. */
export interface RoleWrite {
  readonly memberId: string;
  readonly body: unknown;
  readonly at: number;
  readonly before: MemberRow;
  readonly after: MemberRow;
}

/** A colleague's login that read the array before a write and writes it back after: what was answered with 200 is gone. */
export interface LoginRace {
  readonly memberId: string;
  readonly when: (write: RoleWrite) => boolean;
  left: number;
}

/** What the server holds, live: change it between two requests and the next answer shows it. A write replaces `members` as a whole. */
export interface GrowthBookState {
  members: MemberRow[];
  readonly users: Map<string, UserDocument>;
  readonly teams: TeamRow[];
  readonly projects: ProjectRow[];
  readonly keys: ApiKey[];
  readonly customRoles: CustomRole[];
  readonly environments: string[];
  readonly races: LoginRace[];
  readonly release: GrowthBookRelease;
  /** In which form the teams are answered; `list` by default. */
  teamsForm: TeamsForm;
  defaultRole: DefaultRole;
  plan: GrowthBookPlan;
  /** Called with each request before it is handled: the place for somebody else to be faster. */
  before: ((request: Recorded) => void) | undefined;
}

/** What the state is made from. Left out: main, one administrator's key (`DEFAULT_KEY`), enterprise, role `CustomElevatedAccess`, dev and production, sign-ins get noaccess. */
export interface GrowthBookContent {
  readonly members: readonly MemberSeed[];
  readonly teams?: readonly TeamRow[];
  readonly projects?: readonly ProjectRow[];
  readonly keys?: readonly ApiKey[];
  readonly customRoles?: readonly CustomRole[];
  readonly environments?: readonly string[];
  readonly defaultRole?: DefaultRole;
  readonly teamsForm?: TeamsForm;
  readonly plan?: GrowthBookPlan;
  readonly release?: GrowthBookRelease;
  /** Rows start without what is empty or false, as an import leaves them, until the first write gives them defaults. */
  readonly bareRows?: boolean;
}

/** An organisation key with the role admin. */
export const DEFAULT_KEY: ApiKey = { id: 'key_sync', secret: 'secret_admin_sandbox', role: 'admin' };

/** When everything here was created, by default. */
export const CREATED = '2025-01-15T09:00:00.000Z';

/** The state at the start. Seeds are copied, never changed. */
export function createState(content: GrowthBookContent): GrowthBookState {
  const seeds = structuredClone([...content.members]);
  return {
    members: seeds
      .map(({ name: _name, email: _email, ...row }) => row)
      .map((row) => (content.bareRows ? bareRow(row) : row)),
    users: new Map(seeds.flatMap(userOf)),
    teams: structuredClone([...(content.teams ?? [])]),
    projects: structuredClone([...(content.projects ?? [])]),
    keys: structuredClone([...(content.keys ?? [DEFAULT_KEY])]),
    customRoles: structuredClone([...(content.customRoles ?? [{ id: 'CustomElevatedAccess' }])]),
    environments: [...(content.environments ?? ['dev', 'production'])],
    races: [],
    release: content.release ?? 'main',
    teamsForm: content.teamsForm ?? 'list',
    defaultRole: structuredClone(
      content.defaultRole ?? { role: 'noaccess', environments: [], limitAccessByEnvironment: false },
    ),
    plan: content.plan ?? 'enterprise',
    before: undefined,
  };
}

function userOf({ id, name, email }: MemberSeed): [string, UserDocument][] {
  if (email === undefined) return [];
  return [[id, { email, dateCreated: CREATED, ...(name === undefined ? {} : { name }) }]];
}

function bareRow({
  environments,
  limitAccessByEnvironment,
  teams,
  additionalRoles,
  projectRoles,
  ...row
}: MemberRow) {
  const listed = <T>(name: string, list: readonly T[] | undefined) =>
    list && list.length > 0 ? { [name]: list } : {};
  const entries = projectRoles?.map(({ additionalRoles: own, ...entry }) => ({
    ...entry,
    ...listed('additionalRoles', own),
  }));
  return {
    ...row,
    ...listed('environments', environments),
    ...(limitAccessByEnvironment ? { limitAccessByEnvironment } : {}),
    ...listed('teams', teams),
    ...listed('additionalRoles', additionalRoles),
    ...listed('projectRoles', entries),
  };
}
