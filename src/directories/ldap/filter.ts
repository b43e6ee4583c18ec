/** Parses LDAP filters (RFC 4515), and evaluates them on entries that were read. */

import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  FilterParser,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts';
import { messageOf } from '../../platform/errors.ts';
import { nameKey } from '../same-name.ts';
import { normalizeDn } from './dn.ts';
import { attributeValues } from './entry.ts';
import type { LdapEntry } from './response.ts';

const BIT_AND = '1.2.840.113556.1.4.803';
const BIT_OR = '1.2.840.113556.1.4.804';
const MAX_FILTER = 4096;

/** Parses a filter (RFC 4515). Throws an error that says what is allowed. */
export function parseFilter(text: string): Filter {
  const allowed = 'a filter as RFC 4515 writes it, `(objectClass=person)`';
  if (!/^\(.*\)$/s.test(text) || text.length > MAX_FILTER)
    throw new Error(`${allowed}, in parentheses, of at most ${MAX_FILTER} characters`);
  try {
    return FilterParser.parseString(withoutEscapedUtf8(text));
  } catch (error) {
    throw new Error(`${allowed} (${messageOf(error)})`);
  }
}

/** ldapts reads `\c3\a9` as two characters: bytes above ASCII become the characters that they are. */
const withoutEscapedUtf8 = (text: string): string =>
  text.replace(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  );

/** Parses a filter that Muster itself evaluates, on entries that were read. Throws for rules that Muster does not know. */
export function parseEntryFilter(text: string): Filter {
  const filter = parseFilter(text);
  checkRules(filter);
  return filter;
}

function checkRules(filter: Filter): void {
  if (filter instanceof AndFilter || filter instanceof OrFilter) filter.filters.forEach(checkRules);
  else if (filter instanceof NotFilter) checkRules(filter.filter);
  else if (filter instanceof ExtensibleFilter) {
    if (![BIT_AND, BIT_OR].includes(filter.rule) || !/^-?\d+$/.test(filter.value))
      throw new Error(`of matching rules only ${BIT_AND} and ${BIT_OR}, each with a number`);
  } else if (!ITEMS.some((kind) => filter instanceof kind))
    throw new Error('of comparisons only =, =*, >= and <=');
}

const ITEMS = [
  EqualityFilter,
  PresenceFilter,
  SubstringFilter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
];

/** The attributes in a filter, each once. */
export const attributesIn = (filter: Filter): readonly string[] => [...new Set(namesIn(filter))];

function namesIn(filter: Filter): readonly string[] {
  if (filter instanceof AndFilter || filter instanceof OrFilter) return filter.filters.flatMap(namesIn);
  if (filter instanceof NotFilter) return namesIn(filter.filter);
  if (filter instanceof ExtensibleFilter) return [filter.matchType];
  return 'attribute' in filter && typeof filter.attribute === 'string' ? [filter.attribute] : [];
}

/** Whether an entry with these attributes matches. Values are compared without regard to case, DNs in any spelling. */
export function matchesFilter(entry: LdapEntry, filter: Filter): boolean {
  if (filter instanceof AndFilter) return filter.filters.every((one) => matchesFilter(entry, one));
  if (filter instanceof OrFilter) return filter.filters.some((one) => matchesFilter(entry, one));
  if (filter instanceof NotFilter) return !matchesFilter(entry, filter.filter);
  const [attribute = ''] = namesIn(filter);
  return attributeValues(entry, attribute).some((value) => matchesItem(value, filter));
}

function matchesItem(value: string, filter: Filter): boolean {
  if (filter instanceof PresenceFilter) return true;
  if (filter instanceof EqualityFilter) return matchingForm(value) === matchingForm(String(filter.value));
  if (filter instanceof SubstringFilter) return hasPieces(matchingForm(value), filter);
  if (filter instanceof GreaterThanEqualsFilter) return isOrdered(filter.value, value);
  if (filter instanceof LessThanEqualsFilter) return isOrdered(value, filter.value);
  return filter instanceof ExtensibleFilter && hasBits(value, filter);
}

/** One spelling for values that are the same: a DN in its normal form, any other text as a name. */
function matchingForm(value: string): string {
  if (!value.includes('=')) return nameKey(value);
  try {
    return normalizeDn(value);
  } catch {
    return nameKey(value);
  }
}

function hasPieces(value: string, { initial, any, final }: SubstringFilter): boolean {
  const pieces = [initial, ...any, final].map((piece) => piece.normalize('NFC').toLowerCase());
  const last = pieces.pop() ?? '';
  const [first = ''] = pieces;
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1)) {
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return value.endsWith(last) && value.length - last.length >= at;
}

/** Compares whole numbers by their size, and everything else as text. */
function isOrdered(low: string, high: string): boolean {
  const isNumber = [low, high].every((one) => /^-?\d{1,30}$/.test(one));
  return isNumber ? BigInt(low) <= BigInt(high) : nameKey(low) <= nameKey(high);
}

function hasBits(value: string, { rule, value: wanted }: ExtensibleFilter): boolean {
  if (!/^-?\d{1,30}$/.test(value)) return false;
  const mask = BigInt(wanted);
  const common = BigInt(value) & mask;
  return rule === BIT_AND ? common === mask : common !== 0n;
}
