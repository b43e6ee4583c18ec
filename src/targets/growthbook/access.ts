import type { Kind } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import type { Member, ProjectRole } from './schema.ts';

/**
 * What a member has: `projectRole` is null where there is no entry for the project. Additional roles are the member's own,
 * those of its entries for the project, and the roles of every further entry: release 5.0.1 accepts several for one project.
 */
export interface Access {
  readonly globalRole: string;
  readonly projectRole: string | null;
  readonly additionalRoles: readonly string[];
}

/** How access is compared and written: the order of roles, the project, and the highest global role of a write. */
export interface AccessRules {
  readonly order: readonly string[];
  readonly project: string;
  readonly maxGlobalRole: string;
  /** The other projects that the same run writes. */
  readonly otherProjects?: readonly string[];
}

/** The rules of the project that a change is about. */
export type RulesOf = (change: { readonly project?: string }) => AccessRules;

/** All entries of a member for the project. */
export const entriesOf = ({ projectRoles }: Pick<Member, 'projectRoles'>, project: string) =>
  projectRoles.filter((entry) => entry.project === project);

/** The member's entry for the project; of several, the one that gives most. */
export function entryOf(member: Member, { project, order }: ProjectRules): ProjectRole | undefined {
  const rank = rankIn(order);
  return entriesOf(member, project).reduce<ProjectRole | undefined>(
    (best, entry) => (best && rank(best.role) >= rank(entry.role) ? best : entry),
    undefined,
  );
}

/** The current access of a member. */
export function currentAccess(member: Member, rules: ProjectRules): Access {
  const entry = entryOf(member, rules);
  return {
    globalRole: member.globalRole,
    projectRole: entry?.role ?? null,
    additionalRoles: additionalRolesOf(member, entry, rules.project),
  };
}

const NO_ROLES: readonly string[] = [];

function additionalRolesOf(
  member: Member,
  entry: ProjectRole | undefined,
  project: string,
): readonly string[] {
  const rows: { readonly role: string }[] = [...member.additionalRoles];
  for (const own of entriesOf(member, project)) {
    if (own !== entry) rows.push(own);
    if (own.additionalRoles) rows.push(...own.additionalRoles);
  }
  return rows.length === 0 ? NO_ROLES : [...new Set(rows.map(({ role }) => role))].toSorted();
}

/** The project, and how its roles are ranked. */
export type ProjectRules = Pick<AccessRules, 'project' | 'order' | 'otherProjects'>;

/** The role that is in force on the project. */
export const projectRoleOf = ({ projectRole, globalRole }: Access): string => projectRole ?? globalRole;

/**
 * The desired access of a member: the role that the rules give. The global role never rises and never is above `maxGlobalRole`. A role that is not in the order may allow more or less than any other, so it becomes `noaccess`.
 */
export function desiredAccess(from: Access, role: string, { order, maxGlobalRole }: AccessRules): Access {
  const rank = rankIn(order);
  const allowed = rank(from.globalRole) > rank(maxGlobalRole) ? maxGlobalRole : from.globalRole;
  const globalRole = order.includes(from.globalRole) ? allowed : 'noaccess';
  const to = { globalRole, projectRole: role, additionalRoles: [] };
  return kindOf(from, to, order) === 'unchanged' ? from : to;
}

/** The kind of change from one access to another. If the project role changes, it decides the kind; else the other losses and gains do. */
export function kindOf(from: Access, to: Access, order: readonly string[]): Kind {
  const rank = rankIn(order);
  const [before, after] = [projectRoleOf(from), projectRoleOf(to)];
  if (rank(after) < rank(before)) return after === 'noaccess' ? 'revoke' : 'downgrade';
  if (rank(after) > rank(before)) return before === 'noaccess' ? 'grant' : 'upgrade';
  if (rank(from.globalRole) < rank(to.globalRole) || lacksAny(from, to)) return 'upgrade';
  return from.globalRole !== to.globalRole || lacksAny(to, from) ? 'downgrade' : 'unchanged';
}

/** Whether one access is without an additional role that the other has. */
const lacksAny = (access: Access, other: Access): boolean =>
  other.additionalRoles.some((role) => !access.additionalRoles.includes(role));

/** A change of access in a few words: the project role, and other changes with it. */
export function describe(from: Access, to: Access): string {
  const role = `${projectRoleOf(from)}${from.projectRole === null ? ' (global)' : ''} → ${projectRoleOf(to)}`;
  const global = from.globalRole === to.globalRole ? [] : [`global ${from.globalRole} → ${to.globalRole}`];
  const lost = from.additionalRoles.filter((one) => !to.additionalRoles.includes(one));
  const gained = to.additionalRoles.filter((one) => !from.additionalRoles.includes(one));
  const additional = [
    ...(lost.length > 0 ? [`without additional ${lost.join(', ')}`] : []),
    ...(gained.length > 0 ? [`with additional ${gained.join(', ')}`] : []),
  ];
  return [role, ...global, ...additional].join(', ');
}
