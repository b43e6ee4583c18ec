import { Gauge, Registry } from 'prom-client';
import { redact, textOf } from './http-answer.ts';
import { createHttpClient, type RequestContext } from './http-client.ts';

/** Pushes a job's metrics to a Prometheus Pushgateway; metrics of other names stay as they are. */
export async function push({ address, job, metrics }: Push, context: RequestContext): Promise<void> {
  // Metrics are no change that a lock or a dry run forbids.
  const send = createHttpClient({ name: 'pushgateway', root: address, writes: () => false }, context);
  const answer = await send({
    method: 'POST',
    path: `/metrics/job/${encodeURIComponent(job)}`,
    headers: { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE },
    text: await exposition(metrics),
  });
  if (answer.status >= 200 && answer.status < 300) return;
  const reason = redact({}, textOf(answer));
  throw new Error(
    `${answer.where}: the metrics were not accepted (found ${answer.status}, allowed 200 to 299): ${reason}`,
  );
}

/** One metric of a run: `muster_<name>` with its labels. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics to push under a job's name to the Pushgateway at `address`. */
export interface Push {
  readonly address: string;
  readonly job: string;
  readonly metrics: readonly Metric[];
}

/** The metrics in the text form of Prometheus. */
async function exposition(metrics: readonly Metric[]): Promise<string> {
  const registry = new Registry();
  for (const { name, help, labels, value } of metrics) {
    const metric = registry.getSingleMetric(`muster_${name}`);
    const gauge =
      metric instanceof Gauge
        ? metric
        : new Gauge({ name: `muster_${name}`, help, labelNames: Object.keys(labels), registers: [registry] });
    gauge.set({ ...labels }, value);
  }
  return await registry.metrics();
}
