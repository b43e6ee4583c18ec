import { mayWriteFigures, writeFigures } from '../figures.ts';
import { type CrashJob, crashAt, type Host, pointsOf, pointText, smoothRun } from './crash.ts';

/** `npm run crashes`: a run is killed before and after every request of an apply, in each host; the next one does what is left. */
const AT_ONCE = 4;
const JOBS: readonly CrashJob[] = ['growthbook-roles', 'gitlab-approvals'];
const HOSTS: readonly Host[] = ['program', 'function'];

const rows: string[] = [];
let points = 0;
let held = 0;
for (const job of JOBS) {
  const smooth = await smoothRun(job);
  for (const host of HOSTS) {
    const queue = pointsOf(job, host, smooth);
    const waiting = queue.values();
    let own = 0;
    const work = async () => {
      for (const point of waiting) {
        const broken = await crashAt(point, smooth);
        if (broken.length === 0) own += 1;
        else process.stdout.write(`✗ ${pointText(point)}\n${broken.map((one) => `    ${one}\n`).join('')}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    points += queue.length;
    held += own;
    rows.push(`| ${job} | ${host} | ${queue.length} | ${own} |`);
    process.stdout.write(`${job}, ${host}: ${queue.length} points, ${own} held\n`);
  }
}
process.stdout.write(`${points} points, ${held} held\n`);
if (mayWriteFigures())
  writeFigures(
    'crashes',
    ['| job | host | points | held |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  );
process.exit(held === points ? 0 : 1);
