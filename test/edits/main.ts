import { mayWriteMeasurements, writeMeasurements } from '../measurements.ts';
import { type EditJob, editAt, editPoints } from './edit.ts';
import { startSecondRuns } from './second-run.ts';
import { twoRunsAt, twoRunsPoints, twoRunsText } from './two-runs.ts';

/** `npm run edits`: somebody else edits the target, or another run begins, at every request of an apply. */
const JOBS: readonly EditJob[] = ['growthbook-roles', 'gitlab-approvals'];

interface Tried {
  readonly name: string;
  readonly broken: readonly string[];
}

const second = startSecondRuns();
const SUITES = {
  'somebody else edits': async function* (job: EditJob): AsyncGenerator<Tried> {
    for (const point of await editPoints(job)) {
      const { name, broken } = await editAt(point);
      yield { name: `${job}: ${name}, ${point.moment} request ${point.nth}`, broken };
    }
  },
  'a second run begins': async function* (job: EditJob): AsyncGenerator<Tried> {
    for (const point of await twoRunsPoints(job))
      yield { name: twoRunsText(point), broken: await twoRunsAt(point, second.run) };
  },
};

const rows: string[] = [];
let points = 0;
let held = 0;
for (const [what, tried] of Object.entries(SUITES))
  for (const job of JOBS) {
    const own = { points: 0, held: 0 };
    for await (const { name, broken } of tried(job)) {
      own.points += 1;
      if (broken.length === 0) own.held += 1;
      else process.stdout.write(`✗ ${name}\n${broken.map((one) => `    ${one}\n`).join('')}`);
    }
    points += own.points;
    held += own.held;
    rows.push(`| ${job} | ${what} | ${own.points} | ${own.held} |`);
    process.stdout.write(`${job}, ${what}: ${own.points} points, ${own.held} held\n`);
  }
process.stdout.write(`${points} points, ${held} held\n`);
if (mayWriteMeasurements())
  writeMeasurements('edits', {
    text: ['| job | meanwhile | points | held |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    summary: `${points} points, ${held} held`,
  });
process.exit(held === points ? 0 : 1);
