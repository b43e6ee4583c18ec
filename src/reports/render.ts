/** Renders a report or an explanation in the representation that was asked for. */

import { jsonText } from '../platform/printable.ts';
import { type ExplanationReport, renderExplanation } from './explanation.ts';
import { renderHtml } from './html.ts';
import { escapeHtml, htmlPage } from './html-page.ts';
import { fitted } from './layout.ts';
import { renderMarkdown } from './markdown.ts';
import type { Describe, Report, UnchangedAccount } from './report.ts';
import { renderText, type TextStyle } from './text.ts';

/** The representations of a report and of an explanation. */
export const FORMATS = ['text', 'json', 'markdown', 'html'] as const;
export type Format = (typeof FORMATS)[number];

/** Their media types. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
};

/** How a report is written: a text's style, and the unchanged accounts that a page also lists. */
export interface ReportStyle extends TextStyle {
  readonly unchanged?: readonly UnchangedAccount[];
}

/** A report in one of its representations. */
export function renderReport(report: Report, format: Format, style: ReportStyle): string {
  if (format === 'json') return jsonText(report);
  if (format === 'markdown') return renderMarkdown(report);
  return format === 'html' ? renderHtml(report, style.unchanged) : renderText(report, style);
}

/** An explanation in one of its representations. */
export function renderAnswer(
  answer: ExplanationReport,
  format: Format,
  { describe, width }: Pick<TextStyle, 'width'> & { readonly describe: Describe },
): string {
  if (format === 'json') return jsonText(answer);
  const text = renderExplanation(answer, { describe });
  if (format === 'markdown') return `\`\`\`\`\n${text.replaceAll('`', "'")}\`\`\`\`\n`;
  if (format === 'html')
    return htmlPage(
      `explain ${answer.who}`,
      `<main><h1>Explanation</h1><pre>${escapeHtml(text)}</pre></main>`,
    );
  return fitted(text, width);
}
