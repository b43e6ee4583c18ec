/** Answers questions about past runs from the reports that were kept of them. */

import type { Run, UndoneRun } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { type HistoryReport, historyReport, pastRun } from '../reports/history.ts';
import type { Report } from '../reports/report.ts';
import { readLatestChange, readLatestReport, readReports } from './report-store.ts';

/** A question about past runs: from which time on (milliseconds since 1970), and about whom. */
export interface HistoryQuery {
  readonly since: number;
  readonly who?: string | undefined;
}

/** The past runs of a job. */
export async function readHistory(
  settings: CommonValues,
  run: Run,
  { since, who }: HistoryQuery,
): Promise<HistoryReport> {
  const runs = await readReports(settings, { run, query: { since } }, (report) => pastRun(report, who));
  return historyReport(run.job, { since: new Date(since).toISOString(), who: who ?? null }, runs);
}

const RUN_ID = /^[\w-]{4,64}$/;

/** The kept report of a run, by its id, the beginning of its id, or `latest`. Throws `InvalidRequestError` if none or several are found. */
export async function readReport(settings: CommonValues, run: Run, id: string): Promise<Report> {
  if (id === 'latest') return await readLatestReport(settings, run);
  if (!RUN_ID.test(id))
    throw new InvalidRequestError(
      `run: no id (found ${id.slice(0, 80)}, allowed: an id as history shows it, its first characters, or latest)`,
    );
  const [report, ...others] = await readReports(settings, { run, query: { id } }, (one) => one);
  if (!report) throw new InvalidRequestError(`run ${id}: no report of it is kept`);
  if (others.length === 0) return report;
  throw new InvalidRequestError(
    `run ${id}: several kept runs begin so (found ${others.length + 1}, allowed 1)`,
  );
}

/** The changes that a run made, for an undo. `latest` is the latest run that changed something. */
export async function readUndone(settings: CommonValues, run: Run, id: string): Promise<UndoneRun> {
  const isLatest = id === 'latest';
  const report = isLatest ? await readLatestChange(settings, run) : await readReport(settings, run, id);
  return {
    id: report.run.id,
    target: report.target ?? {},
    changes: report.changes.filter(({ result }) => result === 'applied'),
  };
}
