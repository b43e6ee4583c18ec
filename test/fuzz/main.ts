import fc from 'fast-check';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { growthOf } from './growth.ts';
import { TARGETS } from './targets.ts';

/** `npm run fuzz`: 10,000 cases of each target, or as many as `--cases=N` says; `--only=TEXT` names some of them. */
const option = (name: string) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
const CASES = Number(option('cases') ?? 10_000);
const seed = Number(option('seed') ?? Date.now());

const rows: string[] = [];
for (const { name, input, check, hostile = [] } of TARGETS.filter((one) =>
  one.name.includes(option('only') ?? ''),
)) {
  let bytes = 0;
  const startedAt = process.cpuUsage().user;
  fc.assert(
    fc.property(input, (value) => {
      bytes += check(value);
    }),
    { numRuns: CASES, seed },
  );
  const seconds = ((process.cpuUsage().user - startedAt) / 1e6).toFixed(1);
  const growth = growthOf(hostile, check);
  process.stdout.write(
    `${name}: ${CASES} cases, ${bytes} bytes, ${seconds} s, ${hostile.length} hostile shapes (seed ${seed})\n`,
  );
  if (growth !== undefined) throw new Error(`${name}: ${growth}`);
  rows.push(`| ${name} | ${CASES} | ${hostile.length} |`);
}
// A part of the cases is no figure for the page.
if (mayWriteMeasurements() && option('only') === undefined)
  writeMeasurements('fuzz', {
    text: ['| what | cases | hostile shapes, in linear time |', '| --- | --- | --- |', ...rows].join('\n'),
    summary: `${rows.length} parsers and printers, ${CASES} cases each, all held`,
  });
process.exit(0);
