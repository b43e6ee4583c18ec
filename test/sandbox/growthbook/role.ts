import { z } from 'zod';
import { BUILT_IN_ROLES } from './access.ts';
import { parse, Refusal } from './members.ts';
import type { GrowthBookRelease, GrowthBookState, MemberRow, ProjectRoleRow, RoleRow } from './state.ts';

const ROLE = z.object({
  role: z.string(),
  environments: z.array(z.string()),
  limitAccessByEnvironment: z.boolean().optional(),
});
const PROJECT_ROLE = ROLE.extend({ project: z.string(), additionalRoles: z.array(ROLE).optional() });
const BODY = z.strictObject({
  member: z.object({
    role: z.string().optional(),
    environments: z.array(z.string()).optional(),
    additionalRoles: z.array(ROLE).optional(),
    projectRoles: z.array(PROJECT_ROLE).optional(),
  }),
});
type Wanted = z.infer<typeof BODY>['member'];

/** The body of a role write. Unknown keys are refused outside and dropped inside, additional roles too before they existed. */
export function parseRoleBody(json: unknown, release: GrowthBookRelease): Wanted {
  const { member } = parse(BODY, json, 'Request body');
  if (release === 'main') return member;
  const { additionalRoles: _dropped, projectRoles, ...rest } = member;
  if (!projectRoles) return rest;
  return { ...rest, projectRoles: projectRoles.map(({ additionalRoles: _also, ...entry }) => entry) };
}

/** The row that a member may be given. Throws 400 for one that an identity provider manages. */
export function mergeRole(row: MemberRow, wanted: Wanted): MemberRow {
  if (row.managedByIdp) {
    const why = 'This user is managed via an External Identity Provider (IDP) via SCIM 2.0';
    throw new Refusal(400, `${why} - User can only be updated via the IDP`);
  }
  const { environments = row.environments, additionalRoles, projectRoles } = wanted;
  return {
    ...row,
    role: wanted.role || row.role,
    ...(environments ? { environments } : {}),
    limitAccessByEnvironment: Boolean(wanted.environments?.length),
    ...(additionalRoles ? { additionalRoles: additionalRoles.map(limited) } : {}),
    ...(projectRoles ? { projectRoles: projectRoles.map(entryOf) } : {}),
  };
}

const limited = ({ role, environments }: z.infer<typeof ROLE>): RoleRow => ({
  role,
  environments,
  limitAccessByEnvironment: environments.length > 0,
});

function entryOf({ project, additionalRoles, ...own }: z.infer<typeof PROJECT_ROLE>) {
  return {
    project,
    ...limited(own),
    ...(additionalRoles ? { additionalRoles: additionalRoles.map(limited) } : {}),
  };
}

/**
 * Refuses a row that the organisation can't have: 402 for want of role management, then 400 for the first fault. On main the whole
 * row is looked at, also what was not sent; before, only what was.
 */
export function checkRow(
  {
    before,
    after,
    wanted,
  }: { readonly before: MemberRow; readonly after: MemberRow; readonly wanted: Wanted },
  state: GrowthBookState,
): void {
  if (state.plan === 'free-new' && after.role !== before.role && after.role !== 'admin') {
    throw new Refusal(
      402,
      'Your plan only supports the admin role. Upgrade your plan to assign other roles.',
    );
  }
  const check = (role: Omit<RoleRow, 'environments'> & { environments?: string[] }): void =>
    checkRole(role, state);
  check(after);
  const whole = state.release === 'main';
  for (const role of after.additionalRoles ?? []) if (whole) check(role);
  const entries = (whole || wanted.projectRoles ? after.projectRoles : undefined) ?? [];
  if (entries.length > 0 && isFree(state)) {
    throw new Refusal(400, 'Your plan does not support providing users with project-level permissions.');
  }
  for (const entry of entries) for (const role of [entry, ...(entry.additionalRoles ?? [])]) check(role);
  if (whole && new Set(entries.map(({ project }) => project)).size < entries.length) {
    throw new Refusal(400, 'Only one rule per project.');
  }
}

const isFree = ({ plan }: GrowthBookState): boolean => plan === 'free-new' || plan === 'free-legacy';

const PREMIUM: Readonly<Record<string, string>> = {
  noaccess: 'no-access role',
  gbDefault_projectAdmin: 'project admin role',
};

function checkRole(
  { role, environments = [], limitAccessByEnvironment }: Partial<RoleRow> & { role: string },
  state: GrowthBookState,
): void {
  const custom = state.customRoles.find(({ id }) => id === role);
  if (!custom && !BUILT_IN_ROLES.some((id) => id === role)) {
    throw new Refusal(400, `${role}${state.release === 'main' ? '' : ')'} is not a valid role`);
  }
  if (PREMIUM[role] && state.plan !== 'enterprise') {
    throw new Refusal(400, `Must have a enterprise plan to gain access to the ${PREMIUM[role]}.`);
  }
  if (!limitAccessByEnvironment || environments.length === 0) return;
  if (isFree(state)) throw new Refusal(400, 'Must have a pro plan to restrict permissions by environment.');
  if (role !== 'engineer' && role !== 'experimenter' && !custom?.limitedByEnvironment) {
    throw new Refusal(400, `${role} does not support restricting access to certain environments.`);
  }
  const unknown = environments.find((id) => !state.environments.includes(id));
  if (unknown === undefined) return;
  throw new Refusal(400, `${unknown} is not a valid environment ID for this organization.`);
}

/**
 * A row as any write of the array leaves it. The first write after an upgrade or an import gives defaults to every row without
 * them: rows gain `environments` and the limit, project entries gain `additionalRoles` where the release has those.
 */
export function withDefaults(row: MemberRow, release: GrowthBookRelease): MemberRow {
  const entry = (one: ProjectRoleRow): ProjectRoleRow =>
    release === 'main' ? { ...one, additionalRoles: one.additionalRoles ?? [] } : one;
  return {
    ...row,
    environments: row.environments ?? [],
    limitAccessByEnvironment: row.limitAccessByEnvironment ?? false,
    ...(row.projectRoles ? { projectRoles: row.projectRoles.map(entry) } : {}),
  };
}

/** The answer's account of a row: the intended one, not one read again. Missing fields of an old row are absent. */
export function updatedMember(row: MemberRow, release: GrowthBookRelease) {
  const { id, role, environments, limitAccessByEnvironment, additionalRoles, projectRoles } = row;
  const shown = { id, role, environments, limitAccessByEnvironment, projectRoles };
  return release === 'main' ? { ...shown, additionalRoles } : shown;
}
