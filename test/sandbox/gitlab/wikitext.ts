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

/** A page's text as MediaWiki stores it: line feeds only, no white space at its end. */
export const storedText = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
