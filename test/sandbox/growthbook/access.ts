import type { CustomRole, GrowthBookState, MemberRow, ProjectRoleRow, RoleRow, TeamRow } from './state.ts';

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

/**
 * What a member can do on a project, by the rule of 5.0.0: explicit roles there, the member's and its teams', together and alone;
 * without any, the member's global role, its additional ones and the teams' global ones. No grant: no access. Throws for an unknown id.
 */
export function effectiveAccess(
  state: Pick<GrowthBookState, 'members' | 'teams'>,
  memberId: string,
  projectId: string,
): readonly Grant[] {
  const principals = principalsOf(state, memberId);
  const explicit = principals.flatMap((principal) => entryFor(principal, projectId) ?? []);
  return distinct((explicit.length > 0 ? explicit : principals).flatMap(grantsOf));
}

/** What a member can do where no project is concerned: its global role, its additional ones and its teams' global ones. */
export function globalAccess(
  state: Pick<GrowthBookState, 'members' | 'teams'>,
  memberId: string,
): readonly Grant[] {
  return distinct(principalsOf(state, memberId).flatMap(grantsOf));
}

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
    const held = same.flatMap((old) => old.environments ?? []);
    return (
      grant.environments === null || grant.environments.some((environment) => !held.includes(environment))
    );
  });
}

/** Whether a role may add, change and remove members. */
export function managesTeam(role: string, customRoles: readonly CustomRole[]): boolean {
  return role === 'admin' || customRoles.some((custom) => custom.id === role && custom.managesTeam === true);
}

function principalsOf(state: Pick<GrowthBookState, 'members' | 'teams'>, memberId: string) {
  const member = state.members.find(({ id }) => id === memberId);
  if (!member) throw new Error(`sandbox: no member ${memberId}`);
  return [member, ...state.teams.filter(({ id }) => member.teams?.includes(id))];
}

const entryFor = (principal: MemberRow | TeamRow, project: string): ProjectRoleRow | undefined =>
  principal.projectRoles?.find((entry) => entry.project === project);

function grantsOf(principal: Principal): Grant[] {
  const own: Omit<RoleRow, 'environments'> & { environments?: string[] } = principal;
  return [own, ...(principal.additionalRoles ?? [])]
    .filter(({ role }) => role !== 'noaccess')
    .map(({ role, environments, limitAccessByEnvironment }) => ({
      role,
      environments: limitAccessByEnvironment ? (environments ?? []).toSorted() : null,
    }));
}

function distinct(grants: readonly Grant[]): readonly Grant[] {
  const byText = new Map(grants.map((grant) => [JSON.stringify(grant), grant]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}
