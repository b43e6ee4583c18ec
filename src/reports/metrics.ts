import { CHANGE_KINDS } from '../engine/model.ts';
import type { Metric } from '../platform/pushgateway.ts';
import type { Report, ReportedChange } from './report.ts';

const RESULTS = ['planned', 'applied', 'withheld', 'failed', 'unchanged'] as const;

const matches = (change: ReportedChange, { kind, result }: Pick<ReportedChange, 'kind' | 'result'>) =>
  change.kind === kind && change.result === result;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Makes metrics of a report. A failed run omits the time of the last success, so the Pushgateway keeps the previous value. */
export function metricsOf(report: Report, gauges: Readonly<Record<string, number>>): readonly Metric[] {
  const { run, outcome, exitCode, counts, limits, changes } = report;
  const metric = (name: string, help: string, value: number, labels: Metric['labels'] = {}): Metric => ({
    name,
    help,
    labels,
    value,
  });
  const ended = (Date.parse(run.startedAt) + run.durationMs) / 1000;
  const pairs = CHANGE_KINDS.filter((kind) => kind in counts).flatMap((kind) =>
    RESULTS.map((result) => ({ kind, result })),
  );
  return [
    metric('run_outcome', 'How the last run ended', 1, { outcome, mode: run.mode }),
    metric('run_exit_code', 'Exit code of the last run', exitCode),
    metric('run_duration_seconds', 'How long the last run took', run.durationMs / 1000),
    metric('run_completed_timestamp_seconds', 'When the last run ended', ended),
    ...(exitCode === 0
      ? [metric('run_success_timestamp_seconds', 'When the last good run ended', ended)]
      : []),
    ...Object.entries(counts).map(([kind, n]) =>
      metric('accounts', 'Accounts by kind of decision', n, { kind }),
    ),
    ...pairs.map((pair) =>
      metric(
        'changes',
        'Changes by kind and result',
        changes.filter((one) => matches(one, pair)).length,
        pair,
      ),
    ),
    ...limits.map(({ name, found, allowed }) =>
      metric('head_room', 'What safety would still have let through', allowed - found, { limit: name }),
    ),
    ...Object.entries(gauges).map(([name, value]) =>
      metric(snake(name), `The job’s own metric ${name}`, value),
    ),
  ];
}
