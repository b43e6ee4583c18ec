/** Parses YAML texts: plain, in quotes, and as blocks. */

import { type Cursor, charAt, column, fail, isBlank, nextLine, skipSpaces } from './yaml-cursor.ts';
import type { YamlScalar } from './yaml-types.ts';

/** The place of a plain text: the column that its further lines must be beyond, or a flow collection. */
export type Place = { readonly indent: number } | 'flow';

/** The characters with which no plain text begins. */
const INDICATORS = '?:,[]{}#&*!|>\'"%@`';
const FLOW = ',[]{}';

/** A plain or quoted text at the cursor, over as many lines as it has. */
export const readText = (cursor: Cursor, place: Place): YamlScalar =>
  isQuote(charAt(cursor)) ? readQuoted(cursor) : readPlain(cursor, place);

const isQuote = (char: string) => char === '"' || char === "'";

/** A key of a mapping: text on one line before a colon. If there is none, returns undefined, and the cursor does not move. */
export function readKey(cursor: Cursor, place: Place): YamlScalar | undefined {
  const { at, line, lineStart } = cursor;
  const key = isQuote(charAt(cursor)) ? readQuoted(cursor) : readPlainLine(cursor, place);
  const length = cursor.at - at;
  skipSpaces(cursor);
  const isKey = charAt(cursor) === ':' && (isBlank(charAt(cursor, 1)) || (place === 'flow' && key.quoted));
  if (isKey && cursor.line === line && length <= 1024) {
    cursor.at += 1;
    return key;
  }
  Object.assign(cursor, { at, line, lineStart });
  return undefined;
}

/** The part of a plain text on this line. */
export function readPlainLine(cursor: Cursor, place: Place): YamlScalar {
  const first = charAt(cursor);
  const next = charAt(cursor, 1);
  const isDash = first === '-' && (isBlank(next) || (place === 'flow' && FLOW.includes(next)));
  if (isDash || INDICATORS.includes(first)) fail(cursor, `a text that begins with "${first}"`);
  const { line } = cursor;
  return { kind: 'scalar', text: readPlainPart(cursor, place), quoted: false, exact: true, line };
}

function readPlain(cursor: Cursor, place: Place): YamlScalar {
  const first = readPlainLine(cursor, place);
  const parts = [first.text];
  while (charAt(cursor) === '\n' && moveToContinuation(cursor, place))
    parts.push(readPlainPart(cursor, place));
  return { ...first, text: parts.join(' ') };
}

/** Reads up to a colon, a comment, the end of the line, or what ends an item of a flow collection. */
function readPlainPart(cursor: Cursor, place: Place): string {
  const start = cursor.at;
  let at = start;
  for (; at < cursor.text.length; at += 1) {
    const char = cursor.text[at] ?? '';
    const next = cursor.text[at + 1] ?? '';
    if (char === '\n' || (char === ':' && isBlank(next))) break;
    if (char === '#' && /[ \t]/.test(cursor.text[at - 1] ?? '')) break;
    if (place === 'flow' && FLOW.includes(char)) break;
    if (place === 'flow' && char === ':' && `${FLOW}?`.includes(next))
      fail(cursor, 'a colon without a space');
  }
  cursor.at = at;
  return cursor.text.slice(start, at).trimEnd();
}

/** Moves to the next line of a plain text, where it has one. */
function moveToContinuation(cursor: Cursor, place: Place): boolean {
  const { at, line, lineStart } = cursor;
  while (charAt(cursor) === '\n') {
    nextLine(cursor);
    while (charAt(cursor) === ' ') cursor.at += 1;
    if (charAt(cursor) === '\t') fail(cursor, 'a tab in the indentation');
  }
  const char = charAt(cursor);
  const isInside = place === 'flow' ? !FLOW.includes(char) && char !== ':' : column(cursor) > place.indent;
  if (isInside && char !== '' && char !== '#') return true;
  Object.assign(cursor, { at, line, lineStart });
  return false;
}

