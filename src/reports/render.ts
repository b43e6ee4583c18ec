/** Renders a report in the representation that was asked for. */

import { jsonText } from '../platform/printable.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report, UnchangedAccount } from './report.ts';
import { renderText, type TextStyle } from './text.ts';

/** The representations of a report and of an answer. */
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
