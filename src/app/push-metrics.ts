import type { RunState } from '../engine/run-state.ts';
import { errorFields, type Log } from '../platform/log.ts';
import type { Gateway } from '../platform/pushgateway.ts';
import { metricsOf } from '../reports/metrics.ts';
import type { Report } from '../reports/report.ts';

/** Pushes a run's metrics. A failed push is an error in the log and changes nothing of the run. */
export async function pushMetrics(
  gateway: Gateway,
  { report, state, log }: { report: Report; state: RunState<unknown>; log: Log },
): Promise<void> {
  try {
    // prom-client is large, and most installations have no Pushgateway.
    const { push } = await import('../platform/pushgateway.ts');
    await push(gateway, report.run.job, metricsOf(report, state.gauges));
  } catch (error) {
    log.error({ event: 'metrics.lost', ...errorFields(error) }, 'metrics could not be pushed');
  }
}
