import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DENIED, gitlabExample } from './gitlab/example.ts';
import { startGitlabSandbox } from './gitlab/sandbox.ts';
import type { GitLabUser } from './gitlab/users.ts';
import { startGrowthBookSandbox } from './growthbook/sandbox.ts';
import type { MemberRow } from './growthbook/state.ts';

/** The fake servers of one job's example, and the settings that point there. */
export interface Sandbox {
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A sandbox that can be continued: `written` is what runs have changed in it. */
interface Continuable extends Sandbox {
  written(): unknown;
}

const STARTERS: Readonly<Record<string, (port: number, written: unknown) => Promise<Continuable>>> = {
  'growthbook-roles': async (port, written) => {
    const sandbox = await startGrowthBookSandbox({ port });
    const { state } = sandbox.growthbook;
    if (written !== undefined) state.members = (written as { members: MemberRow[] }).members;
    return { ...sandbox, written: () => ({ members: state.members }) };
  },
  'gitlab-approvals': async (port, written) => {
    const before = written as { users: readonly GitLabUser[]; page: string } | undefined;
    const sandbox = await startGitlabSandbox({ ...gitlabExample, ...before, gitlab: { port } });
    return {
      environment: { ...sandbox.environment, DENIED_ACCOUNTS: DENIED },
      close: () => sandbox.close(),
      written: () => ({ users: sandbox.gitlab.state.users, page: sandbox.auditPage() }),
    };
  },
};

/**
 * Starts the example of a job. With a folder, reports are kept there, and the example goes on from what the last one left there.
 * The target has the same address each time, so that a plan file or a report of one command is good for the next.
 */
export async function startSandbox(job: string, folder?: string): Promise<Sandbox> {
  const start = STARTERS[job];
  if (!start)
    throw new Error(`sandbox: unknown job (found ${job}, allowed ${Object.keys(STARTERS).join(', ')})`);
  const port = portFor(`${job} ${resolve(folder ?? '.')}`);
  if (folder === undefined) return await start(port, undefined);
  const file = join(folder, `${job}.json`);
  const sandbox = await start(port, await readWritten(file));
  const close = async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(file, JSON.stringify(sandbox.written()));
    await sandbox.close();
  };
  return { environment: { ...sandbox.environment, REPORTS: folder }, close };
}

/** A port below those that systems hand out, by a name: two folders rarely have the same. */
const portFor = (name: string): number =>
  20_000 + (createHash('sha256').update(name).digest().readUInt32BE() % 10_000);

async function readWritten(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
