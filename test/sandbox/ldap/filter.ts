import { type BerReader, SearchFilter } from 'ldapts';
import { type LdapEntry, matchableValues, matchingForm } from './entries.ts';

/** A search filter as it stands on the wire (RFC 4511, section 4.5.1.7). */
export type LdapFilter =
  | { readonly op: 'and' | 'or'; readonly filters: readonly LdapFilter[] }
  | { readonly op: 'not'; readonly filter: LdapFilter }
  | { readonly op: 'present'; readonly attribute: string }
  | { readonly op: 'equal'; readonly attribute: string; readonly value: string }
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
  if (tag !== SearchFilter.equalityMatch && tag !== SearchFilter.substrings)
    throw new Error(`a filter of a kind that is not served (found tag ${tag})`);
  const attribute = reader.readString() ?? '';
  if (tag === SearchFilter.equalityMatch) return { op: 'equal', attribute, value: reader.readString() ?? '' };
  reader.readSequence();
  return { op: 'substrings', attribute, pieces: readAll(reader, end, readPiece) };
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

/** Whether an entry answers to a filter, as a question that can be asked of thousands. */
export function matcher(filter: LdapFilter): (entry: LdapEntry) => boolean {
  switch (filter.op) {
    case 'and': {
      const all = filter.filters.map(matcher);
      return (entry) => all.every((one) => one(entry));
    }
    case 'or':
      return anyOf(filter.filters);
    case 'not': {
      const inner = matcher(filter.filter);
      return (entry) => !inner(entry);
    }
    case 'present':
      return (entry) => matchableValues(entry, filter.attribute).length > 0;
    case 'equal':
      return anyOf([filter]);
    case 'substrings':
      return (entry) =>
        matchableValues(entry, filter.attribute).some((value) => hasPieces(value, filter.pieces));
  }
}

/** Equalities are looked up by attribute, so that hundreds of names cost one look at each entry. */
function anyOf(filters: readonly LdapFilter[]): (entry: LdapEntry) => boolean {
  const equals = filters.filter((filter) => filter.op === 'equal');
  const wanted = Map.groupBy(equals, ({ attribute }) => attribute.toLowerCase());
  const sets = [...wanted].map(([attribute, some]) => ({
    attribute,
    values: new Set(some.map(({ value }) => matchingForm(attribute, value))),
  }));
  const others = filters.filter((filter) => filter.op !== 'equal').map(matcher);
  return (entry) =>
    sets.some(({ attribute, values }) => matchableValues(entry, attribute).some((one) => values.has(one))) ||
    others.some((one) => one(entry));
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
