/** Checks before a write that the organisation keeps an administrator. */

import type { Change } from '../../engine/model.ts';
import type { Access } from './access.ts';
import type { GrowthBookClient } from './client.ts';
import { administeringTeams, hasAdditionalAdmin } from './effective-grants.ts';
import type { Member } from './schema.ts';

/** Whether a change takes `admin` away as global or additional role: a write leaves no additional role. */
const lowersAdmin = ({ from, to, row }: Change<Access, Member>): boolean =>
  (from.globalRole === 'admin' || hasAdditionalAdmin(row)) && to.globalRole !== 'admin';

/**
 * Makes the check before each write that lowers a global administrator: the present members must have another one whom the plan does not change.
 * Administrators through a team count. Returns why the write may not be made.
 */
export function lastAdminCheck(
  changes: readonly Change<Access, Member>[],
  client: Pick<GrowthBookClient, 'members' | 'teams'>,
): (change: Change<Access, Member>) => Promise<string | undefined> {
  const lowered = new Set(changes.filter(lowersAdmin).map(({ account }) => account));
  return async (change) => {
    if (!lowersAdmin(change)) return undefined;
    const [members, teams] = await Promise.all([client.members(), client.teams()]);
    const administering = administeringTeams(teams);
    const stays = (member: Member) =>
      ((member.globalRole === 'admin' || hasAdditionalAdmin(member)) && !lowered.has(member.id)) ||
      member.teams.some((team) => administering.has(team));
    return members.some(stays) ? undefined : 'nobody else would have the global role admin';
  };
}
