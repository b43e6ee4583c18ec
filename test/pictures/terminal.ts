import { escapeHtml } from '../../src/reports/html-page.ts';

const COLOURS: Readonly<Record<string, string>> = {
  1: 'font-weight:bold',
  2: 'opacity:.7',
  31: 'color:#ff7b72',
  32: 'color:#7ee787',
  33: 'color:#e3b341',
};
const ENDS = ['22', '39'];
const CODE = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`);

/** What a terminal would show, as a page. */
export function terminalPage(command: string, text: string): string {
  const parts = text.split(CODE).map((part, index) => {
    if (index % 2 === 0) return escapeHtml(part);
    return ENDS.includes(part) ? '</span>' : `<span style="${COLOURS[part] ?? ''}">`;
  });
  return `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#0d1117;color:#e6edf3}
pre{margin:0;padding:16px;font:14px/1.35 "DejaVu Sans Mono",monospace}</style>
<pre><b>$ ${escapeHtml(command)}</b>\n${parts.join('')}</pre>`;
}

const CELL_WIDTH = 8.43;
const LINE_HEIGHT = 18.9;
const PADDING = 32;

/** The size of that page in CSS pixels. */
export const sizeOf = (text: string, columns: number) => ({
  width: Math.ceil(columns * CELL_WIDTH) + PADDING,
  height: Math.ceil((text.split('\n').length + 1) * LINE_HEIGHT) + PADDING,
});
