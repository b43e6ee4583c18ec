import { SourceError } from '../../platform/errors.ts';
import type { YamlNode, YamlScalar, YamlValue } from './yaml-types.ts';

/** A position in a text. `line` counts from 1; `anchors` are those read so far. */
export interface Cursor {
  readonly text: string;
  readonly anchors: Map<string, YamlValue>;
  at: number;
  line: number;
  lineStart: number;
}

/** Throws the error for a file that cannot be read, or that other readers could read differently. */
export function fail({ line }: { readonly line: number }, message: string): never {
  throw new SourceError(`data.yaml: does not parse: line ${line}: ${message}`);
}

/** Characters that YAML forbids, and those that end a line in YAML 1.1 only. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/;

/** A cursor at the beginning of a text. Throws `SourceError` for a character that readers treat differently. */
export function startOf(file: string): Cursor {
  const at = file.search(FORBIDDEN);
  if (at >= 0) {
    const code = (file.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    fail({ line: file.slice(0, at).split('\n').length }, `a character that no line may have (U+${code})`);
  }
  return { text: file.replaceAll('\r\n', '\n'), anchors: new Map(), at: 0, line: 1, lineStart: 0 };
}

export const charAt = ({ text, at }: Cursor, ahead = 0): string => text[at + ahead] ?? '';
export const column = ({ at, lineStart }: Cursor): number => at - lineStart;
/** White space, the end of a line, or the end of the text. */
export const isBlank = (char: string): boolean => /^[ \t\n]?$/.test(char);
export const nothing = (line: number): YamlScalar => ({
  kind: 'scalar',
  text: null,
  quoted: false,
  exact: true,
  line,
});

/** Moves past spaces and tabs on this line. */
export function skipSpaces(cursor: Cursor): void {
  while (charAt(cursor) === ' ' || charAt(cursor) === '\t') cursor.at += 1;
}

/** Moves past the end of a line. */
export function nextLine(cursor: Cursor): void {
  cursor.at += 1;
  cursor.line += 1;
  cursor.lineStart = cursor.at;
}

/** Moves past white space, comments and ends of lines. Outside flow collections no tab may indent a line. */
export function skipToContent(cursor: Cursor, isFlow = false): void {
  for (;;) {
    const atStart = cursor.at === cursor.lineStart;
    while (charAt(cursor) === ' ') cursor.at += 1;
    if (charAt(cursor) === '\t' && atStart && !isFlow) fail(cursor, 'a tab in the indentation');
    skipSpaces(cursor);
    if (charAt(cursor) === '#') skipComment(cursor);
    if (charAt(cursor) !== '\n') return;
    nextLine(cursor);
  }
}

function skipComment(cursor: Cursor): void {
  const before = cursor.at === cursor.lineStart ? ' ' : charAt(cursor, -1);
  if (before !== ' ' && before !== '\t') fail(cursor, 'a comment needs a space before it');
  const end = cursor.text.indexOf('\n', cursor.at);
  cursor.at = end < 0 ? cursor.text.length : end;
}

/** Moves to the end of this line. Throws if it has anything but a comment. */
export function endLine(cursor: Cursor): void {
  skipSpaces(cursor);
  if (charAt(cursor) === '#') skipComment(cursor);
  if (cursor.at < cursor.text.length && charAt(cursor) !== '\n')
    fail(
      cursor,
      `text behind a value (found "${cursor.text.slice(cursor.at, cursor.at + 20).split('\n')[0]}")`,
    );
}

const NAME = /[A-Za-z0-9_-]+/y;

/** The name behind `&` or `*`. */
function anchorName(cursor: Cursor, isFlow: boolean): string {
  NAME.lastIndex = cursor.at + 1;
  const [name] = NAME.exec(cursor.text) ?? [];
  if (name === undefined) fail(cursor, 'an anchor or alias without a name');
  cursor.at += 1 + name.length;
  const next = charAt(cursor);
  if (!isBlank(next) && !(isFlow && ',]}'.includes(next)))
    fail(cursor, `the name of an anchor or alias ends with "${next}"`);
  return name;
}

/** The anchor at the cursor, where there is one. */
export function readAnchor(cursor: Cursor, isFlow: boolean): string | undefined {
  return charAt(cursor) === '&' ? anchorName(cursor, isFlow) : undefined;
}

/** The alias at the cursor. */
export function readAlias(cursor: Cursor, isFlow: boolean): YamlNode {
  const { line } = cursor;
  const name = anchorName(cursor, isFlow);
  const to = cursor.anchors.get(name);
  if (!to) fail(cursor, `the alias *${name} of nothing`);
  return { kind: 'alias', to, line };
}

/** Remembers a value under its anchor, before what is inside it is read. */
export function anchored<T extends YamlValue>(cursor: Cursor, anchor: string | undefined, value: T): T {
  if (anchor !== undefined) cursor.anchors.set(anchor, value);
  return value;
}
