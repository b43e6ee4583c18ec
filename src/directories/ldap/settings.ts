/** The settings that say how LDAP is reached, and the checks between them. */

import type { Log } from '../../platform/log.ts';
import { isLoopback } from '../../platform/loopback.ts';
import { certificates, host, password } from '../../platform/setting-kinds.ts';
import {
  boolean,
  optional,
  type Setting,
  type SettingsSpec,
  secret,
  text,
  type Values,
} from '../../platform/settings.ts';
import { parseDn } from './dn.ts';
import { schemaOf, schemaVariables } from './schema-settings.ts';
import { type LdapServer, type LdapSettings, parseLdapServers } from './session.ts';

const servers = (description: string, defaultText: string): Setting<readonly LdapServer[]> => ({
  description,
  defaultText,
  required: false,
  secret: false,
  parse: parseLdapServers,
});

const dn = (description: string, defaultText: string): Setting<string> => ({
  ...text(description, defaultText),
  parse: (value) => {
    if (!isDn(value)) throw new Error('a DN (ou=people,dc=example,dc=org), without quotes');
    return value;
  },
});

/** The names that Active Directory accepts instead of a DN: `name@domain` and `DOMAIN\\name`. */
const bindName = (description: string, defaultText: string): Setting<string> => ({
  ...text(description, defaultText),
  parse: (value) => {
    if (!isDn(value) && !/^[^\s"'=,]+[@\\][^\s"'=,]+$/.test(value))
      throw new Error('a DN (cn=reader,dc=example,dc=org), without quotes');
    return value;
  },
});

function isDn(value: string): boolean {
  if (/^["'`]|["'`]$/.test(value)) return false;
  try {
    return parseDn(value).length > 0;
  } catch {
    return false;
  }
}

/** The variables that say how LDAP is reached. Without `defaultServers` the list of servers is required. */
export const ldapVariables = (defaultServers: string | null) => ({
  LDAP_SERVERS: {
    ...servers('LDAP servers, tried in order: `ldap://host:port`, `ldaps://host:port` or `host[:port]`', ''),
    defaultText: defaultServers,
    required: defaultServers === null,
  },
  LDAP_BIND_DN: optional(bindName, 'DN or name to bind as; anonymous without it'),
  LDAP_BIND_PASSWORD: { ...secret(optional(password, 'its password')), keepsSpaces: true },
  LDAP_STARTTLS: { ...boolean('StartTLS on `ldap://`', 'false'), portable: false },
  LDAP_CA_CERT_PATH: optional(certificates, 'a PEM file of certificate authorities; the system’s without it'),
  LDAP_TLS_SERVER_NAME: optional(host, 'the name in the certificate, where a tunnel hides it'),
  LDAP_GROUPS_BASE: dn('base DN of groups', 'ou=groups,dc=wikimedia,dc=org'),
  LDAP_PEOPLE_BASE: dn('base DN of people', 'ou=people,dc=wikimedia,dc=org'),
  ...notPortable(schemaVariables),
});
/** How a directory keeps its entries says nothing about another. */
const notPortable = <S extends SettingsSpec>(spec: S): S =>
  Object.fromEntries(
    Object.entries(spec).map(([name, setting]) => [name, { ...setting, portable: false }]),
  ) as unknown as S;

type LdapVariables = Values<ReturnType<typeof ldapVariables>>;

/** Errors between the LDAP variables. */
export function ldapCrossChecks(values: Partial<LdapVariables>): readonly string[] {
  const { LDAP_BIND_DN: dn, LDAP_BIND_PASSWORD: password, LDAP_SERVERS: list = [] } = values;
  const errors: string[] = [];
  if (dn !== undefined && password === undefined)
    errors.push('LDAP_BIND_PASSWORD: found nothing, allowed: a password where LDAP_BIND_DN is set');
  if (dn === undefined && password !== undefined)
    errors.push('LDAP_BIND_DN: found nothing, allowed: a DN where LDAP_BIND_PASSWORD is set');
  const secured = list.filter(({ protocol }) => protocol === 'ldaps').map(({ host }) => host);
  if (values.LDAP_STARTTLS && secured.length > 0) {
    errors.push(
      `LDAP_STARTTLS: found true with ldaps://${secured.join(', ldaps://')}, allowed: ldap:// servers only`,
    );
  }
  return errors;
}

/** The LDAP variables as the client wants them. */
export function ldapSettings(values: LdapVariables): LdapSettings {
  const { LDAP_BIND_DN, LDAP_BIND_PASSWORD, LDAP_CA_CERT_PATH, LDAP_TLS_SERVER_NAME } = values;
  return {
    servers: values.LDAP_SERVERS,
    startTls: values.LDAP_STARTTLS,
    groupsBase: values.LDAP_GROUPS_BASE,
    peopleBase: values.LDAP_PEOPLE_BASE,
    schema: schemaOf(values),
    ...(LDAP_BIND_DN === undefined ? {} : { bindDn: LDAP_BIND_DN }),
    ...(LDAP_BIND_PASSWORD === undefined ? {} : { bindPassword: LDAP_BIND_PASSWORD }),
    ...(LDAP_CA_CERT_PATH === undefined ? {} : { caCertPath: LDAP_CA_CERT_PATH }),
    ...(LDAP_TLS_SERVER_NAME === undefined ? {} : { tlsServerName: LDAP_TLS_SERVER_NAME }),
  };
}

/** Warns where a password would travel over a network without TLS. */
export function warnWithoutTls({ servers: list, startTls, bindDn }: LdapSettings, log: Log): void {
  const exposed = list.filter(({ protocol, host }) => protocol === 'ldap' && !isLoopback(host));
  if (bindDn === undefined || startTls || exposed.length === 0) return;
  const hosts = exposed.map(({ host }) => host);
  log.warn({ event: 'ldap.in-the-clear', hosts }, 'the LDAP password travels without TLS');
}
