/** The settings that describe how a directory keeps people and groups. */

import { oneOf, optional, type Setting, type Values } from '../../platform/settings.ts';
import { parseEntryFilter, parseFilter } from './filter.ts';
import {
  isAttribute,
  type LdapSchema,
  parseAttributes,
  SCHEMAS,
  type SchemaName,
  schemaFrom,
} from './schema.ts';

/** A setting whose text `check` accepts. `check` throws an error that says what is allowed. */
const checked =
  (check: (value: string) => unknown) =>
  (description: string, defaultText: string): Setting<string> => ({
    description,
    defaultText,
    required: false,
    secret: false,
    parse: (value) => {
      check(value);
      return value;
    },
  });

const attribute = checked((value) => {
  if (!isAttribute(value)) throw new Error('the name of an attribute');
});

/** The variables that describe how the directory keeps people and groups. A variable that is not set has the value of the preset `LDAP_SCHEMA`. */
export const schemaVariables = {
  LDAP_SCHEMA: oneOf(
    'wikimedia',
    'rfc2307',
    'rfc2307bis',
    'active-directory',
    'freeipa',
  )('how people and groups are kept: a preset of the settings below', 'wikimedia'),
  LDAP_GROUP_MEMBER_ATTRIBUTE: optional(
    attribute,
    'the attribute of a group’s members: DNs, or user names where it is `memberUid`',
  ),
  LDAP_USER_NAME_ATTRIBUTE: optional(
    attribute,
    'the attribute that policies and accounts mean by a user name',
  ),
  LDAP_MAIL_ATTRIBUTES: optional(
    checked(parseAttributes),
    'the attributes of e-mail addresses, separated by commas',
  ),
  LDAP_USER_FILTER: optional(checked(parseFilter), 'what an entry matches to be a person (RFC 4515)'),
  LDAP_GROUP_FILTER: optional(checked(parseFilter), 'what an entry matches to be a group'),
  LDAP_DISABLED_FILTER: optional(
    checked(parseEntryFilter),
    'what a disabled account matches; `(userAccountControl:1.2.840.113556.1.4.803:=2)` works',
  ),
  LDAP_SCOPE: optional(
    oneOf('one', 'sub'),
    'where groups are: directly under their base (`one`), or deeper too (`sub`)',
  ),
  LDAP_NESTED_GROUPS: optional(
    oneOf('true', 'false'),
    'whether groups inside groups are followed; with `false` one fails the source',
  ),
};

/** The schema that the variables describe. */
export function schemaOf(values: Values<typeof schemaVariables>): LdapSchema {
  const preset = SCHEMAS[values.LDAP_SCHEMA satisfies SchemaName];
  return schemaFrom({
    LDAP_GROUP_MEMBER_ATTRIBUTE: values.LDAP_GROUP_MEMBER_ATTRIBUTE ?? preset.LDAP_GROUP_MEMBER_ATTRIBUTE,
    LDAP_USER_NAME_ATTRIBUTE: values.LDAP_USER_NAME_ATTRIBUTE ?? preset.LDAP_USER_NAME_ATTRIBUTE,
    LDAP_MAIL_ATTRIBUTES: values.LDAP_MAIL_ATTRIBUTES ?? preset.LDAP_MAIL_ATTRIBUTES,
    LDAP_USER_FILTER: values.LDAP_USER_FILTER ?? preset.LDAP_USER_FILTER,
    LDAP_GROUP_FILTER: values.LDAP_GROUP_FILTER ?? preset.LDAP_GROUP_FILTER,
    LDAP_DISABLED_FILTER: values.LDAP_DISABLED_FILTER ?? preset.LDAP_DISABLED_FILTER,
    LDAP_SCOPE: values.LDAP_SCOPE ?? preset.LDAP_SCOPE,
    LDAP_NESTED_GROUPS: values.LDAP_NESTED_GROUPS ?? preset.LDAP_NESTED_GROUPS,
  });
}
