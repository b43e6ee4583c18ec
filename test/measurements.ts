import { readFileSync, writeFileSync } from 'node:fs';

/** The page with the measurements of scripts. */
const PAGE = new URL('./README.md', import.meta.url);
/** The page whose table has one line for each script. */
const FIRST_PAGE = new URL('../README.md', import.meta.url);

/** Whether a script was asked to write its measurements on the pages. */
export const mayWriteMeasurements = (): boolean => process.argv.includes('--write');

/** What a script measured: the whole `text`, and a `summary` of one line. */
interface Figures {
  readonly text: string;
  readonly summary: string;
}

/** Writes measurements between the marks `<!-- NAME -->` and `<!-- /NAME -->` of their page, and their summary into README's table, with the day. */
export function writeMeasurements(name: string, { text, summary }: Figures): void {
  const day = new Date().toISOString().slice(0, 10);
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  replaceIn(PAGE, marked, (start, end) => `${start}\n${day}:\n\n${text.trim()}\n\n${end}`);
  const line = new RegExp(`^(\\| \`npm run ${name}\` \\|[^|]*\\|).*(\\|)$`, 'm');
  replaceIn(FIRST_PAGE, line, (start, end) => `${start} ${summary} | ${day} ${end}`);
}

function replaceIn(page: URL, place: RegExp, replace: (start: string, end: string) => string): void {
  const before = readFileSync(page, 'utf8');
  if (!place.test(before)) throw new Error(`${page.pathname} has no place for figures: ${place}`);
  writeFileSync(
    page,
    before.replace(place, (_, start: string, end: string) => replace(start, end)),
  );
}
