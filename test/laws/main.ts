import fc from 'fast-check';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { LAWS } from './laws.ts';

/** `npm run laws`: 100,000 organisations of each kind, or as many as `--organisations=N` says. */
const ORGANISATIONS = Number(
  process.argv.find((one) => one.startsWith('--organisations='))?.slice(9) ?? 100_000,
);
const seed = Number(process.argv.find((one) => one.startsWith('--seed='))?.slice(7) ?? Date.now());

const rows: string[] = [];
for (const { name, property } of LAWS) {
  const startedAt = performance.now();
  fc.assert(property as fc.IProperty<unknown>, { numRuns: ORGANISATIONS, seed });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${name}: ${ORGANISATIONS} organisations held (seed ${seed}, ${seconds} s)\n`);
  rows.push(`| ${name} | ${ORGANISATIONS} | ${ORGANISATIONS} |`);
}
if (mayWriteMeasurements())
  writeMeasurements('laws', {
    text: ['| law | organisations | held |', '| --- | --- | --- |', ...rows].join('\n'),
    summary: `${ORGANISATIONS * LAWS.length} organisations, all held`,
  });
