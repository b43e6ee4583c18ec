/** Tags into which MediaWiki's parser does not look for headings, or whose text no reader of the page sees. */
const TAGS = new Set([
  ...[
    'nowiki',
    'pre',
    'syntaxhighlight',
    'source',
    'gallery',
    'math',
    'chem',
    'ce',
    'score',
    'timeline',
    'hiero',
  ],
  ...[
    'templatedata',
    'imagemap',
    'inputbox',
    'graph',
    'mapframe',
    'maplink',
    'includeonly',
    'ref',
    'references',
  ],
]);

/** A part of a text: from its first character to the one after its last. */
type Span = readonly [from: number, to: number];

/**
 * The text with everything blanked in which a heading is none: comments, such tags and the arguments of templates.
 * Length and line feeds stay. Linear in the text. Throws where a comment is never closed.
 */
export function maskOpaque(text: string): string {
  const withoutTags = blank(text, taggedSpans(text));
  return blank(withoutTags, templateSpans(withoutTags));
}

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
  const lower = text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  const find = createFinder(lower);
  const spans: Span[] = [];
  for (let at = lower.indexOf('<'); at >= 0; ) {
    const end = lower.startsWith('<!--', at) ? commentEnd(find, at) : tagEnd(lower, find, at);
    if (end !== undefined) spans.push([at, end]);
    at = lower.indexOf('<', end ?? at + 1);
  }
  return spans;
}

type Find = (what: string, from: number) => number;

/** `indexOf` for positions that only grow: no part of the text is looked at twice for the same. */
function createFinder(text: string): Find {
  const next = new Map<string, number>();
  return (what, from) => {
    const known = next.get(what);
    if (known !== undefined && (known < 0 || known >= from)) return known;
    const found = text.indexOf(what, from);
    next.set(what, found);
    return found;
  };
}

function commentEnd(find: Find, at: number): number {
  const end = find('-->', at + 4);
  if (end < 0) throw new Error('audit log: a comment on the page is never closed: nobody would see a line');
  return end + 3;
}

/** The end of an opaque element that begins here; undefined where there is none, or where it is never closed. */
function tagEnd(text: string, find: Find, at: number): number | undefined {
  const name = /^[a-z]{2,16}/.exec(text.slice(at + 1, at + 18))?.[0] ?? '';
  if (!TAGS.has(name) || !/[\s>/]/.test(text[at + 1 + name.length] ?? '')) return undefined;
  const opened = find('>', at);
  if (opened < 0) return undefined;
  if (text[opened - 1] === '/') return opened + 1;
  const closing = find(`</${name}`, opened);
  const closed = closing < 0 ? -1 : find('>', closing);
  return closed < 0 ? undefined : closed + 1;
}

/** Templates from their opening to their closing braces; one inside another is part of it. */
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
