import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Job } from '../jobs/define-job.ts';
import { readEnvironment } from '../platform/environment.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import type { Environment } from '../platform/settings.ts';
import type { CommonOptions } from './job-command.ts';

/** The example's fake servers, as the repository's `test/sandbox/worlds.ts` starts them. */
interface SandboxModule {
  startSandbox(job: string): Promise<{ readonly environment: Environment; close(): Promise<void> }>;
}

/** Runs `work` with the settings that the options ask for: the real environment, or that of a sandbox which lives as long as the command. */
export async function withEnvironment<T>(
  job: Job,
  { sandbox }: CommonOptions,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  if (!sandbox) return await work(readEnvironment());
  const world = await (await loadSandbox()).startSandbox(job.name);
  try {
    return await work({ MODE: 'enforce', ...forSandbox(readEnvironment()), ...world.environment });
  } finally {
    await world.close();
  }
}

/** The settings that a sandbox takes from outside: nothing that leads to a real system. */
const forSandbox = (environment: Environment): Environment =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) =>
      /^(?:MODE|LOG_LEVEL|SAFETY_\w+|GROWTHBOOK_POLICY)$/.test(name),
    ),
  );

async function loadSandbox(): Promise<SandboxModule> {
  const path = new URL('../../test/sandbox/worlds.ts', import.meta.url);
  if (existsSync(fileURLToPath(path))) return (await import(path.href)) as SandboxModule;
  throw new InvalidRequestError('--sandbox works only in the repository, where test/sandbox is');
}
