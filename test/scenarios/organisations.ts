import {
  AD_LIMITS,
  adDomain,
  adGroup,
  adGroupDn,
  adGroups,
  adPeople,
  adPerson,
  adPersonDn,
  startActiveDirectory,
} from '../sandbox/ldap/active-directory.ts';
import { reader } from '../sandbox/ldap/asking.ts';
import { startDirectories } from '../sandbox/ldap/directories.ts';
import type { LdapEntry } from '../sandbox/ldap/entries.ts';
import {
  disabledByLock,
  disabledByPolicy,
  groupEntry,
  groupsBase,
  peopleBase,
  personDn,
  personEntry,
  posixGroupEntry,
  suffix,
  uniqueGroupEntry,
} from '../sandbox/ldap/people.ts';

type Settings = Readonly<Record<string, string>>;

/** An organisation: its directory and the settings that describe it. Ann is an administrator, bob an engineer, cem's account is disabled, dov is in no group. */
export interface Organisation {
  readonly name: string;
  readonly settings: Settings;
  readonly policy: object;
  /** One directory or more with the same content: embedded, and a real slapd where it can be. */
  start(): Promise<readonly RunningDirectory[]>;
  /** Each wrong setting, and what the error says of it. */
  readonly wrong: readonly (readonly [Settings, RegExp])[];
}

export interface RunningDirectory {
  readonly name: string;
  readonly settings: Settings;
  close(): Promise<void>;
}

const ORDER = ['noaccess', 'readonly', 'engineer', 'admin'];
const policy = (gate: unknown) => ({
  order: ORDER,
  gate,
  rules: [
    { rule: 2, when: { ldap: 'stats-admins' }, role: 'admin' },
    { rule: 3, when: { ldap: 'stats-users' }, role: 'engineer' },
  ],
  otherwise: { rule: 9 },
});

const bindAs = ({ dn, password }: { readonly dn: string; readonly password: string }): Settings => ({
  LDAP_BIND_DN: dn,
  LDAP_BIND_PASSWORD: password,
});

/** The entries in an embedded directory and in a real slapd. */
const directoriesOf = (entries: readonly LdapEntry[]) => async (): Promise<readonly RunningDirectory[]> =>
  (await startDirectories({ entries, bind: [reader], anonymous: 'none' })).map((directory) => ({
    name: directory.name,
    settings: { LDAP_SERVERS: `ldap://127.0.0.1:${directory.port}`, ...bindAs(reader) },
    close: directory.close,
  }));

const people = (cem: LdapEntry['attributes']): readonly LdapEntry[] => [
  personEntry('ann'),
  personEntry('bob'),
  personEntry('cem', { more: cem }),
  personEntry('dov'),
];
const posix = (uid: string, uidNumber: number, more: LdapEntry['attributes'] = {}): LdapEntry =>
  personEntry(uid, {
    more: {
      objectClass: ['inetOrgPerson', 'posixAccount'],
      uidNumber: `${uidNumber}`,
      gidNumber: '500',
      homeDirectory: `/home/${uid}`,
      ...more,
    },
  });
const posixPeople = [posix('ann', 1), posix('bob', 2), posix('cem', 3, disabledByLock), posix('dov', 4)];
const inUnit = (entry: LdapEntry, unit: string): LdapEntry => ({
  ...entry,
  dn: entry.dn.replace(groupsBase, `ou=${unit},${groupsBase}`),
});

const BASES = { LDAP_GROUPS_BASE: groupsBase, LDAP_PEOPLE_BASE: peopleBase };
const nowhere = `ou=nowhere,${suffix}`;
const NO_BASE: Organisation['wrong'] = [
  [{ LDAP_GROUPS_BASE: nowhere }, /NoSuchObject.*LDAP_GROUPS_BASE: found ou=nowhere/],
  [{ LDAP_PEOPLE_BASE: nowhere }, /LDAP_PEOPLE_BASE/],
];

