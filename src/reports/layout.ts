import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** From this width on, an entry is one row of a table. */
const WIDE = 120;
const WIDEST_LABEL = 40;

/** Text, padded on the right to a width in terminal cells. */
export const padTo = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - stringWidth(text)))}`;

/** Lines of at most `width` cells, each with the indent; words longer than a line stay whole. */
export const wrapped = (text: string, width: number, indent: number): readonly string[] =>
  wrapAnsi(text, Math.max(20, width - indent), { hard: false })
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`);

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
  const widthOf = (select: (entry: Entry) => string) =>
    Math.min(WIDEST_LABEL, Math.max(0, ...entries.map((entry) => stringWidth(select(entry)))));
  const [labels, facts] = [widthOf(({ label }) => label), widthOf(({ fact }) => fact)];
  return entries.flatMap(({ label, fact, text }) => {
    const indent = labels + facts + 6;
    const [first = '', ...more] = wrapped(text, width, indent);
    // What is too long for its column has a line of its own, so that the columns stay where they are.
    const isLong = stringWidth(label) > labels || stringWidth(fact) > facts;
    const head = `  ${padTo(label, labels)}  ${padTo(fact, facts)}  `;
    if (!isLong) return [`${head}${paint(first.trimStart())}`.trimEnd(), ...more.map(paint)];
    return [
      ...wrapped([label, fact].filter((part) => part !== '').join('  '), width, 2),
      ...(text === '' ? [] : [first, ...more].map(paint)),
    ];
  });
}
