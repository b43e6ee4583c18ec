import pLimit from 'p-limit';
import { runJob } from '../../src/app/run-job.ts';
import { jobs, knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { jumpingClock } from '../faults/clock.ts';

/** A line of the log. */
export type Line = Readonly<Record<string, unknown>>;

/** One run of a job that writes at a time in this process. */
const limits = new Map(jobs.map(({ name }) => [name, pLimit(1)]));

/** The next apply after a crash, in this process, and its log. */
export async function nextRun(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly report: Report; readonly lines: readonly Line[] }> {
  const job = jobs.find((one) => one.name === name);
  const limit = limits.get(name);
  if (!job || !limit) throw new Error(`no job has the name ${name}`);
  const lines: Line[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  const context = { environment, clock: jumpingClock(), log, known: knownSettings };
  const { report } = await limit(() => runJob(job, { dryRun: false }, context));
  return { report, lines };
}