const wikimedia: Organisation = {
  name: 'Wikimedia',
  settings: {},
  policy: policy({ rule: 1, posix: 'analytics-privatedata-users' }),
  start: directoriesOf([
    ...people(disabledByPolicy),
    groupEntry('stats-admins', [personDn('ann')]),
    groupEntry('stats-users', ['bob', 'cem'].map(personDn)),
  ]),
  wrong: [
    ...NO_BASE,
    [
      { LDAP_GROUP_MEMBER_ATTRIBUTE: 'uniqueMember' },
      /LDAP_GROUP_MEMBER_ATTRIBUTE: found uniqueMember.* in member/,
    ],
    [{ LDAP_USER_NAME_ATTRIBUTE: 'employeeNumber' }, /LDAP_USER_NAME_ATTRIBUTE: found employeeNumber/],
    [{ LDAP_USER_FILTER: '(objectClass=account)' }, /LDAP_USER_FILTER leaves the entry there out/],
    [{ LDAP_GROUP_FILTER: '(objectClass=posixGroup)' }, /groups missing .*is left out by LDAP_GROUP_FILTER/],
    [{ LDAP_MAIL_ATTRIBUTES: 'mailAlternateAddress' }, /found 3 of 3.*LDAP_MAIL_ATTRIBUTES/],
    [{ LDAP_SCHEMA: 'rfc2307' }, /is left out by LDAP_GROUP_FILTER/],
  ],
};

const rfc2307: Organisation = {
  name: 'rfc2307 with memberUid',
  settings: { LDAP_SCHEMA: 'rfc2307', ...BASES },
  policy: policy('none'),
  start: directoriesOf([
    ...posixPeople,
    posixGroupEntry('stats-admins', ['ann']),
    inUnit(posixGroupEntry('stats-users', ['BOB', 'cem']), 'teams'),
  ]),
  wrong: [
    ...NO_BASE,
    [{ LDAP_GROUP_MEMBER_ATTRIBUTE: 'member' }, /LDAP_GROUP_MEMBER_ATTRIBUTE: found member.* in memberUid/],
    [{ LDAP_USER_NAME_ATTRIBUTE: 'mail' }, /LDAP_USER_NAME_ATTRIBUTE/],
    [{ LDAP_SCOPE: 'one' }, /groups missing .*is left out by LDAP_SCOPE/],
    [{ LDAP_GROUP_FILTER: '(objectClass=groupOfNames)' }, /is left out by LDAP_GROUP_FILTER/],
  ],
};

const uniqueMember: Organisation = {
  name: 'uniqueMember in units below the base',
  settings: {
    LDAP_SCHEMA: 'rfc2307bis',
    LDAP_GROUP_MEMBER_ATTRIBUTE: 'uniqueMember',
    LDAP_MAIL_ATTRIBUTES: 'mail, mailAlternateAddress',
    ...BASES,
  },
  policy: policy('none'),
  start: directoriesOf([
    ...people(disabledByLock),
    inUnit(uniqueGroupEntry('stats-admins', [`${personDn('ann')}#'0101'B`]), 'admins'),
    inUnit(uniqueGroupEntry('stats-users', ['bob', 'cem'].map(personDn)), 'teams'),
  ]),
  wrong: [
    ...NO_BASE,
    [
      { LDAP_GROUP_MEMBER_ATTRIBUTE: 'member' },
      /LDAP_GROUP_MEMBER_ATTRIBUTE: found member.* in uniqueMember/,
    ],
    [{ LDAP_SCOPE: 'one' }, /groups missing .*is left out by LDAP_SCOPE/],
  ],
};

const nested: Organisation = {
  name: 'groups inside groups',
  settings: { LDAP_SCHEMA: 'rfc2307bis', LDAP_NESTED_GROUPS: 'true', ...BASES },
  policy: policy('none'),
  start: directoriesOf([
    ...people(disabledByLock),
    groupEntry('stats-admins', [`cn=leads,${groupsBase}`]),
    groupEntry('leads', [personDn('ann'), `cn=stats-admins,${groupsBase}`]),
    groupEntry('stats-users', [`cn=outer,${groupsBase}`]),
    groupEntry('outer', [personDn('cem'), `cn=inner,ou=teams,${groupsBase}`]),
    inUnit(groupEntry('inner', [personDn('bob'), `cn=outer,${groupsBase}`]), 'teams'),
  ]),
  wrong: [
    ...NO_BASE,
    [
      { LDAP_NESTED_GROUPS: 'false' },
      /group stats-admins contains the group cn=leads.*LDAP_NESTED_GROUPS: found false/,
    ],
  ],
};