const ESCAPE = /\\(?:[0abt\tnvfre "/\\N_LP\n]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})/y;

/** A text in quotes. One with escapes, other than a doubled apostrophe, is not decoded. */
function readQuoted(cursor: Cursor): YamlScalar {
  const { line, text } = cursor;
  const quote = charAt(cursor);
  const start = cursor.at + 1;
  let exact = true;
  for (cursor.at = start; ; ) {
    const char = text[cursor.at];
    if (char === undefined) fail({ line }, `a text without its closing ${quote}`);
    if (char === '\n') nextLine(cursor);
    else if (char === '\\' && quote === '"') {
      skipEscape(cursor);
      exact = false;
    } else if (char === quote && !(quote === "'" && text[cursor.at + 1] === quote)) break;
    else cursor.at += char === quote ? 2 : 1;
  }
  const content = joined(text.slice(start, cursor.at));
  cursor.at += 1;
  return {
    kind: 'scalar',
    text: quote === "'" ? content.replaceAll("''", "'") : content,
    quoted: true,
    exact,
    line,
  };
}

/** Joins the lines of a text. */
function joined(content: string): string {
  const lines = content.split('\n');
  return lines.length === 1 ? content : lines.map((line) => line.trim()).join(' ');
}

function skipEscape(cursor: Cursor): void {
  ESCAPE.lastIndex = cursor.at;
  const [found] = ESCAPE.exec(cursor.text) ?? [];
  const code = Number.parseInt(found?.slice(2) ?? '', 16);
  if (found === undefined || (found.length > 4 && !isCharacter(code))) fail(cursor, 'an unknown escape');
  // An escaped end of a line is skipped like any other.
  cursor.at += found === '\\\n' ? 1 : found.length;
}

const isCharacter = (code: number) => (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;

const HEADER = /[|>](?:[+-]?([1-9])?|([1-9])[+-])(?=[ \t\n]|$)/y;

/** Moves past a text block (`|`, `>`), whose lines are indented beyond `indent`. Its text is not needed. */
export function readBlockText(cursor: Cursor, { indent }: { readonly indent: number }): YamlScalar {
  const { line } = cursor;
  HEADER.lastIndex = cursor.at;
  const [header, before, after] = HEADER.exec(cursor.text) ?? [];
  if (header === undefined) fail(cursor, 'a text block with a wrong header');
  cursor.at += header.length;
  skipHeaderComment(cursor);
  const digit = before ?? after;
  const parent = Math.max(indent, 0);
  skipBlockLines(cursor, digit === undefined ? undefined : parent + Number(digit), indent + 1);
  return { kind: 'scalar', text: '', quoted: true, exact: false, line };
}

function skipHeaderComment(cursor: Cursor): void {
  skipSpaces(cursor);
  const end = cursor.text.indexOf('\n', cursor.at);
  const rest = cursor.text.slice(cursor.at, end < 0 ? undefined : end);
  if (rest !== '' && !rest.startsWith('#')) fail(cursor, 'text behind the header of a text block');
  cursor.at += rest.length;
}

/** Without `wanted` the first line that is not empty says how far the block is indented. Ends at the end of its last line. */
function skipBlockLines(cursor: Cursor, wanted: number | undefined, least: number): void {
  let width = wanted;
  let emptyWidth = 0;
  let end = { at: cursor.at, line: cursor.line, lineStart: cursor.lineStart };
  while (charAt(cursor) === '\n') {
    nextLine(cursor);
    while (charAt(cursor) === ' ') cursor.at += 1;
    const found = column(cursor);
    if (charAt(cursor) === '\t' && found < (width ?? Number.POSITIVE_INFINITY))
      fail(cursor, 'a tab in the indentation');
    if (charAt(cursor) === '\n') {
      emptyWidth = Math.max(emptyWidth, found);
      continue;
    }
    if (cursor.at >= cursor.text.length || found < (width ?? least)) break;
    if (width === undefined && emptyWidth > found) fail(cursor, 'an empty line that is indented further');
    width ??= found;
    const newline = cursor.text.indexOf('\n', cursor.at);
    cursor.at = newline < 0 ? cursor.text.length : newline;
    end = { at: cursor.at, line: cursor.line, lineStart: cursor.lineStart };
  }
  Object.assign(cursor, end);
}
