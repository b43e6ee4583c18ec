import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { type CrashJob, crashAt, type Host, pointsOf, pointText, type Smooth, smoothRun } from './crash.ts';
import { takeOverAt, takeOverPoints, takeOverText } from './take-over.ts';

/** `npm run crashes`: a run is ended before and after every request of an apply, in each host; the next one does what is left. */
const AT_ONCE = 12;
const JOBS: readonly CrashJob[] = ['growthbook-roles', 'gitlab-approvals'];
const HOSTS: readonly Host[] = ['program', 'function'];

interface Point {
  readonly name: string;
  run(): Promise<readonly string[]>;
}

const SUITES = {
  'killed, stopped, without memory': (job: CrashJob, host: Host, smooth: Smooth): readonly Point[] =>
    pointsOf(job, host, smooth).map((point) => ({
      name: pointText(point),
      run: () => crashAt(point, smooth),
    })),
  'killed with a lock': (job: CrashJob, host: Host, smooth: Smooth): readonly Point[] =>
    takeOverPoints(job, host, smooth).map((point) => ({
      name: takeOverText(point),
      run: () => takeOverAt(point, smooth),
    })),
};

async function heldIn(queue: readonly Point[]): Promise<number> {
  const waiting = queue.values();
  let held = 0;
  const work = async () => {
    for (const { name, run } of waiting) {
      const broken = await run();
      if (broken.length === 0) held += 1;
      else process.stdout.write(`✗ ${name}\n${broken.map((one) => `    ${one}\n`).join('')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return held;
}

const rows: string[] = [];
let points = 0;
let held = 0;
for (const job of JOBS) {
  const smooth = await smoothRun(job);
  for (const host of HOSTS)
    for (const [what, pointsIn] of Object.entries(SUITES)) {
      const queue = pointsIn(job, host, smooth);
      const own = await heldIn(queue);
      points += queue.length;
      held += own;
      rows.push(`| ${job} | ${host} | ${what} | ${queue.length} | ${own} |`);
      process.stdout.write(`${job}, ${host}, ${what}: ${queue.length} points, ${own} held\n`);
    }
}
process.stdout.write(`${points} points, ${held} held\n`);
if (mayWriteMeasurements())
  writeMeasurements('crashes', {
    text: ['| job | host | the run is | points | held |', '| --- | --- | --- | --- | --- |', ...rows].join(
      '\n',
    ),
    summary: `${points} points, ${held} held`,
  });
process.exit(held === points ? 0 : 1);