const adReader = { dn: `CN=reader,CN=Users,${adDomain}`, password: 'open sesame' };
const crowd = Array.from({ length: AD_LIMITS.values + 300 }, (_, index) => `crowd${index}`);

const activeDirectory: Organisation = {
  name: 'Active Directory',
  settings: {
    LDAP_SCHEMA: 'active-directory',
    LDAP_GROUPS_BASE: adGroups,
    LDAP_PEOPLE_BASE: adDomain,
  },
  policy: policy({ rule: 1, ldap: 'Everybody' }),
  start: async () => {
    const directory = await startActiveDirectory({
      bind: [adReader],
      entries: [
        adPerson('ann', { cn: 'Ann Smith, Dr.' }),
        adPerson('bob'),
        adPerson('cem', { disabled: true }),
        adPerson('dov'),
        ...crowd.map((name) => adPerson(name)),
        adGroup('stats-admins', [adGroupDn('Leads')]),
        adGroup('Leads', [adPersonDn('Ann Smith, Dr.'), adGroupDn('stats-admins')]),
        adGroup('stats-users', ['bob', 'cem'].map(adPersonDn)),
        adGroup('Everybody', [...crowd, 'Ann Smith, Dr.', 'bob', 'cem', 'dov'].map(adPersonDn)),
      ],
    });
    const settings = { LDAP_SERVERS: directory.url, ...bindAs(adReader) };
    return [{ name: 'embedded', settings, close: directory.close }];
  },
  wrong: [
    [{ LDAP_GROUPS_BASE: `OU=Nowhere,${adDomain}` }, /LDAP_GROUPS_BASE/],
    [{ LDAP_PEOPLE_BASE: `OU=Nowhere,${adPeople}` }, /LDAP_PEOPLE_BASE/],
    [{ LDAP_USER_NAME_ATTRIBUTE: 'uid' }, /LDAP_USER_NAME_ATTRIBUTE: found uid/],
    [{ LDAP_NESTED_GROUPS: 'false' }, /group stats-admins contains the group CN=Leads/],
    [{ LDAP_SCHEMA: 'wikimedia' }, /LDAP_USER_NAME_ATTRIBUTE|LDAP_NESTED_GROUPS/],
  ],
};

const simple: Organisation = {
  name: 'one without data.yaml and without a gate',
  settings: {
    LDAP_USER_FILTER: '(&(objectClass=person)(!(uid=root)))',
    LDAP_DISABLED_FILTER: '(title=gone*)',
    ...BASES,
  },
  policy: policy('none'),
  start: directoriesOf([
    ...people({ title: 'gone fishing' }),
    groupEntry('stats-admins', [personDn('ann')]),
    groupEntry('stats-users', ['bob', 'cem'].map(personDn)),
  ]),
  wrong: [
    ...NO_BASE,
    [{ LDAP_SCHEMA: 'openldap' }, /LDAP_SCHEMA: found "openldap", allowed: wikimedia or rfc2307/],
    [{ LDAP_USER_FILTER: 'objectClass=person' }, /LDAP_USER_FILTER: found .*RFC 4515/],
    [{ LDAP_GROUP_FILTER: '(cn=' }, /LDAP_GROUP_FILTER: found .*RFC 4515/],
    [{ LDAP_DISABLED_FILTER: '(cn:1.2.3:=x)' }, /LDAP_DISABLED_FILTER: found .*matching rules/],
    [{ LDAP_MAIL_ATTRIBUTES: 'm@il' }, /LDAP_MAIL_ATTRIBUTES: found .*names of attributes/],
    [{ LDAP_SCOPE: 'base' }, /LDAP_SCOPE: found "base", allowed: one or sub/],
  ],
};

export const organisations: readonly Organisation[] = [
  wikimedia,
  rfc2307,
  uniqueMember,
  nested,
  activeDirectory,
  simple,
];
