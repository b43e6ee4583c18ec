/** Builds the request body that changes a member's role, or says why none can. */

import { type Access, type AccessRules, entryOf, projectRoleOf } from './access.ts';
import type { AdditionalRole, Member, ProjectRole } from './schema.ts';

/** Built-in roles that can't be limited to environments. The server refuses a limit on them. */
const WITHOUT_LIMIT = [
  'noaccess',
  'readonly',
  'collaborator',
  'visualEditor',
  'analyst',
  'gbDefault_projectAdmin',
  'admin',
];

/** Whether the role of a row can be limited to environments. For a custom role only the server knows it; if it has a limit, it can be limited. */
export const canBeLimited = (role: string): boolean => !WITHOUT_LIMIT.includes(role);

/** Built-in roles that can. */
const WITH_LIMIT = ['engineer', 'experimenter'];

interface Limited {
  readonly limitAccessByEnvironment: boolean;
  readonly environments: readonly string[];
}

/** A limit to no environment cannot be written: for the server an empty list means no limit. */
const cannotBeWritten = ({ limitAccessByEnvironment, environments }: Limited) =>
  limitAccessByEnvironment && environments.length === 0;

const copyLimit = ({ limitAccessByEnvironment, environments }: Limited) => ({
  environments: limitAccessByEnvironment ? [...environments] : [],
  limitAccessByEnvironment,
});

const copyAdditionalRole = (row: AdditionalRole) => ({ role: row.role, ...copyLimit(row) });

const copyEntry = (entry: ProjectRole) => ({
  project: entry.project,
  role: entry.role,
  ...copyLimit(entry),
  ...(entry.additionalRoles ? { additionalRoles: entry.additionalRoles.map(copyAdditionalRole) } : {}),
});

/** Whether a row keeps its limit with `role`: a role that can be limited for certain, or the custom role that it has already. */
const keepsLimit = (role: string, row: Limited & { readonly role: string }) =>
  row.limitAccessByEnvironment && (WITH_LIMIT.includes(role) || (row.role === role && canBeLimited(role)));

/** The environments of a limit that is kept; an empty list, which means all, if it is not kept. */
const keptEnvironments = (role: string, row: (Limited & { readonly role: string }) | undefined) =>
  row && keepsLimit(role, row) ? [...row.environments] : [];

/** Why no request can make this change without changing something else; undefined if one can. */
export function whyUnwritable(member: Member, to: Access, rules: AccessRules): string | undefined {
  const { project } = rules;
  if (member.managedbyIdp) return 'an identity provider manages this member';
  const others = member.projectRoles.filter((entry) => entry.project !== project);
  const [twice] = others.filter(
    (entry, index) => others.findIndex((other) => other.project === entry.project) !== index,
  );
  if (twice) return `there are two entries for project ${twice.project}`;
  const own = entryOf(member, rules);
  const isInOthers = others.some(
    (entry) => cannotBeWritten(entry) || entry.additionalRoles?.some(cannotBeWritten),
  );
  const isInMember = canBeLimited(to.globalRole) && cannotBeWritten(member);
  const isInOwn = own !== undefined && canBeLimited(projectRoleOf(to)) && cannotBeWritten(own);
  if (!isInOthers && !isInMember && !isInOwn) return undefined;
  return 'the row has a limit to no environment at all, which no write can express';
}

/** The member as the row will be after the write. */
export function afterWrite(member: Member, to: Access, rules: AccessRules): Member {
  const { project } = rules;
  const environments = keptEnvironments(to.globalRole, { ...member, role: member.globalRole });
  const role = projectRoleOf(to);
  const entry = entryOf(member, rules);
  const ownEnvironments = keptEnvironments(role, entry);
  const own: ProjectRole = {
    project,
    role,
    environments: ownEnvironments,
    limitAccessByEnvironment: ownEnvironments.length > 0,
    additionalRoles: [],
  };
  const others = member.projectRoles.filter((other) => other === entry || other.project !== project);
  return {
    ...member,
    globalRole: to.globalRole,
    environments,
    limitAccessByEnvironment: environments.length > 0,
    additionalRoles: [],
    projectRoles: entry ? others.map((other) => (other === entry ? own : other)) : [...others, own],
  };
}

/** The request body that gives a member `to` on the project and leaves every other project as it is. */
export function roleUpdate(member: Member, to: Access, terms: AccessRules) {
  const { globalRole, environments, projectRoles } = afterWrite(member, to, terms);
  return {
    member: {
      role: globalRole,
      environments,
      additionalRoles: [],
      projectRoles: projectRoles.map(copyEntry),
    },
  };
}
