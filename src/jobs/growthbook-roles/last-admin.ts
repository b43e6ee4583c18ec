import type { Decision, Objection } from '../../engine/model.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import { administeringTeams, hasAdditionalAdmin } from '../../targets/growthbook/effective-grants.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';

/**
 * The objection to a plan after which the organisation has no administrator, so that nobody could repair it. Administrators through a team count, since no plan changes these; so do members with `admin` as an additional role.
 */
export function lastAdmin(
  decisions: readonly Decision<Access>[],
  { members, teams }: { readonly members: readonly Member[]; readonly teams: readonly Team[] },
): readonly Objection[] {
  const additional = new Set(members.filter(hasAdditionalAdmin).map(({ id }) => id));
  const administers = (access: Access | null, account: string) =>
    access?.globalRole === 'admin' || (additional.has(account) && access?.additionalRoles.includes('admin'));
  const admins = decisions.filter(({ from, account }) => administers(from, account));
  const lowered = new Set(
    admins.filter(({ to, account }) => !administers(to, account)).map(({ account }) => account),
  );
  if (admins.length === 0 || admins.some(({ account }) => !lowered.has(account))) return [];
  const administering = administeringTeams(teams);
  if (members.some((member) => member.teams.some((id) => administering.has(id)))) return [];
  const message =
    'last-admin: nobody would have the global role admin any more (found 0, allowed at least 1); ' +
    'name an administrator in GROWTHBOOK_PROTECTED_MEMBERS';
  return [{ name: 'last-admin', found: 0, allowed: 1, message, overridable: false }];
}
