/**
 * Blanks the parts of a wikitext in which MediaWiki finds no headings: comments, tags such as `nowiki`, and arguments of templates. Length and line feeds stay. Takes linear time. Throws if a comment is never closed.
 */
export function maskOpaque(text: string): string {
  const withoutTags = blank(text, taggedSpans(text));
  return blank(withoutTags, templateSpans(withoutTags));
}

/** Tags in which MediaWiki finds no headings, or whose text no reader of the page sees. */
const TAGS = new Set(
  [
    'nowiki pre syntaxhighlight source gallery math chem ce score timeline hiero poem graph',
    'templatedata imagemap inputbox mapframe maplink includeonly ref references indicator',
    'templatestyles charinsert categorytree dynamicpagelist section html',
  ].flatMap((names) => names.split(' ')),
);

/** A tag that, without its closing tag, continues to the end of the page (MediaWiki 1.39, Preprocessor_Hash); every other tag is text then. */
const UNTIL_THE_END = 'includeonly';

/** A part of a text: the index of its first character, and that after its last one. */
type Span = readonly [from: number, to: number];

function blank(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const [from, to] of spans) {
    parts.push(text.slice(at, from), text.slice(from, to).replace(/[^\n]/g, ' '));
    at = to;
  }
  return [...parts, text.slice(at)].join('');
}

/** Comments and opaque tags, in order. */
function taggedSpans(text: string): readonly Span[] {
  const lower = text.replace(/[A-Z]/g, (capital) => capital.toLowerCase());
  const ends = createEnds(lower);
  const spans: Span[] = [];
  for (let at = lower.indexOf('<'); at >= 0; ) {
    const end = lower.startsWith('<!--', at) ? commentEnd(ends, at) : tagEnd(lower, ends, at);
    if (end !== undefined) spans.push([at, end]);
    at = lower.indexOf('<', end ?? at + 1);
  }
  return spans;
}

/** Finds the end of the next part of one kind that begins at a position or after it; undefined if there is none. */
type NextEnd = (from: number) => number | undefined;

/** Finders of ends: of comments, of tags, and of elements by their name. They are called with growing positions. */
interface Ends {
  readonly comment: NextEnd;
  readonly tag: NextEnd;
  readonly element: (name: string, from: number) => number | undefined;
}

function createEnds(text: string): Ends {
  const elements = closingTags(text);
  return {
    comment: nextEndOf(text, '-->'),
    tag: nextEndOf(text, '>'),
    element: (name, from) => elements.get(name)?.(from),
  };
}

/** `indexOf` that reads no part of the text twice. */
function nextEndOf(text: string, what: string): NextEnd {
  let at = -1;
  return (from) => {
    if (at < from) at = text.indexOf(what, from);
    if (at < 0) at = Number.POSITIVE_INFINITY;
    return Number.isFinite(at) ? at + what.length : undefined;
  };
}

const spanOf = ({ 0: found, index }: RegExpExecArray): Span => [index, index + found.length];

/** A pointer into sorted spans, moved forward only: all look-ups together are linear. */
function nextEnd(spans: readonly Span[]): NextEnd {
  let next = 0;
  return (from) => {
    while ((spans[next]?.[0] ?? from) < from) next += 1;
    return spans[next]?.[1];
  };
}

function closingTags(text: string): ReadonlyMap<string, NextEnd> {
  const byName = Map.groupBy(text.matchAll(/<\/([a-z]{2,16})\s*>/g), ([, name = '']) => name);
  return new Map([...byName].map(([name, tags]) => [name, nextEnd(tags.map(spanOf))]));
}

function commentEnd({ comment }: Ends, at: number): number {
  const end = comment(at + 4);
  if (end === undefined) throw neverClosed('a comment');
  return end;
}

const neverClosed = (what: string) =>
  new Error(`audit log: ${what} on the page is never closed: nobody would see a line`);

/** The end of an opaque element that begins here; undefined if there is none, or if it is never closed. */
function tagEnd(text: string, ends: Ends, at: number): number | undefined {
  const name = /^[a-z]{2,16}/.exec(text.slice(at + 1, at + 18))?.[0] ?? '';
  const behind = at + 1 + name.length;
  if (!TAGS.has(name) || !/^(?:[\s>]|\/>)/.test(text.slice(behind, behind + 2))) return undefined;
  const opened = ends.tag(at);
  if (opened === undefined) return undefined;
  if (text[opened - 2] === '/') return opened;
  const closed = ends.element(name, opened);
  if (closed === undefined && name === UNTIL_THE_END) throw neverClosed(`<${name}>`);
  return closed;
}

/** Templates, from their opening to their closing braces, with the templates inside them. */
function templateSpans(text: string): readonly Span[] {
  const open: number[] = [];
  const spans: Span[] = [];
  for (const { 0: braces, index } of text.matchAll(/\{\{|\}\}/g)) {
    if (braces === '{{') open.push(index);
    else {
      const from = open.pop();
      if (from === undefined) continue;
      while ((spans.at(-1)?.[0] ?? -1) > from) spans.pop();
      spans.push([from, index + 2]);
    }
  }
  return spans;
}
