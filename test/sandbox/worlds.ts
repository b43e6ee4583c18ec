import { DENIED, gitlabExample } from './gitlab/example.ts';
import { startGitlabWorld } from './gitlab/world.ts';
import { startGrowthBookWorld } from './growthbook/world.ts';

/** The fake servers of one job's example, and the settings that point there. */
export interface Sandbox {
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const STARTERS: Readonly<Record<string, () => Promise<Sandbox>>> = {
  'growthbook-roles': startGrowthBookWorld,
  'gitlab-approvals': async () => {
    const world = await startGitlabWorld(gitlabExample);
    return { environment: { ...world.environment, DENIED_ACCOUNTS: DENIED }, close: () => world.close() };
  },
};

/** Starts the example of a job. */
export async function startSandbox(job: string): Promise<Sandbox> {
  const start = STARTERS[job];
  if (!start)
    throw new Error(`sandbox: unknown job (found ${job}, allowed ${Object.keys(STARTERS).join(', ')})`);
  return await start();
}
