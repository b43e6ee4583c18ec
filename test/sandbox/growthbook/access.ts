import type { CustomRole, GrowthBookRelease, MemberRow, ProjectRoleRow, RoleRow, TeamRow } from './state.ts';

/** One role that counts. `environments` null is all of them, `[]` none. Role `noaccess` gives nothing and is never a grant. */
export interface Grant {
  readonly role: string;
  readonly environments: readonly string[] | null;
}

/** The roles that every organisation has. */
export const BUILT_IN_ROLES = [
  'noaccess',
  'readonly',
  'collaborator',
  'visualEditor',
  'engineer',
  'analyst',
  'experimenter',
  'gbDefault_projectAdmin',
  'admin',
] as const;

type Part = 'role' | 'environments' | 'limitAccessByEnvironment' | 'additionalRoles';
type Principal = Pick<ProjectRoleRow, Part> | Pick<MemberRow, Part>;

/** What access depends on: the state of a sandbox, or lists made by hand. The release is `main` where none is given. */
export interface Organisation {
  readonly members: readonly MemberRow[];
  readonly teams: readonly TeamRow[];
  readonly customRoles?: readonly CustomRole[];
  readonly release?: GrowthBookRelease;
}

/**
 * What a member can do on a project: explicit roles there, the member's and its teams', together and alone; without any, the
 * member's global role, its additional ones and the teams' global ones. Of two entries of one holder for the project the last
 * counts on 5.0.1, and both add up on main. No grant: no access. Throws for an unknown id.
 */
export function effectiveAccess(
  organisation: Organisation,
  memberId: string,
  projectId: string,
): readonly Grant[] {
  const principals = principalsOf(organisation, memberId);
  const explicit = principals.flatMap((principal) => entriesFor(principal, projectId, organisation.release));
  const counting = explicit.length > 0 ? explicit : principals;
  return distinct(counting.flatMap((principal) => grantsOf(principal, organisation)));
}

/** What a member can do where no project is concerned: its global role, its additional ones and its teams' global ones. */
export function globalAccess(organisation: Organisation, memberId: string): readonly Grant[] {
  const principals = principalsOf(organisation, memberId);
  return distinct(principals.flatMap((principal) => grantsOf(principal, organisation)));
}

/** Whether a member may add, change and remove members, by itself or through a team. No project role gives or takes that. */
export const administers = (organisation: Organisation, memberId: string): boolean =>
  globalAccess(organisation, memberId).some(({ role }) => managesTeam(role, organisation.customRoles ?? []));

/**
 * Whether some grant of `after` is more than `before` gave: rank first, then environments. `order` ranks roles, the least first;
 * one that is not in it ranks above all.
 */
export function gained(before: readonly Grant[], after: readonly Grant[], order: readonly string[]): boolean {
  const rank = (role: string): number => (order.includes(role) ? order.indexOf(role) : order.length);
  return after.some((grant) => {
    if (before.some((old) => rank(old.role) > rank(grant.role))) return false;
    const same = before.filter((old) => old.role === grant.role);
    if (same.length === 0) return true;
    if (same.some((old) => old.environments === null)) return false;
    const had = same.flatMap((old) => old.environments ?? []);
    return (
      grant.environments === null || grant.environments.some((environment) => !had.includes(environment))
    );
  });
}

/** Whether a role may add, change and remove members. */
export function managesTeam(role: string, customRoles: readonly CustomRole[]): boolean {
  return role === 'admin' || customRoles.some((custom) => custom.id === role && custom.managesTeam === true);
}

function principalsOf({ members, teams }: Organisation, memberId: string) {
  const member = members.find(({ id }) => id === memberId);
  if (!member) throw new Error(`sandbox: no member ${memberId}`);
  return [member, ...teams.filter(({ id }) => member.teams?.includes(id))];
}

function entriesFor(
  { projectRoles = [] }: MemberRow | TeamRow,
  project: string,
  release: GrowthBookRelease = 'main',
): readonly ProjectRoleRow[] {
  const entries = projectRoles.filter((entry) => entry.project === project);
  return release === 'main' ? entries : entries.slice(-1);
}

function grantsOf(principal: Principal, { release = 'main', customRoles = [] }: Organisation): Grant[] {
  const own: Omit<RoleRow, 'environments'> & { environments?: string[] } = principal;
  const additional = release === 'main' ? (principal.additionalRoles ?? []) : [];
  const isEmpty = (role: string) =>
    role === 'noaccess' || customRoles.some(({ id, withoutPolicies }) => id === role && withoutPolicies);
  return [own, ...additional]
    .filter(({ role }) => !isEmpty(role))
    .map(({ role, environments, limitAccessByEnvironment }) => ({
      role,
      environments: limitAccessByEnvironment ? (environments ?? []).toSorted() : null,
    }));
}

function distinct(grants: readonly Grant[]): readonly Grant[] {
  const byText = new Map(grants.map((grant) => [JSON.stringify(grant), grant]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}
