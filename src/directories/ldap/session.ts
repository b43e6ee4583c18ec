/** Opens an LDAP session on the first server that works, and closes it afterwards. */

import pLimit from 'p-limit';
import type { Deadline } from '../../platform/clock.ts';
import { isRunEnd } from '../../platform/errors.ts';
import type { RequestCounter } from '../../platform/request-counts.ts';
import { type LdapConnection, openConnection } from './connection.ts';
import { reasonOf } from './refusal.ts';
import type { LdapEntry } from './response.ts';
import { type RootDse, readAsOf, readRootDse } from './root-dse.ts';
import { type LdapSchema, WIKIMEDIA } from './schema.ts';
import { type LdapQuery, searchAll } from './search.ts';
import { readTrusted } from './tls.ts';

/** The address of a directory. `host` has no brackets, also where it is an IPv6 address. */
export interface LdapServer {
  readonly protocol: 'ldap' | 'ldaps';
  readonly host: string;
  readonly port: number;
}

/** How to reach a directory. TLS is always verified; without `caCertPath` against the system's and Node's own roots. */
export interface LdapSettings {
  readonly servers: readonly LdapServer[];
  readonly bindDn?: string;
  readonly bindPassword?: string;
  readonly startTls: boolean;
  readonly caCertPath?: string;
  /** The name in the server's certificate, if a tunnel hides it. */
  readonly tlsServerName?: string;
  readonly groupsBase: string;
  readonly peopleBase: string;
  /** By default Wikimedia's. */
  readonly schema?: LdapSchema;
}

/** What a connection needs of a run. */
export interface LdapRunContext {
  readonly deadline: Deadline;
  readonly requestCounter: RequestCounter;
}

/** The LDAP connection of a run. A search returns the whole answer (all pages, all ranges) or throws. */
export interface LdapSession {
  search(base: string, query: LdapQuery): Promise<readonly LdapEntry[]>;
  /** `ldap://host:port` of the server that serves this run. */
  readonly server: string;
  readonly rootDse: RootDse;
  readonly schema: LdapSchema;
  readonly groupsBase: string;
  /** When the data last changed, in RFC 3339, as it was before the first search; null if the server does not say it. */
  readonly asOf: string | null;
}

const DEFAULT_PORTS = { ldap: 389, ldaps: 636 } as const;
const SERVER =
  /^(?:(ldaps?):\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?))(?::(\d{1,5}))?\/?$/i;
const ALLOWED =
  'allowed: ldap://host:port, ldaps://host:port, host or host:port, IPv6 in brackets, separated by commas or spaces';

/** Reads a list of servers separated by commas or spaces. Throws one error that names every entry it can't read. */
export function parseLdapServers(text: string): readonly LdapServer[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw new Error(`no LDAP server is named (${ALLOWED})`);
  const servers = words.map(parseServer);
  const unread = words.filter((_, index) => servers[index] === undefined).map(quoted);
  if (unread.length > 0) throw new Error(`${unread.join(', ')} can't be read as an LDAP server (${ALLOWED})`);
  return servers.filter((server) => server !== undefined);
}

function parseServer(word: string): LdapServer | undefined {
  const [, scheme, ip6, name, digits] = SERVER.exec(word) ?? [];
  const host = (ip6 ?? name)?.toLowerCase();
  const protocol = scheme?.toLowerCase() === 'ldaps' ? 'ldaps' : 'ldap';
  const port = digits === undefined ? DEFAULT_PORTS[protocol] : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  if (ip6 !== undefined && !URL.canParse(`ldap://[${ip6}]`)) return undefined;
  return { protocol, host, port };
}

/** An entry with an `@` may hold a password. */
const quoted = (word: string) => (word.includes('@') ? 'an entry with credentials in it' : `"${word}"`);

const addressOf = ({ protocol, host, port }: LdapServer) =>
  `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Hands over a session on the first server that works (connected, TLS done, root DSE asked) and closes it afterwards.
 * A refused bind ends it at once; if no server works, one error has the reason of each. Never reconnects.
 */
export async function withLdap<T>(
  settings: LdapSettings,
  run: LdapRunContext,
  use: (ldap: LdapSession) => Promise<T>,
): Promise<T> {
  const { connection, first: rootDse } = await firstServer(settings, run);
  try {
    if (settings.bindDn !== undefined) await bind(connection, settings.bindDn, settings.bindPassword ?? '');
    const asOf = await readAsOf(connection, rootDse, [settings.groupsBase, settings.peopleBase]);
    const oneAtATime = pLimit(1);
    return await use({
      server: connection.address,
      rootDse,
      schema: settings.schema ?? WIKIMEDIA,
      groupsBase: settings.groupsBase,
      asOf,
      search: (base, query) => oneAtATime(() => searchAll(connection, base, query)),
    });
  } finally {
    await connection.close();
  }
}

async function firstServer(settings: LdapSettings, run: LdapRunContext) {
  const secure = settings.startTls || settings.servers.some((server) => server.protocol === 'ldaps');
  const trusted = secure ? await readTrusted(settings.caCertPath) : [];
  const secrets = settings.bindPassword === undefined ? [] : [settings.bindPassword];
  const failures: string[] = [];
  for (const server of settings.servers) {
    const address = addressOf(server);
    const certificateName = settings.tlsServerName ?? server.host;
    const tls = { trusted, certificateName, startTls: settings.startTls };
    try {
      return await openConnection({ ...server, address, tls, secrets }, run, readRootDse);
    } catch (error) {
      if (isRunEnd(error)) throw error;
      failures.push(`${address} (${reasonOf(error)})`);
    }
  }
  throw new Error(`ldap: no server answers: ${failures.join('; ')}`);
}

async function bind(connection: LdapConnection, dn: string, password: string): Promise<void> {
  if (dn === '' || password === '')
    throw new Error(`ldap: bind as "${dn}": an empty DN or password binds as nobody`);
  connection.requestCounter.count('ldap', 'bind');
  await connection.bind(dn, password);
}
