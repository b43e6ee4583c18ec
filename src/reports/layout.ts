/** Lays out text in columns for a terminal. */

import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** From this terminal width on, the layout has one table row for each entry. */
const WIDE = 120;
/** Maximum width of each column before the reason. */
const maxColumn = (width: number): number => Math.floor(width / 3.5);

/** Text, padded on the right to a width in terminal cells. */
export const padTo = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - stringWidth(text)))}`;

/** Lines of at most `width` cells, each with the indent; words longer than a line stay whole. */
export const wrapped = (text: string, width: number, indent: number): readonly string[] =>
  wrapAnsi(text, Math.max(20, width - indent), { hard: false })
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`);

/** A text whose lines fit into a width. A longer line continues below the start of its last column. Without a width it stays as it is. */
export const fitted = (text: string, width: number | undefined): string =>
  width === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => (stringWidth(line) <= width ? [line] : fittedLine(line, width)))
        .join('\n');

function fittedLine(line: string, width: number): readonly string[] {
  const [leading = ''] = /^ */.exec(line) ?? [];
  const columns = [...line.slice(0, Math.floor(width / 2)).matchAll(/ {2,}(?=\S)/g)];
  const last = columns.map(({ index, 0: gap }) => index + gap.length).at(-1) ?? 0;
  const indent = Math.max(last, leading.length, last === 0 ? 4 : 0);
  const [first = '', ...rest] = wrapped(line.slice(last), width - (indent - last), last);
  return [
    `${line.slice(0, last)}${first.trimStart()}`,
    ...rest.map((one) => `${' '.repeat(indent)}${one.trimStart()}`),
  ];
}

/** One entry: a name, what it is about, and a longer text. */
export interface Entry {
  readonly label: string;
  readonly fact: string;
  readonly text: string;
}

/** Entries as rows where the terminal is wide, else with the longer text on lines of its own. */
export function entryLines(
  entries: readonly Entry[],
  { width, paint }: { readonly width: number; paint(text: string): string },
): readonly string[] {
  if (width < WIDE) {
    return entries.flatMap(({ label, fact, text }) => [
      ...wrapped([label, fact].filter((part) => part !== '').join('  '), width, 2),
      ...(text === '' ? [] : wrapped(text, width, 6).map(paint)),
    ]);
  }
  const table = tableFor(entries, width);
  return entries.flatMap((entry) => rowLines(entry, table, paint));
}

/** The widths of the columns; an empty column has width 0. */
interface Table {
  readonly label: number;
  readonly fact: number;
  readonly width: number;
}

function tableFor(entries: readonly Entry[], width: number): Table {
  const widthOf = (select: (entry: Entry) => string) =>
    Math.min(maxColumn(width), Math.max(0, ...entries.map((entry) => stringWidth(select(entry)))));
  return { label: widthOf(({ label }) => label), fact: widthOf(({ fact }) => fact), width };
}

/** The lines of one row: each cell wraps in its column. A label that is too long for its column has a line of its own. */
function rowLines(
  { label, fact, text }: Entry,
  { label: labels, fact: facts, width }: Table,
  paint: (text: string) => string,
): readonly string[] {
  const isLong = stringWidth(label) > labels;
  const factIndent = 2 + labels + 2;
  const textIndent = factIndent + (facts === 0 ? 0 : facts + 2);
  const names = isLong ? [] : [label];
  const about = facts === 0 ? [] : wrapped(fact, facts, 0);
  const reasons = wrapped(text, width - textIndent, 0);
  const count = Math.max(names.length, about.length, reasons.length);
  const rows = Array.from({ length: count }, (_, index) => {
    const head = `  ${padTo(names[index] ?? '', labels)}  ${facts === 0 ? '' : `${padTo(about[index] ?? '', facts)}  `}`;
    const reason = reasons[index] ?? '';
    return `${head}${reason === '' ? '' : paint(reason)}`.trimEnd();
  });
  return isLong ? [`  ${label}`, ...rows] : rows;
}
