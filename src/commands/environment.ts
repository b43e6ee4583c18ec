/** The environment in which a command works: the real one, that of a sandbox, or that of a recording. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOf, readRecording } from '../app/recording-file.ts';
import type { Recording } from '../engine/recording.ts';
import type { Job } from '../jobs/define-job.ts';
import { jobs, knownSettings } from '../jobs/registry.ts';
import { ENVIRONMENT_SOURCE } from '../platform/environment-source.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { loadEnvironmentFile, readEnvironment } from '../platform/read-environment.ts';
import type { Environment } from '../platform/settings.ts';
import type { CommonOptions } from './job-command.ts';

/** The sandbox: an environment of fake servers, as the repository's `test/sandbox/start-sandbox.ts` starts them. */
interface SandboxModule {
  startSandbox(
    job: string,
    folder?: string,
  ): Promise<{ readonly environment: Environment; close(): Promise<void> }>;
}

/** The environment of a command: its settings, and a recording where one is given. */
export interface CommandInput {
  readonly environment: Environment;
  readonly recording?: Recording;
}

/** Runs `work` with a recording and its settings, or else with the settings that the options ask for. */
export async function withFacts<T>(
  job: Job,
  options: Pick<CommonOptions, 'sandbox' | 'envFile' | 'facts'>,
  work: (input: CommandInput) => Promise<T>,
): Promise<T> {
  if (options.facts === undefined)
    return await withEnvironment(job, options, async (environment) => await work({ environment }));
  const recording = readRecording(options.facts, job.name);
  return await work({ recording, environment: environmentOf(recording) });
}

/** Runs `work` with the settings that the options ask for: the real environment, or that of a sandbox that runs as long as the command. */
export async function withEnvironment<T>(
  job: Job,
  { sandbox, envFile }: Pick<CommonOptions, 'sandbox' | 'envFile'>,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const outside = envFile === undefined ? readEnvironment() : loadEnvironmentFile(envFile);
  if (!sandbox) return await work(outside);
  const servers = await (await loadSandbox()).startSandbox(job.name, sandboxFolder(outside));
  try {
    return await work(inSandbox(outside, servers.environment));
  } finally {
    await servers.close();
  }
}

/** The folder for a sandbox's reports and for its state between runs: below the folder of REPORTS, never in a bucket. */
const sandboxFolder = ({ REPORTS: place = '' }: Environment): string | undefined =>
  place === '' || place.includes('://') ? undefined : join(place, 'sandbox');

/** The environment of a sandbox: its own settings, and those from outside that lead to no system. Unknown variables are kept, so that a misspelling is found. */
function inSandbox(outside: Environment, sandbox: Environment): Environment {
  const portable = new Set(
    jobs.flatMap(({ settings }) => Object.keys(settings).filter((name) => settings[name]?.portable)),
  );
  const isTaken = (name: string) =>
    !(name in sandbox) && (portable.has(name) || !knownSettings.includes(name));
  const taken = Object.fromEntries(Object.entries(outside).filter(([name]) => isTaken(name)));
  const own = Object.entries({ MODE: 'enforce', ...sandbox }).filter(([name]) => taken[name] === undefined);
  const { fileOf = [], errors = [], broken = [] } = outside[ENVIRONMENT_SOURCE] ?? {};
  const source = {
    fileOf: new Map([...fileOf, ...own.map(([name]) => [name, 'sandbox'] as const)]),
    errors: new Map([...errors].filter(([name]) => isTaken(name))),
    broken,
  };
  return { ...taken, ...Object.fromEntries(own), [ENVIRONMENT_SOURCE]: source };
}

async function loadSandbox(): Promise<SandboxModule> {
  const path = new URL('../../test/sandbox/start-sandbox.ts', import.meta.url);
  if (existsSync(fileURLToPath(path))) return (await import(path.href)) as SandboxModule;
  throw new InvalidRequestError('--sandbox works only in the repository, where test/sandbox is');
}
