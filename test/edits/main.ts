import { mayWriteFigures, writeFigures } from '../figures.ts';
import { type EditJob, editAt, editPoints } from './edit.ts';

/** `npm run edits`: somebody else edits the target at every request of an apply. */
const JOBS: readonly EditJob[] = ['growthbook-roles', 'gitlab-approvals'];
const rows: string[] = [];
let points = 0;
let held = 0;
for (const job of JOBS) {
  const all = await editPoints(job);
  let own = 0;
  for (const point of all) {
    const { name, broken } = await editAt(point);
    if (broken.length === 0) own += 1;
    else
      process.stdout.write(
        `✗ ${job}: ${name}, ${point.moment} request ${point.nth}\n${broken.map((one) => `    ${one}\n`).join('')}`,
      );
  }
  points += all.length;
  held += own;
  rows.push(`| ${job} | ${all.length} | ${own} |`);
  process.stdout.write(`${job}: ${all.length} points, ${own} held\n`);
}
process.stdout.write(`${points} points, ${held} held\n`);
if (mayWriteFigures())
  writeFigures('edits', ['| job | points | held |', '| --- | --- | --- |', ...rows].join('\n'));
process.exit(held === points ? 0 : 1);
