/** The answer of `compare`, for machines and for people. */

import type { ComparedAccount, Comparison } from '../engine/comparison.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, listEntry, searchBox, section } from './html-page.ts';
import { entryLines, fitted } from './layout.ts';
import { code, table } from './markdown-table.ts';
import type { Format } from './render.ts';
import type { Report } from './report.ts';
import { reasonOf } from './report-sections.ts';

/** The differences between another tool's decisions and ours, for machines. */
export interface ComparisonReport extends Comparison {
  readonly run: Report['run'];
}

/** The differences with the run that decided. */
export const comparisonReport = ({ run }: Report, comparison: Comparison): ComparisonReport => ({
  run,
  ...comparison,
});

/** The differences in one of the representations. */
export function renderComparison(given: ComparisonReport, format: Format, width = 100): string {
  if (format === 'json') return jsonText(given);
  const report = printable(given);
  if (format === 'markdown') return markdown(report);
  return format === 'html' ? html(report) : fitted(text(report, width), width);
}

interface Group {
  readonly title: string;
  readonly accounts: readonly ComparedAccount[];
}

const groupsOf = ({ onlyTheirs, onlyOurs, different }: Comparison): readonly Group[] =>
  [
    { title: 'Only in theirs', accounts: onlyTheirs },
    { title: 'Only in ours', accounts: onlyOurs },
    { title: 'Different', accounts: different },
  ].filter(({ accounts }) => accounts.length > 0);

function sentenceOf(report: Comparison): string {
  const { onlyTheirs, onlyOurs, different, same } = report;
  const count = onlyTheirs.length + onlyOurs.length + different.length;
  const others = `${same} ${same === 1 ? 'account is' : 'accounts are'} decided in the same way`;
  if (count === 0) return `Nothing differs: ${others}`;
  return `${count} differ (${onlyTheirs.length} only in theirs, ${onlyOurs.length} only in ours, ${different.length} different); ${others}`;
}

const entryOf = ({ account, project, theirs, ours, ...why }: ComparedAccount) => ({
  label: `${account}${project === undefined ? '' : ` on ${project}`}`,
  fact: `theirs ${theirs ?? 'nothing'}, ours ${ours ?? 'nothing'}`,
  text: reasonOf(why),
});

function text(report: ComparisonReport, width: number): string {
  const groups = groupsOf(report).flatMap(({ title, accounts }) => [
    `${title} (${accounts.length})`,
    ...entryLines(accounts.map(entryOf), { width, paint: (line) => line }),
    '',
  ]);
  return `${[`${report.run.job}  compare`, '', ...groups, sentenceOf(report)].join('\n')}\n`;
}

function markdown(report: ComparisonReport): string {
  const tables = groupsOf(report).map(({ title, accounts }) => {
    const rows = accounts.map(({ theirs, ours, ...one }) =>
      [entryOf({ theirs, ours, ...one }).label, theirs ?? '', ours ?? '', reasonOf(one)].map(code),
    );
    return `${title}\n\n${table(['Account', 'Theirs', 'Ours', 'Our reason'], rows)}`;
  });
  return `${[`**${report.run.job}: compare** · ${sentenceOf(report)}`, ...tables].join('\n\n')}\n`;
}

function html(report: ComparisonReport): string {
  const groups = groupsOf(report).map(({ title, accounts }) =>
    section(`${title} (${accounts.length})`, accounts.map(entryOf).map(listEntry).join('')),
  );
  const head = `<h1>Compare</h1><p><b>${escapeHtml(sentenceOf(report))}</b></p>`;
  return htmlPage(`${report.run.job}: compare`, `<main>${head}${searchBox}${groups.join('')}</main>`);
}
