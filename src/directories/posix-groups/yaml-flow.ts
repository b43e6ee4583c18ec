/** Parses YAML in flow style: mappings and lists in brackets. */

import {
  anchored,
  type Cursor,
  charAt,
  fail,
  nothing,
  readAlias,
  readAnchor,
  skipToContent,
} from './yaml-cursor.ts';
import { readKey, readPlainLine, readText } from './yaml-scalars.ts';
import type { YamlList, YamlMap, YamlNode } from './yaml-types.ts';

/** Maximum nesting of lists and mappings. */
export const MAX_DEPTH = 50;

/** A list or mapping in brackets at the cursor, without the rest of its line. */
export function readFlow(cursor: Cursor, anchor: string | undefined, depth: number): YamlNode {
  if (depth > MAX_DEPTH) fail(cursor, `nested too deep (allowed ${MAX_DEPTH})`);
  return charAt(cursor) === '[' ? readFlowList(cursor, anchor, depth) : readFlowMap(cursor, anchor, depth);
}

function readFlowList(cursor: Cursor, anchor: string | undefined, depth: number): YamlList {
  const list: YamlList = anchored(cursor, anchor, { kind: 'list', items: [], line: cursor.line });
  cursor.at += 1;
  while (!endsWith(cursor, ']')) {
    list.items.push(readItem(cursor, depth));
    separator(cursor, ']', list.line);
  }
  cursor.at += 1;
  return list;
}

function readFlowMap(cursor: Cursor, anchor: string | undefined, depth: number): YamlMap {
  const map: YamlMap = anchored(cursor, anchor, { kind: 'map', entries: [], line: cursor.line });
  cursor.at += 1;
  while (!endsWith(cursor, '}')) {
    const key = readKey(cursor, 'flow');
    if (key) map.entries.push([key, readItemOrNothing(cursor, depth)]);
    else map.entries.push([readPlainLine(cursor, 'flow'), nothing(cursor.line)]);
    separator(cursor, '}', map.line);
  }
  cursor.at += 1;
  return map;
}

function endsWith(cursor: Cursor, closing: string): boolean {
  skipToContent(cursor, true);
  return charAt(cursor) === closing;
}

function separator(cursor: Cursor, closing: string, line: number): void {
  if (endsWith(cursor, closing)) return;
  const found = charAt(cursor);
  if (found === '') fail({ line }, `a bracket is not closed (no ${closing})`);
  if (found !== ',') fail(cursor, `between brackets: found "${found}", allowed: a comma or ${closing}`);
  cursor.at += 1;
}

function readItemOrNothing(cursor: Cursor, depth: number): YamlNode {
  skipToContent(cursor, true);
  return ',}'.includes(charAt(cursor)) ? nothing(cursor.line) : readItem(cursor, depth);
}

function readItem(cursor: Cursor, depth: number): YamlNode {
  const anchor = readAnchor(cursor, true);
  if (anchor !== undefined) skipToContent(cursor, true);
  const char = charAt(cursor);
  if (char === '*' && anchor === undefined) return readAlias(cursor, true);
  if (char === '[' || char === '{') return readFlow(cursor, anchor, depth + 1);
  if (anchor !== undefined && ',]}'.includes(char)) return anchored(cursor, anchor, nothing(cursor.line));
  return anchored(cursor, anchor, readText(cursor, 'flow'));
}
