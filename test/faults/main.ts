import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { allCells, type Cell, JOBS } from './cells.ts';
import { type CellResult, type Clean, cleanRun, runCell } from './run-cell.ts';
import type { JobName } from './scenario.ts';

/** `npm run faults`: the whole matrix, shared between processes. `--only TEXT` runs the cells whose name has it. */

const nameOf = ({ job, command, system, request, position, fault }: Cell): string =>
  `${job} ${command}: ${system} ${request} [${position}]: ${fault.name}`;

/** A cell's result without its functions. */
interface Sent {
  readonly name: string;
  readonly system: string;
  readonly fault: string;
  readonly broken: readonly string[];
}

/** Runs every so many cells, one of each job at a time: a process allows one run of a job that writes. */
async function runShard(index: number, of: number, only: string): Promise<void> {
  const cells = (await allCells())
    .filter((cell) => nameOf(cell).includes(only))
    .filter((_, n) => n % of === index);
  const clean = new Map<JobName, Clean>();
  for (const job of JOBS) clean.set(job, await cleanRun(job));
  const work = async (job: JobName) => {
    for (const cell of cells.filter((one) => one.job === job)) {
      const before = clean.get(job);
      if (before) await report(sent(await runCell(cell, before)));
    }
  };
  await Promise.all(JOBS.map(work));
}

/** Sends a result to the parent, and waits until it is on its way. */
const report = (result: Sent): Promise<void> =>
  new Promise((resolve) => {
    if (process.send) process.send(result, () => resolve());
    else resolve();
  });

const sent = ({ cell, broken }: CellResult): Sent => ({
  name: nameOf(cell),
  system: cell.system,
  fault: groupOf(cell),
  broken,
});

/** Faults of one kind are counted together. */
function groupOf({ kind, fault: { name } }: Cell): string {
  if (kind === 'address') return 'address';
  if (/^(?:entries, then )?result /.test(name)) return 'LDAP result code';
  if (/^length \d|tag 0x/.test(name)) return 'LDAP malformed';
  if (/ becomes /.test(name)) return 'wrong type in a field';
  if (/: (?:a row|without|one|a million)/.test(name)) return 'wrong list or total';
  if (/^echo /.test(name)) return 'echoed credentials';
  if (/^status /.test(name)) return 'HTTP status';
  if (/^limited/.test(name)) return 'rate limit';
  if (/redirect/.test(name)) return 'redirect';
  if (/reset|closed|stall|drip|stays|byte at a time|disconnection/.test(name)) return 'connection';
  return 'body or protocol';
}

async function runAll(only: string): Promise<readonly Sent[]> {
  const results: Sent[] = [];
  // Many cells only wait.
  const processes = 4 * availableParallelism();
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const child = fork(new URL(import.meta.url).pathname, [
        `--shard=${index}/${processes}`,
        `--only=${only}`,
      ]);
      child.on('message', (result: Sent) => {
        results.push(result);
        if (result.broken.length > 0)
          process.stdout.write(`✗ ${result.name}\n${result.broken.map((one) => `    ${one}\n`).join('')}`);
        if (results.length % 500 === 0) process.stdout.write(`  ${results.length} cells\n`);
      });
      await new Promise<void>((resolve, reject) => {
        child.on('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`)),
        );
      });
    }),
  );
  return results;
}

function tableOf(results: readonly Sent[], by: (result: Sent) => string): string {
  const groups = [...Map.groupBy(results, by)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return groups
    .map(([name, all]) => {
      const held = all.filter(({ broken }) => broken.length === 0).length;
      return `  ${name.padEnd(24)} ${`${all.length}`.padStart(6)} cells ${`${held}`.padStart(6)} held`;
    })
    .join('\n');
}

/** The results as a table of the page. */
function pageText(results: readonly Sent[], held: number): string {
  const rows = [...Map.groupBy(results, ({ system }) => system)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const kinds = new Set(results.map(({ fault }) => fault)).size;
  return [
    '| system | cells | held |',
    '| --- | --- | --- |',
    ...rows.map(
      ([system, all]) =>
        `| ${system} | ${all.length} | ${all.filter(({ broken }) => broken.length === 0).length} |`,
    ),
    `| all, ${kinds} kinds of fault | ${results.length} | ${held} |`,
  ].join('\n');
}

const argument = (name: string): string | undefined =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

const shard = argument('shard');
if (shard === undefined) {
  const startedAt = performance.now();
  const results = await runAll(argument('only') ?? '');
  const held = results.filter(({ broken }) => broken.length === 0).length;
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  process.stdout.write(`\nBy system\n${tableOf(results, ({ system }) => system)}\n`);
  process.stdout.write(`\nBy fault\n${tableOf(results, ({ fault }) => fault)}\n\nIn ${minutes} minutes\n`);
  process.stdout.write(`${results.length} cells, ${held} held\n`);
  // A part of the cells is no figure for the page.
  if (mayWriteMeasurements() && argument('only') === undefined)
    writeMeasurements('faults', {
      text: pageText(results, held),
      summary: `${results.length} cells, ${held} held`,
    });
  // The servers of this process stay open.
  process.exit(held === results.length && results.length > 0 ? 0 : 1);
} else {
  // Nobody waits for the results of a parent that has ended.
  process.on('disconnect', () => process.exit(1));
  const [index = 0, of = 1] = shard.split('/').map(Number);
  await runShard(index, of, argument('only') ?? '');
  // Servers of the scenario stay open.
  process.exit(0);
}
