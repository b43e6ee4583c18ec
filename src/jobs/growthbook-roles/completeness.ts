/** Checks that a source is complete enough: few members without a person or an address. */

import type { LdapMembers } from '../../directories/ldap/groups-and-people.ts';
import type { PosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import { SourceError } from '../../platform/errors.ts';

/** How much of a source may be incomplete. The source fails where both limits are exceeded. */
export interface CompletenessLimits {
  readonly percent: number;
  readonly count: number;
}

interface Share {
  readonly what: string;
  readonly found: number;
  readonly of: number;
  readonly cause: string;
}

/** Throws `SourceError` where too many people of the policy's groups have no address, or too many members of a group lead to no person. */
export function requireCompleteLdap(
  { people, membersOf, dangling }: Pick<LdapMembers, 'people' | 'membersOf' | 'dangling'>,
  limits: CompletenessLimits,
): void {
  const addressless = people.filter(({ mails }) => !mails.some((mail) => mail.trim() !== ''));
  const groups = [...membersOf].map(([group, members]): Share => {
    const lost = dangling.filter((one) => one.group === group);
    return {
      what: `members of group ${group} that lead to no person`,
      found: lost.length,
      of: members.length + lost.length,
      cause: `the first is ${lost[0]?.dn}: ${lost[0]?.why}; most likely LDAP_PEOPLE_BASE or LDAP_USER_FILTER leaves people out, or LDAP_BIND_DN may not see them`,
    };
  });
  const addresses = {
    what: 'people without an e-mail address',
    found: addressless.length,
    of: people.length,
    cause: `the first is ${addressless[0]?.dn}; most likely LDAP_BIND_DN may not read addresses, or they are in another attribute (LDAP_MAIL_ATTRIBUTES)`,
  };
  refuse([addresses, ...groups], limits);
}

/** Throws `SourceError` where too many members of a needed POSIX group are missing under `users`. */
export function requireCompletePosix(
  { sizeOf, dangling }: Pick<PosixGroups, 'sizeOf' | 'dangling'>,
  limits: CompletenessLimits,
): void {
  const shares = [...sizeOf].map(([group, of]): Share => {
    const lost = dangling.filter((one) => one.group === group);
    return {
      what: `members of ${group} that are missing under users`,
      found: lost.length,
      of,
      cause: `the first is ${lost[0]?.name}; most likely a part of the users is missing in data.yaml`,
    };
  });
  refuse(shares, limits);
}

function refuse(shares: readonly Share[], { percent, count }: CompletenessLimits): void {
  const tooMany = shares.filter(({ found, of }) => found > count && found * 100 > of * percent);
  if (tooMany.length === 0) return;
  const faults = tooMany.slice(0, 5).map(({ what, found, of, cause }) => {
    const share = Math.round((found * 1000) / of) / 10;
    return `${what} (found ${found} of ${of}, ${share} %): ${cause}`;
  });
  throw new SourceError(
    `${faults.join('; ')} (allowed ${percent} %, SOURCE_MAX_INCOMPLETE_PERCENT, or ${count}, SOURCE_MAX_INCOMPLETE_COUNT, whichever is more)`,
  );
}
