import { type BerReader, SearchFilter } from 'ldapts';
import { type LdapEntry, matchableValues, matchingForm } from './entries.ts';
import { ruleMatcher } from './rules.ts';

/** A search filter as it is on the wire (RFC 4511, section 4.5.1.7). */
export type LdapFilter =
  | { readonly op: 'and' | 'or'; readonly filters: readonly LdapFilter[] }
  | { readonly op: 'not'; readonly filter: LdapFilter }
  | { readonly op: 'present'; readonly attribute: string }
  | { readonly op: 'equal'; readonly attribute: string; readonly value: string }
  | { readonly op: 'atLeast' | 'atMost'; readonly attribute: string; readonly value: string }
  | { readonly op: 'rule'; readonly rule: string; readonly attribute: string; readonly value: string }
  | { readonly op: 'substrings'; readonly attribute: string; readonly pieces: readonly Piece[] };

interface Piece {
  readonly place: 'initial' | 'any' | 'final';
  readonly text: string;
}

const PLACES: Readonly<Record<number, Piece['place']>> = { 128: 'initial', 129: 'any', 130: 'final' };

/** Reads one filter; throws on a kind that is not served. */
export function readFilter(reader: BerReader): LdapFilter {
  const tag = reader.peek();
  if (tag === SearchFilter.present)
    return { op: 'present', attribute: reader.readString(SearchFilter.present) ?? '' };
  reader.readSequence();
  const end = reader.offset + reader.length;
  if (tag === SearchFilter.and) return { op: 'and', filters: readAll(reader, end, readFilter) };
  if (tag === SearchFilter.or) return { op: 'or', filters: readAll(reader, end, readFilter) };
  if (tag === SearchFilter.not) return { op: 'not', filter: readFilter(reader) };
  if (tag === SearchFilter.extensibleMatch) return readRule(reader, end);
  const op = tag === null ? undefined : COMPARISONS[tag];
  if (op === undefined && tag !== SearchFilter.substrings)
    throw new Error(`a filter of a kind that is not served (found tag ${tag})`);
  const attribute = reader.readString() ?? '';
  if (op !== undefined) return { op, attribute, value: reader.readString() ?? '' };
  reader.readSequence();
  return { op: 'substrings', attribute, pieces: readAll(reader, end, readPiece) };
}

const COMPARISONS: Readonly<Record<number, 'equal' | 'atLeast' | 'atMost'>> = {
  [SearchFilter.equalityMatch]: 'equal',
  [SearchFilter.greaterOrEqual]: 'atLeast',
  [SearchFilter.lessOrEqual]: 'atMost',
};

const RULE_PARTS: Readonly<Record<number, 'rule' | 'attribute' | 'value'>> = {
  129: 'rule',
  130: 'attribute',
  131: 'value',
};

/** `(attribute:rule:=value)`; whether the DN counts too is read and left. */
function readRule(reader: BerReader, end: number): LdapFilter {
  const parts = { rule: '', attribute: '', value: '' };
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0;
    const part = RULE_PARTS[tag];
    const text = reader.readString(tag) ?? '';
    if (part) parts[part] = text;
  }
  return { op: 'rule', ...parts };
}

function readPiece(reader: BerReader): Piece {
  const tag = reader.peek() ?? 0;
  const place = PLACES[tag];
  if (!place) throw new Error(`a substring of an unknown kind (found tag ${tag})`);
  return { place, text: reader.readString(tag) ?? '' };
}

function readAll<T>(reader: BerReader, end: number, read: (reader: BerReader) => T): readonly T[] {
  const all: T[] = [];
  while (reader.offset < end) all.push(read(reader));
  return all;
}

type Matches = (entry: LdapEntry) => boolean;

/** Whether an entry of a directory matches a filter, prepared for thousands of entries. */
export function matcher(filter: LdapFilter, directory: readonly LdapEntry[]): Matches {
  switch (filter.op) {
    case 'and': {
      const all = filter.filters.map((one) => matcher(one, directory));
      return (entry) => all.every((one) => one(entry));
    }
    case 'or':
      return anyOf(filter.filters, directory);
    case 'not': {
      const inner = matcher(filter.filter, directory);
      return (entry) => !inner(entry);
    }
    case 'rule':
      return ruleMatcher(filter, directory);
    case 'atLeast':
    case 'atMost':
      return (entry) => matchableValues(entry, filter.attribute).some((value) => isOrdered(value, filter));
    case 'present':
      return (entry) => matchableValues(entry, filter.attribute).length > 0;
    case 'equal':
      return anyOf([filter], directory);
    case 'substrings':
      return (entry) =>
        matchableValues(entry, filter.attribute).some((value) => hasPieces(value, filter.pieces));
  }
}

/** Equalities are looked up by attribute, so that hundreds of names cost one look at each entry. */
function anyOf(filters: readonly LdapFilter[], directory: readonly LdapEntry[]): Matches {
  const equals = filters.filter((filter) => filter.op === 'equal');
  const wanted = Map.groupBy(equals, ({ attribute }) => attribute.toLowerCase());
  const sets = [...wanted].map(([attribute, some]) => ({
    attribute,
    values: new Set(some.map(({ value }) => matchingForm(attribute, value))),
  }));
  const others = filters
    .filter((filter) => filter.op !== 'equal')
    .map((filter) => matcher(filter, directory));
  return (entry) =>
    sets.some(({ attribute, values }) => matchableValues(entry, attribute).some((one) => values.has(one))) ||
    others.some((one) => one(entry));
}

/** Whole numbers by their size, all else as text. */
function isOrdered(
  found: string,
  { op, value }: { readonly op: 'atLeast' | 'atMost'; readonly value: string },
) {
  const [low, high] = op === 'atLeast' ? [value, found] : [found, value];
  const isNumber = [low, high].every((one) => /^-?\d+$/.test(one));
  return isNumber ? BigInt(low) <= BigInt(high) : low <= high;
}

function hasPieces(value: string, pieces: readonly Piece[]): boolean {
  let at = 0;
  for (const { place, text } of pieces) {
    const piece = text.normalize('NFC').toLowerCase();
    if (place === 'initial' && !value.startsWith(piece)) return false;
    if (place === 'final') return value.endsWith(piece) && value.length - piece.length >= at;
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}
