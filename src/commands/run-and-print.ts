import { styleText } from 'node:util';
import { renderResult } from '../app/render-result.ts';
import { codesOf } from '../app/result-codes.ts';
import { type RunRequest, type RunResult, runJob } from '../app/run-job.ts';
import type { Job } from '../jobs/define-job.ts';
import { knownSettings } from '../jobs/registry.ts';
import { systemClock } from '../platform/clock.ts';
import type { Environment } from '../platform/settings.ts';
import type { CommonOptions } from './job-command.ts';
import { startProgress } from './progress.ts';

/** Runs a job from a terminal: progress and log on stderr; SIGTERM and SIGINT stop it between two writes. */
export async function runAtTerminal(
  job: Job,
  { environment, verbose, ...request }: TerminalRun,
): Promise<RunResult> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.once(signal, abort);
  const progress = startProgress(`${job.name} ${request.dryRun ? 'plan' : 'apply'}`, systemClock);
  const quiet = process.stderr.isTTY ? { LOG_LEVEL: 'warn' } : {};
  try {
    return await runJob(job, request, {
      environment: { ...quiet, ...environment },
      clock: systemClock,
      log: progress.log,
      known: knownSettings,
      stop: stop.signal,
      verbose: verbose ?? false,
      terminal: process.stderr.isTTY === true,
      progress: progress.update,
    });
  } finally {
    progress.end();
    for (const signal of signals) process.removeListener(signal, abort);
  }
}

/** A request to run and print, and how its progress is shown. */
export interface TerminalRun extends RunRequest {
  readonly environment: Environment;
  readonly verbose?: boolean;
}

/** Prints a result on stdout, and returns its exit code. */
export function printResult(result: RunResult, { output }: Pick<CommonOptions, 'output'>): number {
  const { isTTY, columns } = process.stdout;
  // styleText asks NO_COLOR and FORCE_COLOR as well as the stream.
  const colour = styleText('red', ' ', { stream: process.stdout }) !== ' ';
  process.stdout.write(renderResult(result, output, { colour, ...(isTTY ? { width: columns } : {}) }));
  return codesOf(result).exitCode;
}
