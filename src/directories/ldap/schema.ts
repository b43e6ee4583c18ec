import type { Filter } from 'ldapts';
import { parseEntryFilter, parseFilter } from './filter.ts';

/** How an organisation's directory keeps people and groups. */
export interface LdapSchema {
  /** The attribute of a group that holds its members. */
  readonly memberAttribute: string;
  /** The attribute of a person that is the user name in policies and accounts. */
  readonly userName: string;
  readonly mails: readonly string[];
  /** The filters for people and for groups. */
  readonly userFilter: Filter;
  readonly groupFilter: Filter;
  /** The filter for disabled accounts. Muster evaluates it on the entry that was read. */
  readonly disabledFilter: Filter;
  /** How deep below their base groups are searched. People are searched at every depth. */
  readonly scope: 'one' | 'sub';
  /** Whether groups inside groups are followed, at every depth. */
  readonly nestedGroups: boolean;
}

/** The settings of a schema, as text. */
export interface SchemaTexts {
  readonly LDAP_GROUP_MEMBER_ATTRIBUTE: string;
  readonly LDAP_USER_NAME_ATTRIBUTE: string;
  readonly LDAP_MAIL_ATTRIBUTES: string;
  readonly LDAP_USER_FILTER: string;
  readonly LDAP_GROUP_FILTER: string;
  readonly LDAP_DISABLED_FILTER: string;
  readonly LDAP_SCOPE: 'one' | 'sub';
  readonly LDAP_NESTED_GROUPS: 'true' | 'false';
}

/** The value for an account that is locked permanently. Any other time is a lock after wrong passwords, which ends by itself (draft-behera-ldap-password-policy, 5.3.3). */
const LOCKED_FOR_GOOD = '(pwdAccountLockedTime=000001010000Z)';

const RFC2307: SchemaTexts = {
  LDAP_GROUP_MEMBER_ATTRIBUTE: 'memberUid',
  LDAP_USER_NAME_ATTRIBUTE: 'uid',
  LDAP_MAIL_ATTRIBUTES: 'mail',
  LDAP_USER_FILTER: '(objectClass=posixAccount)',
  LDAP_GROUP_FILTER: '(objectClass=posixGroup)',
  LDAP_DISABLED_FILTER: `(|${LOCKED_FOR_GOOD}(shadowExpire=0)(shadowExpire=1))`,
  LDAP_SCOPE: 'sub',
  LDAP_NESTED_GROUPS: 'false',
};

/** The presets of `LDAP_SCHEMA`: each is a set of settings. */
export const SCHEMAS = {
  wikimedia: {
    LDAP_GROUP_MEMBER_ATTRIBUTE: 'member',
    LDAP_USER_NAME_ATTRIBUTE: 'uid',
    LDAP_MAIL_ATTRIBUTES: 'mail',
    LDAP_USER_FILTER: '(objectClass=person)',
    LDAP_GROUP_FILTER: '(objectClass=*)',
    LDAP_DISABLED_FILTER: `(|${LOCKED_FOR_GOOD}(pwdPolicySubentry=cn=disabled,ou=ppolicies)(pwdPolicySubentry=cn=disabled,ou=ppolicies,*))`,
    LDAP_SCOPE: 'one',
    LDAP_NESTED_GROUPS: 'false',
  },
  rfc2307: RFC2307,
  rfc2307bis: {
    ...RFC2307,
    LDAP_GROUP_MEMBER_ATTRIBUTE: 'member',
    LDAP_USER_FILTER: '(objectClass=person)',
    LDAP_GROUP_FILTER:
      '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers))',
  },
  'active-directory': {
    LDAP_GROUP_MEMBER_ATTRIBUTE: 'member',
    LDAP_USER_NAME_ATTRIBUTE: 'sAMAccountName',
    LDAP_MAIL_ATTRIBUTES: 'mail',
    LDAP_USER_FILTER: '(&(objectClass=user)(!(objectClass=computer)))',
    LDAP_GROUP_FILTER: '(objectClass=group)',
    LDAP_DISABLED_FILTER: '(userAccountControl:1.2.840.113556.1.4.803:=2)',
    LDAP_SCOPE: 'sub',
    LDAP_NESTED_GROUPS: 'true',
  },
  freeipa: {
    LDAP_GROUP_MEMBER_ATTRIBUTE: 'member',
    LDAP_USER_NAME_ATTRIBUTE: 'uid',
    LDAP_MAIL_ATTRIBUTES: 'mail',
    LDAP_USER_FILTER: '(objectClass=posixAccount)',
    LDAP_GROUP_FILTER: '(objectClass=groupOfNames)',
    LDAP_DISABLED_FILTER: '(nsAccountLock=TRUE)',
    LDAP_SCOPE: 'sub',
    LDAP_NESTED_GROUPS: 'true',
  },
} as const satisfies Readonly<Record<string, SchemaTexts>>;

export type SchemaName = keyof typeof SCHEMAS;

/** A schema from its settings. Throws where one cannot be read. */
export function schemaFrom(texts: SchemaTexts): LdapSchema {
  return {
    memberAttribute: texts.LDAP_GROUP_MEMBER_ATTRIBUTE,
    userName: texts.LDAP_USER_NAME_ATTRIBUTE,
    mails: parseAttributes(texts.LDAP_MAIL_ATTRIBUTES),
    userFilter: parseFilter(texts.LDAP_USER_FILTER),
    groupFilter: parseFilter(texts.LDAP_GROUP_FILTER),
    disabledFilter: parseEntryFilter(texts.LDAP_DISABLED_FILTER),
    scope: texts.LDAP_SCOPE,
    nestedGroups: texts.LDAP_NESTED_GROUPS === 'true',
  };
}

/** Names of attributes, separated by commas. Throws an error that says what is allowed. */
export function parseAttributes(text: string): readonly string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  if (names.length === 0 || !names.every(isAttribute))
    throw new Error('names of attributes, separated by commas');
  return [...new Set(names)];
}

/** Whether a text is the name of an attribute, or its number. */
export const isAttribute = (text: string): boolean => /^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)$/i.test(text);

/** Whether members are user names and not DNs. */
export const isNamedMember = ({ memberAttribute }: LdapSchema): boolean =>
  memberAttribute.toLowerCase() === 'memberuid';

/** The schema of Wikimedia's developer directory. */
export const WIKIMEDIA: LdapSchema = schemaFrom(SCHEMAS.wikimedia);
