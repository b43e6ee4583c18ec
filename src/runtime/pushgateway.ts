import { Gauge, Pushgateway, Registry } from 'prom-client';
import { messageOf } from './errors.ts';

/** One figure of a run: `muster_<name>` with its labels. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const PUSH_MS = 10_000;

/** Puts a job's figures at a Prometheus Pushgateway; those of other names stay. Throws an error without the address's credentials. */
export async function push(address: string, job: string, figures: readonly Figure[]): Promise<void> {
  const registry = new Registry();
  for (const { name, help, labels, value } of figures) {
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
    throw new Error(`pushgateway: the figures were not taken: ${messageOf(error)}`);
  }
}
