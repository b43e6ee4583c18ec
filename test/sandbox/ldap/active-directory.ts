import type { LdapEntry } from './entries.ts';
import { type LdapSandbox, type LdapServerOptions, startLdapServer } from './server.ts';

/** The domain, and where its people and groups are. */
export const adDomain = 'DC=corp,DC=example,DC=org';
export const adPeople = `OU=Staff,${adDomain}`;
export const adGroups = `OU=Groups,${adDomain}`;

const ESCAPED = /[,+"\\<>;=#]/g;

/** The DN of a person by common name; a comma in it is escaped: `CN=Ann Smith\\, Dr.,OU=Staff,…`. */
export const adPersonDn = (cn: string): string => `CN=${cn.replace(ESCAPED, '\\$&')},${adPeople}`;

/** The DN of a group by common name. */
export const adGroupDn = (cn: string): string => `CN=${cn},${adGroups}`;

const NORMAL_ACCOUNT = 512;
const DISABLED = 2;

/** A person as Active Directory keeps them: named by `sAMAccountName`, disabled by a bit of `userAccountControl`. */
export const adPerson = (
  sAMAccountName: string,
  given: {
    readonly cn?: string;
    readonly mail?: string;
    readonly disabled?: boolean;
    readonly more?: LdapEntry['attributes'];
  } = {},
): LdapEntry => {
  const cn = given.cn ?? sAMAccountName;
  return {
    dn: adPersonDn(cn),
    attributes: {
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      objectCategory: `CN=Person,CN=Schema,CN=Configuration,${adDomain}`,
      cn,
      sAMAccountName,
      userPrincipalName: `${sAMAccountName}@corp.example.org`,
      mail: given.mail ?? `${sAMAccountName}@example.org`,
      userAccountControl: String(NORMAL_ACCOUNT + (given.disabled ? DISABLED : 0)),
      ...given.more,
    },
  };
};

/** A group of DNs, people or groups; it may be empty. */
export const adGroup = (cn: string, member: readonly string[]): LdapEntry => ({
  dn: adGroupDn(cn),
  attributes: {
    objectClass: ['top', 'group'],
    cn,
    sAMAccountName: cn,
    groupType: '-2147483646',
    ...(member.length > 0 ? { member: [...member] } : {}),
  },
});

/** Pages of Active Directory (`MaxPageSize`), and how many values of one attribute it sends at once (`MaxValRange`). */
export const AD_LIMITS = { page: 1000, values: 1500 };

/**
 * A directory in Active Directory's shape: nothing but the root DSE for who has not bound, pages of 1,000, 1,500 values at once under
 * a name with a range, and references to the domain's other partitions in answers below its top.
 */
export const startActiveDirectory = (options: LdapServerOptions): Promise<LdapSandbox> =>
  startLdapServer({
    anonymous: 'refused',
    sizeLimit: AD_LIMITS.page,
    pageLimit: AD_LIMITS.page,
    namingContexts: [adDomain, `CN=Configuration,${adDomain}`],
    rootDse: {
      defaultNamingContext: adDomain,
      supportedCapabilities: ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670'],
    },
    references: ['ForestDnsZones', 'DomainDnsZones'].map(
      (zone) => `ldap://${zone}.corp.example.org/DC=${zone},${adDomain}`,
    ),
    faults: { valuesAtOnce: AD_LIMITS.values },
    ...options,
  });
