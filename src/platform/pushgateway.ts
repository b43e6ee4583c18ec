import { Gauge, Pushgateway, Registry } from 'prom-client';
import { messageOf } from './errors.ts';

/** One metric of a run: `muster_<name>` with its labels. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const PUSH_MS = 10_000;

/** Pushes a job's metrics to a Prometheus Pushgateway; metrics of other names stay as they are. Throws an error without the URL's credentials. */
export async function push(address: string, job: string, metrics: readonly Metric[]): Promise<void> {
  const registry = new Registry();
  for (const { name, help, labels, value } of metrics) {
    const metric = registry.getSingleMetric(`muster_${name}`);
    const gauge =
      metric instanceof Gauge
        ? metric
        : new Gauge({ name: `muster_${name}`, help, labelNames: Object.keys(labels), registers: [registry] });
    gauge.set({ ...labels }, value);
  }
  try {
    await new Pushgateway(address, { timeout: PUSH_MS }, registry).pushAdd({ jobName: job });
  } catch (error) {
    throw new Error(`pushgateway: the metrics were not accepted: ${messageOf(error)}`);
  }
}
