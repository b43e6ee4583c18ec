import { CHANGE_KINDS } from './pipeline/model.ts';
import type { Report, ReportedChange } from './pipeline/report.ts';
import { errorFields, type Log } from './runtime/log.ts';
import type { Figure } from './runtime/pushgateway.ts';

/** What a run's figures are made from. */
export interface Figured {
  readonly report: Report;
  readonly gauges: Readonly<Record<string, number>>;
  readonly log: Log;
}

/** Pushes a run's figures. One that can't be pushed is an error in the log and changes nothing of the run. */
export async function pushFigures(gateway: string, { report, gauges, log }: Figured): Promise<void> {
  try {
    const { push } = await import('./runtime/pushgateway.ts');
    await push(gateway, report.run.job, figuresOf(report, gauges));
  } catch (error) {
    log.error({ event: 'figures.lost', ...errorFields(error) }, 'figures could not be pushed');
  }
}

const RESULTS = ['planned', 'applied', 'withheld', 'failed', 'unchanged'] as const;

const matches = (change: ReportedChange, { kind, result }: Pick<ReportedChange, 'kind' | 'result'>) =>
  change.kind === kind && change.result === result;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A run in figures. The time of the last success is left out of a run that was none, so that the old one stays. */
export function figuresOf(report: Report, gauges: Readonly<Record<string, number>>): readonly Figure[] {
  const { run, outcome, exitCode, counts, limits, changes } = report;
  const figure = (name: string, help: string, value: number, labels: Figure['labels'] = {}): Figure => ({
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
    figure('run_outcome', 'How the last run ended', 1, { outcome, mode: run.mode }),
    figure('run_exit_code', 'Exit code of the last run', exitCode),
    figure('run_duration_seconds', 'How long the last run took', run.durationMs / 1000),
    figure('run_completed_timestamp_seconds', 'When the last run ended', ended),
    ...(exitCode === 0
      ? [figure('run_success_timestamp_seconds', 'When the last good run ended', ended)]
      : []),
    ...Object.entries(counts).map(([kind, n]) =>
      figure('accounts', 'Accounts by kind of decision', n, { kind }),
    ),
    ...pairs.map((pair) =>
      figure(
        'changes',
        'Changes by kind and result',
        changes.filter((one) => matches(one, pair)).length,
        pair,
      ),
    ),
    ...limits.map(({ name, found, allowed }) =>
      figure('head_room', 'What safety would still have let through', allowed - found, { limit: name }),
    ),
    ...Object.entries(gauges).map(([name, value]) =>
      figure(snake(name), `The job’s own figure ${name}`, value),
    ),
  ];
}
