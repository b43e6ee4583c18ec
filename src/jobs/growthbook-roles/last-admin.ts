import type { Decision, Objection } from '../../engine/model.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import { administeringTeams } from '../../targets/growthbook/effective-grants.ts';
import type { Member, Team } from '../../targets/growthbook/schema.ts';

/**
 * The objection to a plan after which nobody administers the organisation: nobody could repair it.
 * Who administers through a team counts, since no plan changes that.
 */
export function lastAdmin(
  decisions: readonly Decision<Access>[],
  { members, teams }: { readonly members: readonly Member[]; readonly teams: readonly Team[] },
): readonly Objection[] {
  const admins = decisions.filter(({ from }) => from?.globalRole === 'admin');
  const lowered = new Set(
    admins.filter(({ to }) => to?.globalRole !== 'admin').map(({ account }) => account),
  );
  if (admins.length === 0 || admins.some(({ account }) => !lowered.has(account))) return [];
  const administering = administeringTeams(teams);
  if (members.some((member) => member.teams.some((id) => administering.has(id)))) return [];
  const message =
    'last-admin: nobody would have the global role admin any more (found 0, allowed at least 1); ' +
    'name an administrator in GROWTHBOOK_PROTECTED_MEMBERS';
  return [{ name: 'last-admin', found: 0, allowed: 1, message, overridable: false }];
}
