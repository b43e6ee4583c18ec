/** Finds the roles that are in force on a project: those of a member and of its teams. */

import { rankIn } from '../../engine/role-order.ts';
import { type AccessRules, entriesOf } from './access.ts';
import { canBeLimited } from './role-update.ts';
import type { Member, Team } from './schema.ts';

/** One role in force on the project; `environments` is null if it holds in all. */
interface Grant {
  readonly role: string;
  readonly environments: readonly string[] | null;
}

type Holder = Pick<Member, 'environments' | 'limitAccessByEnvironment' | 'additionalRoles' | 'projectRoles'>;
interface Row {
  readonly role: string;
  readonly environments: readonly string[];
  readonly limitAccessByEnvironment: boolean;
  readonly additionalRoles?: readonly Row[] | undefined;
}

const grantsOf = (row: Row): readonly Grant[] => [
  {
    role: row.role,
    environments: row.limitAccessByEnvironment && canBeLimited(row.role) ? row.environments : null,
  },
  ...(row.additionalRoles ?? []).flatMap(grantsOf),
];

const explicit = ({ projectRoles }: Holder, project: string) =>
  entriesOf({ projectRoles: [...projectRoles] }, project).flatMap(grantsOf);

/**
 * What is in force on the project, by the rule of GrowthBook 5.0.0: roles set for the project by the member or a team,
 * and if there is none, all global ones. Several entries of one holder add up, as on its main branch.
 */
export function grantsOn(member: Member, teams: readonly Team[], project: string): readonly Grant[] {
  const own = teams.filter(({ id }) => member.teams.includes(id));
  const set = [member, ...own].flatMap((holder) => explicit(holder, project));
  if (set.length > 0) return set;
  return [...grantsOf({ ...member, role: member.globalRole }), ...own.flatMap(grantsOf)];
}

/** Whether `after` allows more than `before`: a higher role, or the same in more environments. */
export function widens(before: readonly Grant[], after: readonly Grant[], order: readonly string[]): boolean {
  const rank = rankIn(order);
  const top = (grants: readonly Grant[]) => Math.max(...grants.map(({ role }) => rank(role)));
  const [was, is] = [top(before), top(after)];
  if (is > was) return true;
  if (is < was) return false;
  const at = (grants: readonly Grant[]) => grants.filter(({ role }) => rank(role) === is);
  const allowed = environmentsOf(at(before));
  const found = environmentsOf(at(after));
  if (allowed === null) return false;
  return found === null || found.some((environment) => !allowed.includes(environment));
}

/** All environments of some grants; null where one of them holds in all. */
function environmentsOf(grants: readonly Grant[]): readonly string[] | null {
  const lists = grants.flatMap(({ environments }) => (environments === null ? [] : [environments]));
  return lists.length < grants.length ? null : lists.flat();
}

/** A role that a team gives. `team` is its name, or its id if it has none. */
export interface TeamGrant {
  readonly id: string;
  readonly team: string;
  readonly role: string;
}

const grantOf = ({ id, name }: Team, role: string): TeamGrant => ({ id, team: name || id, role });

/** The teams that give a member more on the project than `role`, with the role they give. */
export function teamsAbove(
  member: Member,
  teams: readonly Team[],
  { role, project, order }: { role: string; project: string; order: readonly string[] },
): readonly TeamGrant[] {
  const rank = rankIn(order);
  const own = teams.filter(({ id }) => member.teams.includes(id));
  const isSet = [member, ...own].some((holder) => explicit(holder, project).length > 0);
  return own
    .flatMap((team) =>
      (isSet ? explicit(team, project) : grantsOf(team)).map((grant) => grantOf(team, grant.role)),
    )
    .filter((grant) => rank(grant.role) > rank(role));
}

/** The teams that make a member more than `maxGlobalRole` in the whole organisation, with the role they give. */
export function teamsAboveGlobally(
  member: Pick<Member, 'teams'>,
  teams: readonly Team[],
  { order, maxGlobalRole }: Pick<AccessRules, 'order' | 'maxGlobalRole'>,
): readonly TeamGrant[] {
  const rank = rankIn(order);
  return teams
    .filter(({ id }) => member.teams.includes(id))
    .flatMap((team) => [team, ...team.additionalRoles].map(({ role }) => grantOf(team, role)))
    .filter(({ role }) => rank(role) > rank(maxGlobalRole));
}

/** Whether a holder has `admin` as an additional role: then it administers the organisation, too. */
export const hasAdditionalAdmin = ({ additionalRoles }: Pick<Holder, 'additionalRoles'>): boolean =>
  additionalRoles.some(({ role }) => role === 'admin');

/** The ids of the teams whose members administer the organisation. */
export const administeringTeams = (teams: readonly Team[]): ReadonlySet<string> =>
  new Set(teams.filter((team) => team.role === 'admin' || hasAdditionalAdmin(team)).map(({ id }) => id));
