import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
} from 'yaml';
import { messageOf, SourceError } from '../../platform/errors.ts';

/** A parsed file whose nodes still know their place. */
export interface YamlDocument {
  readonly document: Document.Parsed;
  /** The number of the line on which a node begins. */
  lineOf(node: Node): number;
}

/** More items or deeper flow collections than this take the parser seconds; the real file has 7,000 lines. */
const MAX_ITEMS = 250_000;
const MAX_FLOW_DEPTH = 1000;

/** Parses a file in linear time. All scalars are texts. Throws `SourceError` for what is no YAML, and for what takes too long. */
export function parseYaml(text: string): YamlDocument {
  checkSize(text);
  const lines = new LineCounter();
  // The parser's own check of keys is quadratic; `checkKeys` is not.
  const options = { schema: 'failsafe', uniqueKeys: false, lineCounter: lines, prettyErrors: false } as const;
  const document = orSourceError(() => parseDocument(text, options));
  const [fault] = document.errors;
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new SourceError(`data.yaml: does not parse: line ${line}: ${fault.message.split('\n')[0]}`);
  }
  return { document, lineOf: ({ range }) => lines.linePos(range?.[0] ?? 0).line };
}

/** What `read` returns. An error of the parser is the file's. */
export function orSourceError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`data.yaml: does not parse: ${messageOf(error)}`);
  }
}

function checkSize(text: string): void {
  let items = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') {
      items += 1;
      if (!/\s/.test(text[at + 1] ?? ' ')) depth = 0;
    } else if (char === ',' || char === '&' || char === '*' || (char === '-' && text[at + 1] === ' '))
      items += 1;
    else if (char === '[' || char === '{') {
      items += 1;
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
  }
  if (items > MAX_ITEMS)
    throw new SourceError(`data.yaml: too many items (found ${items}, allowed ${MAX_ITEMS})`);
  if (deepest > MAX_FLOW_DEPTH)
    throw new SourceError(`data.yaml: nested too deeply (found ${deepest}, allowed ${MAX_FLOW_DEPTH})`);
}

/**
 * Checks the keys of all maps in linear time. In the maps that decide about access (the whole file, `groups`, `users`, and each of
 * their entries) a repeated key, a merge key and a key that is no text throw a `SourceError` with its line. Elsewhere a repeated key
 * is returned, as `key (line N)`.
 */
export function checkKeys({ document, lineOf }: YamlDocument): readonly string[] {
  const deciding = decidingMaps(document);
  const repeated: string[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
        const line = key instanceof Object && 'range' in key ? lineOf(key as Node) : 0;
        if (deciding.has(map)) checkDecidingKey(name, key, line);
        if (name === undefined) continue;
        if (seen.has(name) && deciding.has(map))
          throw new SourceError(`data.yaml: line ${line}: the key ${name} is there twice (allowed: once)`);
        if (seen.has(name)) repeated.push(`${name} (line ${line})`);
        seen.add(name);
      }
    },
  });
  return repeated;
}

function checkDecidingKey(name: string | undefined, key: unknown, line: number): void {
  if (name === undefined)
    throw new SourceError(`data.yaml: line ${line}: a key is no text (allowed: plain or quoted text)`);
  if (name === '<<')
    throw new SourceError(`data.yaml: line ${line}: a merge key (<<) decides about access (allowed: none)`);
  checkPlainText(key as Scalar, `data.yaml: line ${line}`);
}

/** The maps that decide about access, aliases followed. */
function decidingMaps(document: Document.Parsed): ReadonlySet<unknown> {
  const root = document.contents;
  if (!isMap(root)) return new Set();
  const sections = ['groups', 'users'].map((name) => resolved(root.get(name, true), document)).filter(isMap);
  const entries = sections.flatMap(({ items }) => items.map(({ value }) => resolved(value, document)));
  return new Set([root, ...sections, ...entries.filter((one) => one instanceof YAMLMap)]);
}

/** What an alias stands for; any other node as it is. */
export const resolved = (node: unknown, document: Document.Parsed): unknown =>
  isAlias(node) ? node.resolve(document) : node;

/**
 * Texts that Ruby's reader, which puppet uses, takes for something else: null, booleans, numbers and dates (Psych's
 * `ScalarScanner`).
 */
const NO_TEXT_FOR_RUBY =
  /^(?:~|null|yes|no|true|false|on|off|[-+]?(?:0[0-7_,]+|0b[01_,]+|0x[0-9a-f_,]+|\d[\d_,]*)|[-+]?(?:\d[\d_,]*)?\.\d*(?:e[-+]?\d+)?|\d{4}-\d{1,2}-\d{1,2})$/i;

/** Throws `SourceError` for a scalar that is a text for us and something else for puppet. */
export function checkPlainText(node: Scalar, where: string): void {
  const text = String(node.value);
  const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str')
    throw new SourceError(`${where}: a tag decides about access (found ${node.tag}, allowed: none)`);
  if (isPlain && NO_TEXT_FOR_RUBY.test(text))
    throw new SourceError(
      `${where}: puppet does not read this as text (found ${text}, allowed: text, or quotes)`,
    );
}
