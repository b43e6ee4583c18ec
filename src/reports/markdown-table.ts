/** A table in Markdown. Cells that others wrote have to be `code`. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n');

/** A cell of a Markdown table with a text that others wrote, as code: nothing in it is mark-up. */
export const code = (text: string): string =>
  text === '' ? '' : `\`${text.replaceAll('`', "'").replaceAll('|', '¦')}\``;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
