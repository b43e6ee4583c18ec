/** Searches LDAP: returns every entry of every page, or throws. */

import { type Filter, FilterParser, PagedResultsControl, PresenceFilter, SearchRequest } from 'ldapts';
import { isOtherPartition } from './active-directory-partitions.ts';
import type { LdapConnection } from './connection.ts';
import { withAllRanges } from './ranges.ts';
import { LdapRefusal, NO_SUCH_OBJECT } from './refusal.ts';
import type { LdapEntry } from './response.ts';

/** One search: `attributes` by name, operational ones too. */
export interface LdapQuery {
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter | string;
  readonly attributes: readonly string[];
  /** The setting that the base comes from, for messages. */
  readonly setting?: string;
}

const PAGE_SIZE = 500;

/** Returns every entry that matches the query, with every value, or throws. Counts as one request, however many pages it has. */
export async function searchAll(
  connection: LdapConnection,
  base: string,
  query: LdapQuery,
): Promise<readonly LdapEntry[]> {
  const entries = await readPages(connection, base, query).catch((error: unknown) => {
    throw withBase(error, base, query);
  });
  const readOn = (dn: string, attribute: string) =>
    readPages(connection, dn, {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: [attribute],
    });
  const whole: LdapEntry[] = [];
  for (const entry of entries) whole.push(await withAllRanges(entry, readOn));
  return whole;
}

/** Adds the setting to the error for a base that does not exist. */
function withBase(error: unknown, base: string, { setting }: LdapQuery): unknown {
  if (!(error instanceof LdapRefusal) || error.code !== NO_SUCH_OBJECT || setting === undefined) return error;
  const exists = error.matchedDn === '' ? '' : `, of which ${error.matchedDn} exists`;
  return new LdapRefusal(`${error.message} (${setting}: found ${base}${exists})`, error);
}

async function readPages(
  connection: LdapConnection,
  base: string,
  query: LdapQuery,
): Promise<readonly LdapEntry[]> {
  const what = `search under ${base}`;
  connection.requestCounter.count('ldap', 'search');
  const entries: LdapEntry[] = [];
  for (let cookie: Buffer | undefined = Buffer.alloc(0); cookie !== undefined; ) {
    const page = await connection.request(what, pageRequest(base, query, cookie));
    const reference = page.references.find((url) => !isOtherPartition(url));
    if (reference !== undefined)
      throw new Error(
        `ldap ${connection.address}: ${what}: the server refers to ${reference}, and referrals are not followed`,
      );
    entries.push(...page.entries);
    const isMore = page.result.cookie !== undefined && page.result.cookie.length > 0;
    if (isMore && page.entries.length === 0 && page.references.length === 0)
      throw new Error(
        `ldap ${connection.address}: ${what}: an empty page came although the server has more (found ${entries.length} entries)`,
      );
    cookie = isMore ? page.result.cookie : undefined;
  }
  return entries;
}

/** No limit of size or time of our own: the server's limits are errors. */
const pageRequest = (baseDN: string, query: LdapQuery, cookie: Buffer) => (messageId: number) =>
  new SearchRequest({
    messageId,
    baseDN,
    scope: query.scope,
    filter: typeof query.filter === 'string' ? FilterParser.parseString(query.filter) : query.filter,
    attributes: [...query.attributes],
    timeLimit: 0,
    controls: [new PagedResultsControl({ value: { size: PAGE_SIZE, cookie } })],
  });
