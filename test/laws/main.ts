import fc from 'fast-check';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { LAWS } from './laws.ts';

/** `npm run laws`: 100,000 organisations of each kind, or as many as `--worlds=N` says. */
const WORLDS = Number(process.argv.find((one) => one.startsWith('--worlds='))?.slice(9) ?? 100_000);
const seed = Number(process.argv.find((one) => one.startsWith('--seed='))?.slice(7) ?? Date.now());

const rows: string[] = [];
for (const { name, property } of LAWS) {
  const startedAt = performance.now();
  fc.assert(property as fc.IProperty<unknown>, { numRuns: WORLDS, seed });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${name}: ${WORLDS} worlds held (seed ${seed}, ${seconds} s)\n`);
  rows.push(`| ${name} | ${WORLDS} | ${WORLDS} |`);
}
if (mayWriteMeasurements())
  writeMeasurements('laws', {
    text: ['| law | worlds | held |', '| --- | --- | --- |', ...rows].join('\n'),
    summary: `${WORLDS * LAWS.length} organisations, all held`,
  });
