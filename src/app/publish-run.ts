import { noteAbout } from '../engine/model.ts';
import type { RunState } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Report, UnchangedAccount } from '../reports/report.ts';
import { pushMetrics } from './push-metrics.ts';
import { keepReport } from './report-store.ts';

/** Keeps the report and pushes the metrics of a run. Returns the report, with a note where it could not be kept. Questions are not published. */
export async function publishRun(
  { report, unchanged }: { readonly report: Report; unchanged(): readonly UnchangedAccount[] },
  { settings, run, state, stop }: EndedRun,
): Promise<Report> {
  // An invalid request is not a run, so it does not replace the latest report.
  if (report.outcome === 'invalid-request') return report;
  if ([run.explain, run.whatIf, run.record, run.recorded, run.readOthers].some((one) => one !== undefined))
    return report;
  const keeps = settings.REPORTS !== undefined;
  const kept = keeps ? { report, unchanged: unchanged() } : undefined;
  const lost = kept && (await keepReport(settings, kept, { run, isStopping: stop?.aborted === true }));
  // A plan on request, while the job's schedule enforces, must not replace the metrics of the scheduled runs.
  if (settings.PUSHGATEWAY_URL && !(run.dryRun && run.mode === 'enforce')) {
    const gauges = { ...state.gauges, ...(keeps ? { reportKept: lost === undefined ? 1 : 0 } : {}) };
    const isStopping = stop?.aborted === true;
    await pushMetrics(settings.PUSHGATEWAY_URL, { report, state: { ...state, gauges }, run, isStopping });
  }
  if (lost === undefined) return report;
  const note = noteAbout('report-lost', 'REPORTS', run.redactor.value(lost));
  return { ...report, notes: [...report.notes, note] };
}

/** A run that has ended, to be published. `stop` is aborted by a request to stop. */
export interface EndedRun {
  readonly settings: CommonValues;
  readonly run: Run;
  readonly state: RunState<unknown>;
  readonly stop: AbortSignal | undefined;
}
