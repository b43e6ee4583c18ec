/** The answer of `history`, for machines and for people. */

import { subjectsNamed } from '../engine/subjects.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, listEntry, searchBox, section } from './html-page.ts';
import { entryLines, wrapped } from './layout.ts';
import { code, table } from './markdown-table.ts';
import type { Format } from './render.ts';
import type { Report, ReportedChange } from './report.ts';
import { reasonOf, timeText } from './report-sections.ts';

/** A change that a past run made. */
export type PastChange = Pick<
  ReportedChange,
  'account' | 'project' | 'label' | 'kind' | 'move' | 'rule' | 'because'
>;

/** One run in the history, with the changes that it made. */
export interface PastRun {
  readonly id: string;
  readonly startedAt: string;
  readonly outcome: string;
  readonly sentence: string;
  readonly changes: readonly PastChange[];
}

/** The past runs of a job, the newest first. With `who`, those that changed an account of that name. */
export interface HistoryReport {
  readonly job: string;
  readonly since: string;
  readonly who: string | null;
  readonly runs: readonly PastRun[];
}

/** A report as a run of the history; `who` restricts it to an account, by its id, its name for people, or that name before the @. */
export function pastRun({ run, outcome, summary, changes }: Report, who?: string): PastRun {
  const isMeant = ({ account, label }: ReportedChange) =>
    who === undefined ||
    subjectsNamed([{ names: [account, label, label.split('@', 1)[0] ?? ''] }], who).length > 0;
  return {
    id: run.id,
    startedAt: run.startedAt,
    outcome,
    sentence: summary.sentence,
    changes: changes.filter((change) => change.result === 'applied' && isMeant(change)).map(pastChange),
  };
}

const pastChange = ({ account, project, label, kind, move, rule, because }: ReportedChange): PastChange => ({
  account,
  ...(project === undefined ? {} : { project }),
  label,
  kind,
  move,
  rule,
  because,
});

/** The history of a job. */
export const historyReport = (
  job: string,
  { since, who }: Pick<HistoryReport, 'since' | 'who'>,
  runs: readonly PastRun[],
): HistoryReport => ({
  job,
  since,
  who,
  runs: runs
    .filter(({ changes }) => who === null || changes.length > 0)
    .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt)),
});

/** A history in one of its representations. */
export function renderHistory(given: HistoryReport, format: Format, width?: number): string {
  if (format === 'json') return jsonText(given);
  const history = printable(given);
  if (format === 'markdown') return markdown(history);
  return format === 'html' ? html(history) : text(history, width);
}

const titleOf = ({ job, since, who }: HistoryReport): string =>
  `${job}  history${who === null ? '' : ` of ${who}`} since ${timeText(since)}`;

const emptyText = ({ who }: HistoryReport): string =>
  who === null ? 'No report of a run is kept since then.' : 'No kept run since then changed this account.';

const labelOf = ({ label, account, project }: PastChange): string =>
  `${label || account}${project === undefined ? '' : ` on ${project}`}`;

function text(history: HistoryReport, width: number | undefined): string {
  const lines = history.runs.flatMap(({ id, startedAt, outcome, sentence, changes }) => [
    `${timeText(startedAt)}  ${outcome}  run ${id}`,
    ...(width === undefined ? [`    ${sentence}`] : wrapped(sentence, width, 4)),
    ...changeLines(changes, width),
  ]);
  const body = lines.length === 0 ? [emptyText(history)] : lines;
  return `${[titleOf(history), '', ...body].join('\n')}\n`;
}

/** The changes of a run: one a line where no width is given, so that programs can search them. */
const changeLines = (changes: readonly PastChange[], width: number | undefined): readonly string[] =>
  width === undefined
    ? changes.map((change) => `    ${labelOf(change)}  ${change.move}  ${reasonOf(change)}`)
    : entryLines(
        changes.map((change) => ({ label: labelOf(change), fact: change.move, text: reasonOf(change) })),
        { width: width - 2, paint: (line) => line },
      ).map((line) => `  ${line}`);

function markdown(history: HistoryReport): string {
  const { job, since, who, runs } = history;
  const about = who === null ? '' : ` of ${code(who)}`;
  const title = `**${job}: history**${about} since ${timeText(since)}`;
  const rows = runs.flatMap(({ id, startedAt, outcome, sentence, changes }) => [
    [timeText(startedAt), code(outcome), code(id), code(sentence)],
    ...changes.map((change) => ['', code(labelOf(change)), code(change.move), code(reasonOf(change))]),
  ]);
  const body =
    rows.length === 0
      ? emptyText(history)
      : table(['When', 'Outcome, or account', 'Run, or access', 'What happened'], rows);
  return `${title}\n\n${body}\n`;
}

function html(history: HistoryReport): string {
  const entries = history.runs.map(({ id, startedAt, outcome, sentence, changes }) =>
    listEntry({
      label: `${timeText(startedAt)} ${outcome}`,
      fact: `run ${id}`,
      text: sentence,
      more: changes.map((change) => `${labelOf(change)}: ${change.move}. ${reasonOf(change)}`),
    }),
  );
  const list = entries.length === 0 ? `<p>${emptyText(history)}</p>` : entries.join('');
  const search = entries.length === 0 ? '' : searchBox;
  const title = titleOf(history).replaceAll('  ', ' ');
  return htmlPage(title, `<main><h1>History</h1>${search}${section(escapeHtml(title), list)}</main>`);
}
