import type { RunState } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import { createDeadline } from '../platform/clock.ts';
import { errorFields } from '../platform/log.ts';
import { metricsOf } from '../reports/metrics.ts';
import type { Report } from '../reports/report.ts';

/** Pushes a run's metrics to the Pushgateway at `address`. A failed push is an error in the log and does not change the run's outcome. */
export async function pushMetrics(
  address: string,
  { report, state, run, isStopping }: Pushed,
): Promise<void> {
  const deadline = createDeadline(run.clock, isStopping ? PUSH_STOPPING_MS : PUSH_MS);
  try {
    // prom-client is large, and most installations have no Pushgateway.
    const { push } = await import('../platform/pushgateway.ts');
    const metrics = metricsOf(report, state.gauges);
    await push({ address, job: report.run.job, metrics }, { ...run, deadline });
  } catch (error) {
    run.log.error({ event: 'metrics.lost', ...errorFields(error) }, 'metrics could not be pushed');
  }
}

/** Time limit for pushing the metrics, also when the run's own time is up. After a request to stop it is shorter. */
const PUSH_MS = 10_000;
const PUSH_STOPPING_MS = 2000;

/** A run that has ended, as its metrics need it. */
interface Pushed {
  readonly report: Report;
  readonly state: RunState<unknown>;
  readonly run: Run;
  readonly isStopping: boolean;
}
