import { Gauge, Pushgateway, Registry } from 'prom-client';
import { messageOf } from './errors.ts';

/** One metric of a run: `muster_<name>` with its labels. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Pushgateway, and the `User-Agent` of requests to it. */
export interface Gateway {
  readonly address: string;
  readonly userAgent: string;
}

const PUSH_MS = 10_000;

/** Pushes a job's metrics to a Prometheus Pushgateway; metrics of other names stay as they are. Throws an error without the URL's credentials. */
export async function push(gateway: Gateway, job: string, metrics: readonly Metric[]): Promise<void> {
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
    const options = { timeout: PUSH_MS, headers: { 'user-agent': gateway.userAgent } };
    await new Pushgateway(gateway.address, options, registry).pushAdd({ jobName: job });
  } catch (error) {
    throw new Error(`pushgateway: the metrics were not accepted: ${messageOf(error)}`);
  }
}
