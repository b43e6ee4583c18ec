/** Parses YAML in block style: mappings and lists by their indentation. */

import {
  anchored,
  type Cursor,
  charAt,
  column,
  endLine,
  fail,
  isBlank,
  nothing,
  readAlias,
  readAnchor,
  skipToContent,
  startOf,
} from './yaml-cursor.ts';
import { MAX_DEPTH, readFlow } from './yaml-flow.ts';
import { readBlockText, readKey, readText } from './yaml-scalars.ts';
import type { YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-types.ts';

/** The allowed place and forms of a value: the column that it must be beyond, and the kinds of node. */
interface Place {
  readonly indent: number;
  readonly depth: number;
  /** Whether a mapping or list may begin on this line. */
  readonly mayBegin: boolean;
  /** A list may begin at `indent` itself: the value of a key. */
  readonly listAtIndent: boolean;
  readonly anchor?: string;
}

const MARKER = /^(?:---|\.\.\.)(?=\s|$)/m;

/**
 * The YAML of a file, in one pass. It knows the part of YAML 1.1 that such files use, and throws `SourceError` for the
 * rest: tags, directives, several documents, keys that are no text on one line.
 */
export function readYaml(file: string): YamlNode {
  const cursor = startOf(file);
  skipToContent(cursor);
  if (column(cursor) === 0 && /^---(?=[ \n])/.test(cursor.text.slice(cursor.at, cursor.at + 4))) {
    cursor.at += 3;
    endLine(cursor);
  }
  const marker = cursor.text.slice(cursor.at).search(MARKER);
  if (marker >= 0) fail({ line: lineAt(cursor, cursor.at + marker) }, 'more than one document');
  const place = { indent: -1, depth: 0, mayBegin: true, listAtIndent: false };
  const root = readValue(cursor, place);
  skipToContent(cursor);
  if (cursor.at < cursor.text.length) fail(cursor, 'text that belongs to nothing before it (indentation?)');
  return root;
}

const lineAt = ({ text }: Cursor, at: number) => text.slice(0, at).split('\n').length;

function readValue(cursor: Cursor, place: Place): YamlNode {
  const { line } = cursor;
  skipToContent(cursor);
  const isNewLine = cursor.line !== line;
  if (cursor.at >= cursor.text.length || (isNewLine && !isInside(cursor, place)))
    return anchored(cursor, place.anchor, nothing(line));
  const here = { ...place, mayBegin: place.mayBegin || isNewLine };
  if (here.depth > MAX_DEPTH) fail(cursor, `nested too deep (allowed ${MAX_DEPTH})`);
  return readContent(cursor, here);
}

const isDash = (cursor: Cursor) => charAt(cursor) === '-' && isBlank(charAt(cursor, 1));

const isInside = (cursor: Cursor, { indent, listAtIndent }: Place) =>
  column(cursor) > indent || (listAtIndent && column(cursor) === indent && isDash(cursor));

function readContent(cursor: Cursor, place: Place): YamlNode {
  const { anchor } = place;
  const char = charAt(cursor);
  if (char === '&' && anchor === undefined) {
    const name = readAnchor(cursor, false) ?? '';
    return readValue(cursor, { ...place, mayBegin: false, anchor: name });
  }
  if (char === '*' && anchor === undefined) return ended(cursor, readAlias(cursor, false));
  if (char === '[' || char === '{') return ended(cursor, readFlow(cursor, anchor, place.depth + 1));
  if (char === '|' || char === '>')
    return ended(cursor, anchored(cursor, anchor, readBlockText(cursor, place)));
  if (isDash(cursor)) return readList(cursor, place);
  const at = column(cursor);
  const key = place.mayBegin ? readKey(cursor, place) : undefined;
  if (key) return readMap(cursor, { ...place, indent: at }, key);
  return ended(cursor, anchored(cursor, anchor, readText(cursor, place)));
}

function ended(cursor: Cursor, node: YamlNode): YamlNode {
  endLine(cursor);
  return node;
}

function readMap(cursor: Cursor, { indent, depth, anchor }: Place, first: YamlScalar): YamlNode {
  const map: YamlMap = anchored(cursor, anchor, { kind: 'map', entries: [], line: first.line });
  const place = { indent, depth: depth + 1, mayBegin: false, listAtIndent: true };
  for (let key: YamlScalar | undefined = first; key; ) {
    map.entries.push([key, readValue(cursor, place)]);
    key = isNext(cursor, indent) ? readKey(cursor, place) : undefined;
    if (!key && cursor.at < cursor.text.length && column(cursor) === indent)
      fail(cursor, 'no key of a mapping (found no colon with a space behind it)');
  }
  return map;
}

function readList(cursor: Cursor, { mayBegin, depth, anchor }: Place): YamlNode {
  if (!mayBegin) fail(cursor, 'a list that begins behind something else');
  const indent = column(cursor);
  const list: YamlList = anchored(cursor, anchor, { kind: 'list', items: [], line: cursor.line });
  const place = { indent, depth: depth + 1, mayBegin: true, listAtIndent: false };
  do {
    cursor.at += 1;
    if (charAt(cursor) === '\t') fail(cursor, 'a tab in the indentation');
    list.items.push(readValue(cursor, place));
  } while (isNext(cursor, indent) && isDash(cursor));
  return list;
}

/** Whether the next content begins at this column, on a line of its own. */
function isNext(cursor: Cursor, indent: number): boolean {
  skipToContent(cursor);
  if (cursor.at >= cursor.text.length || column(cursor) < indent) return false;
  if (column(cursor) > indent) fail(cursor, 'indented further than what it belongs to');
  return true;
}
