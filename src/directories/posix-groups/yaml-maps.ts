/** Resolves YAML mappings: merge keys and keys that occur twice. */

import { isTextForRuby } from './ruby-text.ts';
import { fail } from './yaml-cursor.ts';
import { targetOf, type YamlMap, type YamlNode, type YamlScalar } from './yaml-types.ts';

export type Entries = ReadonlyMap<string, YamlNode>;

/** A key that one mapping has more than once. */
export interface DuplicateKey {
  readonly map: YamlMap;
  readonly key: string;
  readonly line: number;
}

/** Resolves mappings, and remembers those that it has resolved. */
export interface MapReader {
  entriesOf(map: YamlMap): Entries;
  readonly resolved: ReadonlySet<YamlMap>;
}

/** Merge keys can copy one mapping into many. */
const MAX_MERGED = 1_000_000;
const MAX_MERGE_DEPTH = 20;

/** The text of a scalar, if Ruby reads it as text too; undefined for a number, a boolean or null. */
export function textIn(scalar: YamlScalar): string | undefined {
  if (!scalar.exact) fail(scalar, 'a name with escapes or in a text block');
  const { text, quoted } = scalar;
  return text !== null && (quoted || isTextForRuby(text)) ? text : undefined;
}

/**
 * Entries by key, with merge keys as Ruby's reader resolves them: at their place in the mapping, so that a key before a
 * merge key loses and one behind it wins; in a list of mappings the first wins. Anything else behind `<<` is a usual entry.
 */
export function createMapReader(): MapReader {
  const known = new Map<YamlMap, Entries>();
  const resolved = new Set<YamlMap>();
  let merged = 0;
  const resolve = (map: YamlMap, depth: number): Entries => {
    const before = known.get(map);
    if (before) return before;
    if (resolved.has(map)) fail(map, 'a mapping that merges itself');
    if (depth > MAX_MERGE_DEPTH) fail(map, `merge keys of merge keys (allowed ${MAX_MERGE_DEPTH})`);
    resolved.add(map);
    const entries = new Map<string, YamlNode>();
    for (const [key, value] of map.entries) {
      const name = textIn(key);
      const sources = name === '<<' ? mergeSources(value) : undefined;
      if (!sources) {
        if (name !== undefined) entries.set(name, value);
        continue;
      }
      for (const source of sources.toReversed()) {
        const more = resolve(source, depth + 1);
        merged += more.size;
        if (merged > MAX_MERGED) fail(map, `merge keys that copy too much (allowed ${MAX_MERGED} entries)`);
        for (const [inner, node] of more) entries.set(inner, node);
      }
    }
    known.set(map, entries);
    return entries;
  };
  return { entriesOf: (map) => resolve(map, 0), resolved };
}

/** The mappings that a merge key copies; undefined where Ruby takes it for a usual key. */
function mergeSources(node: YamlNode): readonly YamlMap[] | undefined {
  const value = targetOf(node);
  if (value.kind === 'map') return [value];
  if (value.kind !== 'list' || node.kind === 'alias') return undefined;
  const sources = value.items.map(targetOf).filter((item) => item.kind === 'map');
  return sources.length === value.items.length ? sources : undefined;
}

/** Every key that one mapping has more than once, in the order of the file. */
export function duplicateKeys(root: YamlNode): readonly DuplicateKey[] {
  const found: DuplicateKey[] = [];
  const waiting: YamlNode[] = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind === 'list') for (const item of node.items) waiting.push(item);
    if (node.kind !== 'map') continue;
    const seen = new Set<string>();
    for (const [{ text, quoted, line }, value] of node.entries) {
      const key = text ?? '';
      const id = quoted || isTextForRuby(key) ? key : `without quotes ${key}`;
      if (seen.has(id) && key !== '<<') found.push({ map: node, key, line });
      seen.add(id);
      waiting.push(value);
    }
  }
  return found.toSorted((a, b) => a.line - b.line);
}
