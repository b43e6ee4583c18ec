import { runJob } from '../../src/app/run-job.ts';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { jumpingClock } from '../faults/clock.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabWorld } from '../sandbox/gitlab/world.ts';
import { effectiveAccess } from '../sandbox/growthbook/access.ts';
import { PROJECT } from '../sandbox/growthbook/example.ts';
import { startGrowthBookWorld } from '../sandbox/growthbook/world.ts';
import type { Recorded, SandboxServer } from '../sandbox/server.ts';
import { gitlabEdits } from './gitlab-edits.ts';
import { GROWTHBOOK_EDITS } from './growthbook-edits.ts';

/** Something that somebody else does to the target. `account` is the one that it is about. */
export interface Edit<S> {
  readonly name: string;
  readonly account: string | null;
  make(state: S): void;
  /** Whether nobody has undone it. */
  isThere(state: S): boolean;
}

/** An edit at one request of an apply. */
export interface EditPoint {
  readonly job: EditJob;
  readonly edit: number;
  readonly nth: number;
  readonly moment: 'before' | 'after';
}
export type EditJob = 'growthbook-roles' | 'gitlab-approvals';

interface World {
  readonly server: SandboxServer;
  readonly edits: readonly {
    readonly name: string;
    readonly account: string | null;
    make(): void;
    isThere(): boolean;
  }[];
  run(): Promise<Report>;
  /** What an account can do; undefined where it is gone. */
  accessOf(account: string): string | undefined;
  close(): Promise<void>;
}

async function startWorld(job: EditJob): Promise<World> {
  const clock = jumpingClock();
  const context = { clock, log: { write: () => undefined }, known: knownSettings };
  if (job === 'growthbook-roles') {
    const world = await startGrowthBookWorld({ now: clock.now });
    const { state } = world.growthbook;
    const environment = { MODE: 'enforce', SAFETY_MAX_COUNT: '50', ...world.environment };
    return {
      server: world.growthbook,
      edits: GROWTHBOOK_EDITS.map((edit) => ({
        ...edit,
        make: () => edit.make(state),
        isThere: () => edit.isThere(state),
      })),
      run: async () => (await runJob(growthbookRoles, { dryRun: false }, { environment, ...context })).report,
      accessOf: (id) =>
        state.members.some((one) => one.id === id)
          ? JSON.stringify(effectiveAccess(state, id, PROJECT))
          : undefined,
      close: () => world.close(),
    };
  }
  const world = await startGitlabWorld(gitlabExample, clock.now);
  const { state } = world.gitlab;
  const environment = { MODE: 'enforce', DENIED_ACCOUNTS: DENIED, ...world.environment };
  const run = async (dryRun: boolean) =>
    (await runJob(gitlabApprovals, { dryRun }, { environment, ...context })).report;
  const planned = (await run(true)).changes.map(({ account }) => account);
  const chosen = [planned.at(0), planned.at(-1)].filter((one) => one !== undefined);
  return {
    server: world.gitlab,
    edits: gitlabEdits(chosen).map((edit) => ({
      ...edit,
      make: () => edit.make(state),
      isThere: () => edit.isThere(state),
    })),
    run: () => run(false),
    accessOf: (id) => state.users.find((one) => `${one.id}` === id)?.state,
    close: () => world.close(),
  };
}

/** Every edit at every request of an apply. */
export async function editPoints(job: EditJob): Promise<readonly EditPoint[]> {
  const world = await startWorld(job);
  try {
    const before = world.server.requests.length;
    await world.run();
    const requests = world.server.requests.length - before;
    return world.edits.flatMap((_, edit) =>
      Array.from({ length: requests }, (_one, index) =>
        (['before', 'after'] as const).map((moment) => ({ job, edit, nth: index + 1, moment })),
      ).flat(),
    );
  } finally {
    await world.close();
  }
}

/**
 * Whether an edit comes between the reading of a row and the write that is built on it. GrowthBook's API replaces the whole row without a
 * condition: no client can notice such an edit, and README says so.
 */
function isBetweenReadAndWrite(
  { method, path, query }: Recorded,
  moment: 'before' | 'after',
  account: string | null,
): boolean {
  if (account === null) return false;
  const isWrite = method === 'POST' && path.includes(`/${account}/`);
  const isRead = method === 'GET' && query.get('userEmail')?.startsWith(account.replace('u_', '')) === true;
  return (moment === 'before' && isWrite) || (moment === 'after' && isRead);
}

/** What did not hold; nothing where all did. */
export async function editAt({
  job,
  edit: index,
  nth,
  moment,
}: EditPoint): Promise<{ readonly name: string; readonly broken: readonly string[] }> {
  const world = await startWorld(job);
  try {
    const edit = world.edits[index];
    if (!edit) throw new Error('no such edit');
    let isInWindow = false;
    world.server.onRequest(
      { nth },
      (request) => {
        isInWindow = isBetweenReadAndWrite(request, moment, edit.account);
        edit.make();
      },
      moment,
    );
    const report = await world.run();
    const applied = report.changes.filter(({ result }) => result === 'applied');
    const left = report.changes.filter(({ result }) => result !== 'applied' && result !== 'unchanged');
    const next = await world.run();
    const last = await world.run();
    const settled = last.changes.filter(({ result }) => result !== 'unchanged');
    return {
      name: edit.name,
      broken: [
        ...(edit.isThere() || isInWindow ? [] : ['the edit was undone']),
        ...left.filter(({ error }) => !error).map(({ account }) => `${account} was left without a reason`),
        ...(job === 'growthbook-roles' &&
        left.length > 0 &&
        report.exitCode === 0 &&
        left.some(({ kind }) => kind === 'revoke' || kind === 'downgrade')
          ? ['a loss was left, and the run ended as a success']
          : []),
        ...(settled.length === 0
          ? []
          : [`not done after two more runs: ${settled.map(({ account }) => account).join(', ')}`]),
        ...([report, next].some(({ error }) => error?.includes('run broke off'))
          ? ['an error that nobody foresaw']
          : []),
        ...(applied.length + left.length === 0 && report.exitCode === 0 && report.changes.length > 0
          ? ['nothing is said of the changes']
          : []),
      ],
    };
  } finally {
    await world.close();
  }
}
