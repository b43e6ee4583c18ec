import { type RunContext, type RunRequest, type RunResult, runJob } from '../../src/app/run-job.ts';
import type { CommonSettings } from '../../src/jobs/common-settings.ts';
import type { JobDefinition } from '../../src/jobs/define-job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import type { SettingsSpec } from '../../src/platform/settings.ts';
import { explaining } from './explaining.ts';

/** A log line of a run. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Runs a job in a scenario. Runs enforce unless the request or the environment says otherwise; an undefined variable is not set. */
export type RunInScenario = (
  request?: Partial<RunRequest>,
  environment?: Readonly<Record<string, string | undefined>>,
  stop?: AbortSignal,
) => Promise<RunResult>;

/** Makes the function that runs a job in an environment. Every log line is added to `lines`; every account's explanation is compared. */
export function scenarioRunner<S extends CommonSettings & SettingsSpec, F, A, R>(
  definition: JobDefinition<S, F, A, R>,
  { environment, clock }: Pick<RunContext, 'environment' | 'clock'>,
  lines: LogLine[],
): RunInScenario {
  const log = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  return (request = {}, over = {}, stop = undefined) =>
    explaining(definition, (job) =>
      runJob(
        job,
        { dryRun: false, ...request },
        {
          environment: { MODE: 'enforce', LOG_LEVEL: 'debug', ...environment, ...over },
          clock,
          log,
          known: knownSettings,
          ...(stop ? { stop } : {}),
        },
      ),
    );
}
