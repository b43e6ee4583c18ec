import { cpus, totalmem } from 'node:os';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { benchColdStart } from './cold-start.ts';
import { benchLdap } from './ldap.ts';
import { type BenchRow, benchResolve } from './resolve.ts';
import { benchScale } from './scale.ts';
import { benchApply, benchCollect } from './waits.ts';

/** Every bench, in the order of the table. */
const BENCHES: readonly (() => BenchRow | readonly BenchRow[] | Promise<BenchRow | readonly BenchRow[]>)[] = [
  benchColdStart,
  benchResolve,
  () => benchLdap(3000),
  () => benchLdap(30_000),
  benchCollect,
  benchApply,
  () => benchScale([300, 3000, 30_000, 100_000]),
];

/** The spread of a loop of fixed work, in per cent: how much of a difference is the machine's own. */
function noise(): number {
  const rounds = Array.from({ length: 15 }, () => {
    const startedAt = performance.now();
    let sum = 0;
    for (let n = 0; n < 2e7; n += 1) sum += n % 7;
    return sum > 0 ? performance.now() - startedAt : 0;
  }).toSorted((a, b) => a - b);
  const [low = 1, high = 1] = [rounds[3], rounds[11]];
  return Math.round((high / low - 1) * 100);
}

const [cpu] = cpus();
console.log(`Muster's bench, ${new Date().toISOString().slice(0, 10)}`);
const machine = `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, noise ${noise()} %`;
console.log(`${machine}\n`);
const HEAD = '| what | measured | goal | met |\n| --- | --- | --- | --- |';
console.log(HEAD);
const lines: string[] = [];
let met = 0;
for (const bench of BENCHES) {
  for (const { name, measured, limit, isWithin } of [await bench()].flat()) {
    const line = `| ${name} | ${measured} | ${limit} | ${isWithin ? 'yes' : 'no'} |`;
    console.log(line);
    lines.push(line);
    if (isWithin) met += 1;
  }
}
if (mayWriteMeasurements())
  writeMeasurements('bench', {
    text: `${machine}\n\n${HEAD}\n${lines.join('\n')}`,
    summary: `${met} of ${lines.length} goals met`,
  });
process.exit(0);
