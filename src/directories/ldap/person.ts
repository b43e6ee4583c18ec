/** Makes people of LDAP entries, and searches for people by their names. */

import { AndFilter, EqualityFilter, type Filter, OrFilter } from 'ldapts';
import type { DnPart } from './dn.ts';
import { attributeValues } from './entry.ts';
import { attributesIn, matchesFilter } from './filter.ts';
import type { LdapEntry } from './response.ts';
import type { LdapSchema } from './schema.ts';
import type { LdapSession } from './session.ts';

/** One person's entry. `dn` and the values are as the server spelt them. */
export interface LdapPerson {
  readonly dn: string;
  /** The user name. If the entry has none or several, all of them joined by `and`: a name that matches nobody. */
  readonly uid: string;
  /** Why the entry cannot be read as one person. Then nothing is decided about this person; others are not affected. */
  readonly unreadable?: string;
  readonly cns: readonly string[];
  readonly mails: readonly string[];
  /** Whether the entry matches `LDAP_DISABLED_FILTER`. */
  readonly disabled: boolean;
}

/** More names make a filter slow in slapd, whose work is quadratic; fewer names need more requests. */
export const NAMES_IN_A_FILTER = 150;

/** The entries of people who have one of these names, search by search, each for 150 names: the caller keeps what it needs of them. */
export async function* searchPeople(
  ldap: LdapSession,
  base: string,
  names: readonly DnPart[],
): AsyncGenerator<readonly LdapEntry[]> {
  const { schema } = ldap;
  const attributes = ['cn', schema.userName, ...schema.mails, ...attributesIn(schema.disabledFilter)];
  for (const some of chunks(names, NAMES_IN_A_FILTER)) {
    const filter = new AndFilter({ filters: [schema.userFilter, anyOf(some)] });
    yield await ldap.search(base, { setting: 'LDAP_PEOPLE_BASE', scope: 'sub', filter, attributes });
  }
}

/** Up to this number, people without a user name count as mistakes in their entries. */
const FEW = 2;

/** Throws if none of these people has a user name: then it is in another attribute. */
export function requireUserNames(people: readonly LdapPerson[], schema: LdapSchema): void {
  if (people.length > FEW && people.every(({ uid }) => uid === ''))
    throw new Error(
      `LDAP_USER_NAME_ATTRIBUTE: found ${schema.userName}, which none of ${people.length} people has (the first is ${people[0]?.dn}), allowed: the attribute of the user name`,
    );
}

/** Makes a person of an entry. */
export function personIn(entry: LdapEntry, schema: LdapSchema): LdapPerson {
  const names = attributeValues(entry, schema.userName);
  const found = names.length === 0 ? 'none' : names.join(', ');
  return {
    dn: entry.dn,
    uid: names.join(' and '),
    ...(names.length === 1
      ? {}
      : { unreadable: `${entry.dn}: a person needs exactly one ${schema.userName} (found ${found})` }),
    cns: attributeValues(entry, 'cn'),
    mails: schema.mails.flatMap((attribute) => attributeValues(entry, attribute)),
    disabled: matchesFilter(entry, schema.disabledFilter),
  };
}

/** A filter for any of these values. They are bytes, not text, so a `*` or a parenthesis has no special meaning. */
export const anyOf = (names: readonly DnPart[]): Filter =>
  new OrFilter({
    filters: names.map(({ type, value }) => new EqualityFilter({ attribute: type, value })),
  });

/** Splits items into groups of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
