import { type Entry, type Filter, PresenceFilter } from 'ldapts';
import type { LdapConnection } from './connection.ts';

/** One search: `attributes` by name, operational ones too. */
export interface LdapQuery {
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter | string;
  readonly attributes: readonly string[];
}

const PAGE_SIZE = 500;
const RANGED = /^([^;]+);range=(\d+)-(\d+|\*)$/i;

/** Every entry that answers the query, every value of each, or an error. Counts as one request whatever its pages. */
export async function searchAll(
  wire: LdapConnection,
  base: string,
  query: LdapQuery,
): Promise<readonly Entry[]> {
  const entries = await readPages(wire, base, query);
  const whole: Entry[] = [];
  for (const entry of entries) whole.push(await withAllRanges(wire, entry));
  return whole;
}

async function readPages(wire: LdapConnection, base: string, query: LdapQuery): Promise<readonly Entry[]> {
  const what = `search under ${base}`;
  wire.requestCounter.count('ldap', 'search');
  const pages = wire.client.searchPaginated(base, {
    scope: query.scope,
    filter: query.filter,
    attributes: [...query.attributes],
    paged: { pageSize: PAGE_SIZE },
    timeLimit: 0,
  });
  const entries: Entry[] = [];
  for (;;) {
    const page = await wire.within(what, () => pages.next());
    if (page.done) break;
    const [reference] = page.value.searchReferences;
    if (reference !== undefined)
      throw new Error(
        `ldap ${wire.address}: ${what}: the server refers to ${reference}, and referrals are not followed`,
      );
    entries.push(...page.value.searchEntries);
  }
  if (wire.hasMore())
    throw new Error(
      `ldap ${wire.address}: ${what}: an empty page came although the server has more (found ${entries.length} entries)`,
    );
  return entries;
}

/** Active Directory answers a long attribute in parts, beside an empty attribute of the plain name (MS-ADTS, 3.1.1.3.1.3.3). */
async function withAllRanges(wire: LdapConnection, entry: Entry): Promise<Entry> {
  const keys = Object.keys(entry).filter((key) => RANGED.test(key));
  if (keys.length === 0) return entry;
  const whole: Entry = { ...entry };
  for (const key of keys) {
    const attribute = attributeOf(key);
    const plain = Object.keys(whole).find((name) => sameAttribute(name, attribute)) ?? attribute;
    whole[plain] = await readRange(wire, entry, key);
    delete whole[key];
  }
  return whole;
}

async function readRange(wire: LdapConnection, entry: Entry, firstKey: string): Promise<string[]> {
  const values: string[] = [];
  let part = partIn(entry, firstKey);
  for (;;) {
    const full = part.last === undefined || part.values.length === part.last - part.first + 1;
    if (part.first !== values.length || !full || part.values.length === 0)
      throw new Error(
        `${malformed(wire, entry, firstKey)} (found ${part.values.length} values as ${part.key} after ${values.length})`,
      );
    values.push(...part.values);
    if (part.last === undefined) return values;
    part = await nextPart(wire, entry, `${attributeOf(firstKey)};range=${values.length}-*`);
  }
}

async function nextPart(wire: LdapConnection, entry: Entry, wanted: string): Promise<Part> {
  const filter = new PresenceFilter({ attribute: 'objectClass' });
  const [answer, ...others] = await readPages(wire, entry.dn, {
    scope: 'base',
    filter,
    attributes: [wanted],
  });
  if (!answer || others.length > 0) throw new Error(malformed(wire, entry, wanted));
  const isPart = (name: string) => RANGED.test(name) && sameAttribute(attributeOf(name), attributeOf(wanted));
  // ldapts adds an empty `wanted` where the server named the part otherwise.
  const key = Object.keys(answer).find((name) => isPart(name) && name !== wanted);
  return partIn(answer, key ?? wanted);
}

/** One part of an attribute; `last` is undefined in the part that ends it. */
interface Part {
  readonly key: string;
  readonly first: number;
  readonly last: number | undefined;
  readonly values: readonly string[];
}

function partIn(entry: Entry, key: string): Part {
  const [, , first, last] = RANGED.exec(key) ?? [];
  return {
    key,
    first: Number(first),
    last: last === '*' ? undefined : Number(last),
    values: attributeValues(entry, key),
  };
}

const attributeOf = (key: string) => key.split(';', 1).join('');

const sameAttribute = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const malformed = (wire: LdapConnection, entry: Entry, key: string) =>
  `ldap ${wire.address}: ${entry.dn}: the server's answer to ${key} makes no sense`;

/** An attribute's values, whatever the case of its name; none where it is missing. Refuses what is not UTF-8. */
export function attributeValues(entry: Entry, attribute: string): readonly string[] {
  const key = Object.keys(entry).find((name) => name !== 'dn' && sameAttribute(name, attribute));
  const value = key === undefined ? [] : (entry[key] ?? []);
  const values: readonly (string | Buffer)[] = Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (typeof one === 'string') return one;
    throw new Error(`ldap: ${entry.dn}: ${attribute} has a value that is not UTF-8`);
  });
}
