import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';
import { runJob } from '../../src/app/run-job.ts';
import { jobs, knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { sharedClock } from '../faults/clock.ts';

/** One apply in a thread of its own: it shares no lock of the process with the run that it meets. */
export interface SecondRun {
  readonly job: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly time: SharedArrayBuffer;
}

/** Starts the thread. `run` has it carry out one apply, and returns the report. */
export function startSecondRuns() {
  const worker = new Worker(new URL(import.meta.url), { execArgv: [] });
  return {
    run: async (asked: SecondRun): Promise<Report> => {
      worker.postMessage(asked);
      const [report] = (await once(worker, 'message')) as [Report];
      return report;
    },
    close: async () => void (await worker.terminate()),
  };
}

parentPort?.on('message', async ({ job: name, environment, time }: SecondRun) => {
  const job = jobs.find((one) => one.name === name);
  if (!job) throw new Error(`no job has the name ${name}`);
  const context = { clock: sharedClock(time), log: { write: () => undefined }, known: knownSettings };
  const { report } = await runJob(job, { dryRun: false }, { environment, ...context });
  parentPort?.postMessage(JSON.parse(JSON.stringify(report)));
});
