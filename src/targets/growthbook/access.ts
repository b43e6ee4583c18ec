import type { Kind } from '../../engine/model.ts';
import { rankIn } from '../../engine/role-order.ts';
import type { Member, ProjectRole } from './schema.ts';

/** What a member holds: `projectRole` is null where there is no entry for the project; additional roles are the member's own and the entry's. */
export interface Access {
  readonly globalRole: string;
  readonly projectRole: string | null;
  readonly additionalRoles: readonly string[];
}

/** How access is weighed and written: the ranking, the project, and the highest global role that a write may carry. */
export interface AccessRules {
  readonly order: readonly string[];
  readonly project: string;
  readonly maxGlobalRole: string;
}

/** The member's entry for the project: the first, where there are several. */
export const entryOf = (member: Member, project: string): ProjectRole | undefined =>
  member.projectRoles.find((entry) => entry.project === project);

/** What a member holds now. */
export function currentAccess(member: Member, project: string): Access {
  const entry = entryOf(member, project);
  const additional = [...member.additionalRoles, ...(entry?.additionalRoles ?? [])].map(({ role }) => role);
  return {
    globalRole: member.globalRole,
    projectRole: entry?.role ?? null,
    additionalRoles: [...new Set(additional)].toSorted(),
  };
}

/** The role that counts on the project. */
export const projectRoleOf = ({ projectRole, globalRole }: Access): string => projectRole ?? globalRole;

/** What a member who holds `from` is to hold when due `role`: the global role never rises, and never stands above the ceiling. */
export function desiredAccess(from: Access, role: string, { order, maxGlobalRole }: AccessRules): Access {
  const rank = rankIn(order);
  const globalRole = rank(from.globalRole) > rank(maxGlobalRole) ? maxGlobalRole : from.globalRole;
  const to = { globalRole, projectRole: role, additionalRoles: [] };
  return kindOf(from, to, order) === 'unchanged' ? from : to;
}

/** The kind of change from one access to another. The project role gives the kind where it moves; else what else is lost does. */
export function kindOf(from: Access, to: Access, order: readonly string[]): Kind {
  const rank = rankIn(order);
  const [before, after] = [projectRoleOf(from), projectRoleOf(to)];
  if (rank(after) < rank(before)) return after === 'noaccess' ? 'revoke' : 'downgrade';
  if (rank(after) > rank(before)) return before === 'noaccess' ? 'grant' : 'upgrade';
  const loses = from.globalRole !== to.globalRole || from.additionalRoles.length > to.additionalRoles.length;
  return loses ? 'downgrade' : 'unchanged';
}

/** A move from one access to another in a few words: the project role, and what else moves with it. */
export function describe(from: Access, to: Access): string {
  const role = `${projectRoleOf(from)}${from.projectRole === null ? ' (global)' : ''} → ${projectRoleOf(to)}`;
  const global = from.globalRole === to.globalRole ? [] : [`global ${from.globalRole} → ${to.globalRole}`];
  const lost = from.additionalRoles.filter((one) => !to.additionalRoles.includes(one));
  return [role, ...global, ...(lost.length > 0 ? [`without additional ${lost.join(', ')}`] : [])].join(', ');
}
