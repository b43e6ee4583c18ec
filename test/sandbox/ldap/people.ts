import type { LdapEntry } from './entries.ts';

export const suffix = 'dc=wikimedia,dc=org';
export const peopleBase = `ou=people,${suffix}`;
export const groupsBase = `ou=groups,${suffix}`;

/** The DN of a person whose uid needs no escaping. */
export const personDn = (uid: string): string => `uid=${uid},${peopleBase}`;

/** A person as the developer directory keeps them. `cn` and `mail` follow from the uid by default. */
export function personEntry(
  uid: string,
  given: {
    readonly cn?: string;
    readonly mail?: readonly string[];
    readonly more?: LdapEntry['attributes'];
  } = {},
): LdapEntry {
  const cn = given.cn ?? uid;
  return {
    dn: personDn(uid),
    attributes: {
      objectClass: ['inetOrgPerson'],
      uid,
      cn,
      sn: cn,
      mail: [...(given.mail ?? [`${uid}@example.org`])],
      ...given.more,
    },
  };
}

/** What marks an account as disabled, in its two ways. */
export const disabledByPolicy = { pwdPolicySubentry: `cn=disabled,ou=ppolicies,${suffix}` };
export const disabledByLock = { pwdAccountLockedTime: '000001010000Z' };

/** A lock after wrong passwords, which ends by itself. */
export const lockedForAWhile = { pwdAccountLockedTime: '20250102030405Z' };

/** A group whose members are in `uniqueMember`. */
export const uniqueGroupEntry = (cn: string, uniqueMember: readonly string[]): LdapEntry => ({
  dn: `cn=${cn},${groupsBase}`,
  attributes: { objectClass: 'groupOfUniqueNames', cn, uniqueMember: [...uniqueMember] },
});

/** A group whose members are user names in `memberUid`. */
export const posixGroupEntry = (cn: string, memberUid: readonly string[]): LdapEntry => ({
  dn: `cn=${cn},${groupsBase}`,
  attributes: { objectClass: 'posixGroup', cn, gidNumber: '500', memberUid: [...memberUid] },
});

/** A group of DNs; a DN may be another group's. slapd refuses a group without any. */
export const groupEntry = (cn: string, member: readonly string[]): LdapEntry => ({
  dn: `cn=${cn},${groupsBase}`,
  attributes: { objectClass: 'groupOfNames', cn, member: [...member] },
});
