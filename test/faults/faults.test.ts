import { describe, expect, test } from 'vitest';
import { allCells, type Cell, JOBS } from './cells.ts';
import { cleanRun, runCell } from './run-cell.ts';
import type { JobName } from './stage.ts';

/** One cell in so many is run here, `npm run faults` runs all. A prime leads to each system, command and kind of fault. */
const STRIDE = 47;

const cells = await allCells();
const nameOf = ({ command, system, request, position, fault }: Cell) =>
  `${command}: ${system} ${request} [${position}]: ${fault.name}`;

test('the matrix has thousands of cells, of each job, command and system', () => {
  expect(cells.length).toBeGreaterThan(7000);
  const groups = new Set(cells.map(({ job, command, system }) => `${job} ${command} ${system}`));
  expect(groups.size).toBeGreaterThan(25);
});

describe.each(JOBS)('%s holds what it promises', (job: JobName) => {
  const own = cells.filter((cell, index) => cell.job === job && index % STRIDE === 0);
  test.each(own.map((cell) => [nameOf(cell), cell] as const))('%s', async (_, cell) => {
    const { broken } = await runCell(cell, await clean(job));
    expect(broken).toEqual([]);
  });
});

const known = new Map<JobName, ReturnType<typeof cleanRun>>();
function clean(job: JobName): ReturnType<typeof cleanRun> {
  const found = known.get(job) ?? cleanRun(job);
  known.set(job, found);
  return found;
}
