import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const signals = z.strictObject({
  metrics: z.record(
    z.string(),
    z.strictObject({
      about: z.string(),
      filter: z.string(),
      labels: z.array(z.string()),
      value: z.string().optional(),
      unit: z.enum(['1', 'ms']),
    }),
  ),
  alerts: z.record(
    z.string(),
    z.strictObject({
      title: z.string(),
      severity: z.enum(['WARNING', 'ERROR', 'CRITICAL']),
      from: z.enum(['function', 'scheduler']).optional(),
      filter: z.string().optional(),
      labels: z.array(z.string()).optional(),
    }),
  ),
});

/** What Terraform makes metrics and alerts of. Throws where the file has another shape. */
export const readSignals = () =>
  signals.parse(
    parse(readFileSync(new URL('../../terraform/modules/muster/signals.yaml', import.meta.url), 'utf8')),
  );

/** The text of a file of the Terraform folder, or of its module. */
export const terraformFile = (name: string) =>
  readFileSync(new URL(`../../terraform/${name}`, import.meta.url), 'utf8');
export const moduleFile = (name: string) => terraformFile(`modules/muster/${name}`);
