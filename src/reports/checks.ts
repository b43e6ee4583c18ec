/** The answer of `check`, for machines and for people. */

import type { CheckLine } from '../engine/check.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { fitted } from './layout.ts';
import { code, table } from './markdown-table.ts';
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
  const report = printable(given);
  if (format === 'markdown') return markdown(report);
  return format === 'html' ? html(report) : fitted(text(report), width);
}

function sentenceOf({ ok, checks }: CheckReport): string {
  const wrong = checks.filter((check) => !check.ok).length;
  return ok ? 'Everything is right' : `${wrong} of ${checks.length} ${wrong === 1 ? 'is' : 'are'} wrong`;
}

function text(report: CheckReport): string {
  const lines = report.checks.flatMap(({ name, ok, found, cure }) => [
    `${ok ? '✓' : '✗'} ${name}: ${found}`,
    ...(cure === null ? [] : [`    ${cure}`]),
  ]);
  return `${[`${report.run.job}  check`, ...lines, '', sentenceOf(report)].join('\n')}\n`;
}

const COLUMNS = ['Check', 'Result', 'Found', 'What to do'];

/** What is wrong comes first. */
const rowsOf = ({ checks }: CheckReport): readonly (readonly string[])[] =>
  checks
    .toSorted((a, b) => Number(a.ok) - Number(b.ok))
    .map(({ name, ok, found, cure }) => [name, ok ? 'right' : 'wrong', found, cure ?? '']);

function markdown(report: CheckReport): string {
  const rows = rowsOf(report).map((row) => row.map(code));
  return `**${report.run.job}: check** · ${sentenceOf(report)}\n\n${table(COLUMNS, rows)}\n`;
}

function html(report: CheckReport): string {
  const rows = rowsOf(report).map(([name = '', result = '', ...others]) => [
    escapeHtml(name),
    result === 'wrong' ? `<strong class="revoke">${result}</strong>` : result,
    ...others.map(escapeHtml),
  ]);
  const head = `<h1>${escapeHtml(report.run.job)}: check</h1><p class="sentence${report.ok ? '' : ' bad'}">${sentenceOf(report)}</p>`;
  return htmlPage(`check ${report.run.job}`, `<main>${head}\n${htmlTable(COLUMNS, rows)}</main>`);
}
