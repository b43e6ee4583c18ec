import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { type EditJob, editAt, editPoints } from './edit.ts';
import { startSecondRuns } from './second-run.ts';
import { twoRunsAt, twoRunsPoints, twoRunsText } from './two-runs.ts';

/** `npm run edits`: somebody else edits the target, or another run begins, at every request of an apply. Shared between processes. */
const JOBS: readonly EditJob[] = ['growthbook-roles', 'gitlab-approvals'];
const PROCESSES = 4 * availableParallelism();

/** What became of one point. */
interface Tried {
  readonly group: string;
  readonly name: string;
  readonly broken: readonly string[];
}

/** Every so many points, the first of which is `index`. */
async function* shard(index: number): AsyncGenerator<Tried> {
  const second = startSecondRuns();
  const isMine = (_: unknown, n: number) => n % PROCESSES === index;
  for (const job of JOBS) {
    for (const point of (await editPoints(job)).filter(isMine)) {
      const { name, broken } = await editAt(point);
      const at = `${point.moment} request ${point.nth}`;
      yield { group: `${job} | somebody else edits`, name: `${job}: ${name}, ${at}`, broken };
    }
    for (const point of (await twoRunsPoints(job)).filter(isMine)) {
      const broken = await twoRunsAt(point, second.run);
      yield { group: `${job} | a second run begins`, name: twoRunsText(point), broken };
    }
  }
}

async function runAll(): Promise<readonly Tried[]> {
  const results: Tried[] = [];
  const work = async (index: number) => {
    const child = fork(new URL(import.meta.url).pathname, [`--shard=${index}`]);
    child.on('message', (result: Tried) => {
      results.push(result);
      const { name, broken } = result;
      if (broken.length > 0)
        process.stdout.write(`✗ ${name}\n${broken.map((one) => `    ${one}\n`).join('')}`);
      if (results.length % 500 === 0) process.stdout.write(`  ${results.length} points\n`);
    });
    const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
    if (code !== 0) throw new Error(`a process ended with ${code}`);
  };
  await Promise.all(Array.from({ length: PROCESSES }, (_, index) => work(index)));
  return results;
}

const mine = process.argv.find((one) => one.startsWith('--shard='))?.slice('--shard='.length);
if (mine !== undefined) {
  // Nobody waits for the results of a parent that has ended.
  process.on('disconnect', () => process.exit(1));
  for await (const tried of shard(Number(mine)))
    await new Promise<void>((resolve) => process.send?.(tried, () => resolve()));
  process.exit(0);
}

const results = await runAll();
const heldIn = (all: readonly Tried[]) => all.filter(({ broken }) => broken.length === 0).length;
const groups = [...Map.groupBy(results, ({ group }) => group)].toSorted(([a], [b]) => (a < b ? 1 : -1));
const rows = groups.map(([group, all]) => `| ${group} | ${all.length} | ${heldIn(all)} |`);
process.stdout.write(`${rows.join('\n')}\n${results.length} points, ${heldIn(results)} held\n`);
if (mayWriteMeasurements())
  writeMeasurements('edits', {
    text: ['| job | meanwhile | points | held |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    summary: `${results.length} points, ${heldIn(results)} held`,
  });
process.exit(heldIn(results) === results.length ? 0 : 1);
