/** Wikitext as a person reads it, line by line: headings without their marks, list items with a dot, links by their labels. */
export function renderWikitext(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const heading = HEADING.exec(line);
      if (heading) return inline(heading[2] ?? '');
      const item = /^(\*+)\s*(.*)$/.exec(line);
      return item ? `${'  '.repeat(item[1]?.length ?? 1)}• ${inline(item[2] ?? '')}` : inline(line);
    })
    .join('\n');
}

const HEADING = /^(={1,6})\s*(.+?)\s*\1\s*$/;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

// Links come first: brackets that were written as references make no links.
const inline = (text: string): string =>
  text
    .replace(/\[\[(?:[^[\]|]*\|)?([^[\]|]*)\]\]/g, '$1')
    .replace(/&(?:#(\d{1,7})|(amp|lt|gt|quot));/g, (whole, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });

/** Where a section begins and ends in a page's text; 0 is what stands before the first heading. Undefined where there is none. */
export function sectionRange(text: string, section: number): { start: number; end: number } | undefined {
  const headings = [...text.matchAll(/^(={1,6})\s*.+?\s*\1[ \t]*$/gm)].map((match) => ({
    start: match.index,
    level: match[1]?.length ?? 0,
  }));
  if (section === 0) return { start: 0, end: headings[0]?.start ?? text.length };
  const heading = headings[section - 1];
  if (!heading) return undefined;
  const next = headings.slice(section).find(({ level }) => level <= heading.level);
  return { start: heading.start, end: next?.start ?? text.length };
}

/** A page's text as MediaWiki stores it: line feeds only, no white space at its end. */
export const storedText = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
