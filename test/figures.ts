import { readFileSync, writeFileSync } from 'node:fs';

/** The page with the figures that scripts have measured. */
const PAGE = new URL('./README.md', import.meta.url);

/** Whether a script was asked to write its figures on the page. */
export const mayWriteFigures = (): boolean => process.argv.includes('--write');

/** Writes figures between the marks `<!-- NAME -->` and `<!-- /NAME -->` of the page, with the day. */
export function writeFigures(name: string, text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(page)) throw new Error(`test/README.md has no place for ${name}`);
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(
    PAGE,
    page.replace(marked, (_, start: string, end: string) => `${start}\n${day}:\n\n${text.trim()}\n\n${end}`),
  );
}
