import { PresenceFilter, SearchRequest } from 'ldapts';
import type { LdapConnection } from './connection.ts';
import { isUnder, normalizeDn, parseDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import { LdapRefusal, UNABLE_TO_SERVE } from './refusal.ts';

/** What a server says about itself (RFC 4512, section 5.1). A field is empty if the server does not say it. */
export interface RootDse {
  readonly namingContexts: readonly string[];
  readonly capabilities: readonly string[];
}

const ANYTHING = new PresenceFilter({ attribute: 'objectClass' });

/** The capability that shows Active Directory (MS-ADTS, 3.1.1.3.4.3). */
export const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

/** Reads the root DSE. A server that refuses it is used all the same, unless it says that it is busy or unavailable. */
export async function readRootDse(connection: LdapConnection): Promise<RootDse> {
  connection.requestCounter.count('ldap', 'rootdse');
  try {
    const [entry] = await readBase(connection, '', ['namingContexts', 'supportedCapabilities']);
    return {
      namingContexts: entry ? attributeValues(entry, 'namingContexts') : [],
      capabilities: entry ? attributeValues(entry, 'supportedCapabilities') : [],
    };
  } catch (error) {
    if (!(error instanceof LdapRefusal) || UNABLE_TO_SERVE.has(error.code)) throw error;
    return { namingContexts: [], capabilities: [] };
  }
}

/**
 * When the data below these bases last changed, in RFC 3339: `contextCSN` at the naming context above each, the oldest of them.
 * Null if the server does not say it.
 */
export async function readAsOf(
  connection: LdapConnection,
  { namingContexts }: RootDse,
  bases: readonly string[],
): Promise<string | null> {
  const contexts = bases.map((base) => contextAbove(base, namingContexts));
  if (contexts.some((context) => context === undefined)) return null;
  const times: (string | null)[] = [];
  for (const context of new Set(contexts))
    if (context !== undefined) times.push(await changedAt(connection, context));
  return times.some((time) => time === null) ? null : (times.toSorted()[0] ?? null);
}

/** The nearest naming context that is the base or above it. */
function contextAbove(base: string, contexts: readonly string[]): string | undefined {
  const above = contexts.filter((context) => {
    try {
      return context !== '' && (normalizeDn(context) === normalizeDn(base) || isUnder(base, context));
    } catch {
      return false;
    }
  });
  return above.toSorted((a, b) => parseDn(b).length - parseDn(a).length)[0];
}

async function changedAt(connection: LdapConnection, context: string): Promise<string | null> {
  connection.requestCounter.count('ldap', 'contextcsn');
  try {
    const [entry] = await readBase(connection, context, ['contextCSN']);
    const times = entry ? attributeValues(entry, 'contextCSN').map(timeOf) : [];
    return (
      times
        .filter((time) => time !== null)
        .toSorted()
        .at(-1) ?? null
    );
  } catch (error) {
    if (error instanceof LdapRefusal) return null;
    throw error;
  }
}

/** `20260601115800.123456Z#000000#001#000000` as RFC 3339: each server that takes writes has one. */
function timeOf(csn: string): string | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6}))?Z#/.exec(csn);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

async function readBase(connection: LdapConnection, baseDN: string, attributes: string[]) {
  const { entries } = await connection.request(`read ${baseDN || 'the root DSE'}`, (messageId) => {
    return new SearchRequest({
      messageId,
      baseDN,
      scope: 'base',
      filter: ANYTHING,
      attributes,
      timeLimit: 0,
    });
  });
  return entries;
}
