import { cpus, totalmem } from 'node:os';
import { benchColdStart } from './cold-start.ts';
import { benchLdap } from './ldap.ts';
import { type BenchRow, benchResolve } from './resolve.ts';

/** Every bench, in the order of the table. */
const BENCHES: readonly (() => BenchRow | Promise<BenchRow>)[] = [
  benchColdStart,
  benchResolve,
  () => benchLdap(3000),
  () => benchLdap(30_000),
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
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, noise ${noise()} %\n`,
);
console.log('| what | measured | goal | met |\n| --- | --- | --- | --- |');
for (const bench of BENCHES) {
  const { name, measured, limit, isWithin } = await bench();
  console.log(`| ${name} | ${measured} | ${limit} | ${isWithin ? 'yes' : 'no'} |`);
}
