import type { Change } from '../../engine/model.ts';
import type { Access } from './access.ts';
import type { Member, Team } from './schema.ts';

/**
 * Finds the gains of roles that may not exist, grouped by role: GrowthBook has no list of its roles. A role that a member, a team or an entry has does exist. One write of each group shows whether the role exists, before anything else is written.
 */
export function probesFor(
  changes: readonly Change<Access, Member>[],
  { members, teams }: { readonly members: readonly Member[]; readonly teams: readonly Team[] },
): readonly (readonly Change<Access, Member>[])[] {
  const known = new Set([
    ...BUILT_IN,
    ...members.flatMap((member) => [member.globalRole, ...rolesIn(member)]),
    ...teams.flatMap((team) => [team.role, ...rolesIn(team)]),
  ]);
  const unknown = changes.filter(
    ({ kind, to }) =>
      (kind === 'upgrade' || kind === 'grant') && to.projectRole !== null && !known.has(to.projectRole),
  );
  return [...Map.groupBy(unknown, ({ to }) => to.projectRole).values()];
}

/** The roles that every organisation has (release 5.0.1, `permissions.constants.ts`). */
const BUILT_IN = [
  'noaccess',
  'readonly',
  'collaborator',
  'visualEditor',
  'analyst',
  'engineer',
  'experimenter',
  'gbDefault_projectAdmin',
  'admin',
];

type Holder = Pick<Member, 'additionalRoles' | 'projectRoles'>;

const rolesIn = ({ additionalRoles, projectRoles }: Holder): readonly string[] =>
  [...additionalRoles, ...projectRoles, ...projectRoles.flatMap((entry) => entry.additionalRoles ?? [])].map(
    ({ role }) => role,
  );
