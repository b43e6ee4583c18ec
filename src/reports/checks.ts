/** The answer of `check`, for machines and for people. */

import type { CheckLine } from '../engine/check.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage } from './html-page.ts';
import { fitted } from './layout.ts';
import type { Format } from './render.ts';
import type { Report } from './report.ts';

/** All checks of a job for machines. */
export interface CheckReport {
  readonly run: Report['run'];
  readonly ok: boolean;
  readonly checks: readonly CheckLine[];
}

/** The checks with the run that they were made by. */
export const checkReport = ({ run }: Report, checks: readonly CheckLine[]): CheckReport => ({
  run,
  ok: checks.every(({ ok }) => ok),
  checks,
});

/** One line for each check, with the cure for what is wrong. */
export function renderChecks(given: CheckReport, format: Format, width?: number): string {
  if (format === 'json') return jsonText(given);
  const { run, ok, checks } = printable(given);
  const wrong = checks.filter((check) => !check.ok).length;
  const sentence = ok
    ? 'Everything is right'
    : `${wrong} of ${checks.length} ${wrong === 1 ? 'is' : 'are'} wrong`;
  const lines = checks.flatMap(({ name, ok: isRight, found, cure }) => [
    `${isRight ? '✓' : '✗'} ${name}: ${found}`,
    ...(cure === null ? [] : [`    ${cure}`]),
  ]);
  const text = `${[`${run.job}  check`, ...lines, '', sentence].join('\n')}\n`;
  if (format === 'markdown') return `\`\`\`\`\n${text.replaceAll('`', "'")}\`\`\`\`\n`;
  if (format === 'html')
    return htmlPage(`check ${run.job}`, `<main><h1>Check</h1><pre>${escapeHtml(text)}</pre></main>`);
  return fitted(text, width);
}
