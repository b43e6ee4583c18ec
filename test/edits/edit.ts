import { runJob } from '../../src/app/run-job.ts';
import { gitlabApprovals } from '../../src/jobs/gitlab-approvals/job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import type { Report } from '../../src/reports/report.ts';
import { canBeLimited } from '../../src/targets/growthbook/role-update.ts';
import { jumpingClock } from '../faults/clock.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { startGitlabSandbox } from '../sandbox/gitlab/sandbox.ts';
import { effectiveAccess } from '../sandbox/growthbook/access.ts';
import { PROJECT } from '../sandbox/growthbook/example.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';
import type { GrowthBookState } from '../sandbox/growthbook/state.ts';
import type { Recorded, SandboxServer } from '../sandbox/server.ts';
import { gitlabEdits } from './gitlab-edits.ts';
import { GROWTHBOOK_EDITS } from './growthbook-edits.ts';
import { GROWTHBOOK_OWN_EDITS } from './growthbook-own-edits.ts';

/** Something that somebody else does to the target. `account` is the one that it is about. */
export interface Edit<S> {
  readonly name: string;
  readonly account: string | null;
  /** The rules decide what it is about: a run may replace it, and says so. */
  readonly isRuled?: boolean;
  /** What is so before the run. */
  prepare?(state: S): void;
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

interface Systems {
  readonly server: SandboxServer;
  /** Log lines about unexpected errors. */
  readonly unexpected: readonly string[];
  readonly edits: readonly {
    readonly name: string;
    readonly account: string | null;
    readonly isRuled?: boolean;
    prepare(): void;
    make(): void;
    isThere(): boolean;
  }[];
  run(): Promise<Report>;
  /** What the rules decide of an account. */
  ruled(account: string): Ruled;
  close(): Promise<void>;
}

/** The roles on the project, whether the global role is low, and whether a role that can be limited to environments is limited, or holds in all. */
interface Ruled {
  readonly roles: string;
  readonly isGlobalLow: boolean;
  readonly isLimited: boolean;
  readonly isUnlimited: boolean;
}

const NO_RULES: Ruled = { roles: '', isGlobalLow: true, isLimited: false, isUnlimited: false };

function ruledIn(state: GrowthBookState, account: string): Ruled {
  const row = state.members.find(({ id }) => id === account);
  if (!row) return NO_RULES;
  const grants = effectiveAccess(state, account, PROJECT);
  const limited = grants.filter(({ role }) => canBeLimited(role));
  return {
    roles: grants.map(({ role }) => role).join(' '),
    isGlobalLow: ['noaccess', 'readonly'].includes(row.role),
    isLimited: limited.length > 0 && limited.every(({ environments }) => environments !== null),
    isUnlimited: limited.some(({ environments }) => environments === null),
  };
}

async function startSystems(job: EditJob): Promise<Systems> {
  const clock = jumpingClock();
  const unexpected: string[] = [];
  const log = { write: (line: string) => void (line.includes('"event":"error"') && unexpected.push(line)) };
  const context = { clock, log, known: knownSettings };
  if (job === 'growthbook-roles') {
    const sandbox = await startGrowthBookSandbox({ now: clock.now });
    const { state } = sandbox.growthbook;
    const environment = { MODE: 'enforce', SAFETY_MAX_COUNT: '50', ...sandbox.environment };
    return {
      server: sandbox.growthbook,
      unexpected,
      edits: [...GROWTHBOOK_EDITS, ...GROWTHBOOK_OWN_EDITS].map((edit) => ({
        ...edit,
        prepare: () => edit.prepare?.(state),
        make: () => edit.make(state),
        isThere: () => edit.isThere(state),
      })),
      run: async () => (await runJob(growthbookRoles, { dryRun: false }, { environment, ...context })).report,
      ruled: (id) => ruledIn(state, id),
      close: () => sandbox.close(),
    };
  }
  const sandbox = await startGitlabSandbox(gitlabExample, clock.now);
  const { state } = sandbox.gitlab;
  const environment = { MODE: 'enforce', DENIED_ACCOUNTS: DENIED, ...sandbox.environment };
  const run = async (dryRun: boolean) =>
    (await runJob(gitlabApprovals, { dryRun }, { environment, ...context })).report;
  const planned = (await run(true)).changes.map(({ account }) => account);
  const chosen = [planned.at(0), planned.at(-1)].filter((one) => one !== undefined);
  return {
    server: sandbox.gitlab,
    unexpected,
    edits: gitlabEdits(chosen).map((edit) => ({
      ...edit,
      prepare: () => edit.prepare?.(state),
      make: () => edit.make(state),
      isThere: () => edit.isThere(state),
    })),
    run: () => run(false),
    ruled: () => NO_RULES,
    close: () => sandbox.close(),
  };
}

/** Every edit at every request of an apply. */
export async function editPoints(job: EditJob): Promise<readonly EditPoint[]> {
  const sandbox = await startSystems(job);
  try {
    const before = sandbox.server.requests.length;
    await sandbox.run();
    const requests = sandbox.server.requests.length - before;
    return sandbox.edits.flatMap((_, edit) =>
      Array.from({ length: requests }, (_one, index) =>
        (['before', 'after'] as const).map((moment) => ({ job, edit, nth: index + 1, moment })),
      ).flat(),
    );
  } finally {
    await sandbox.close();
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
  const sandbox = await startSystems(job);
  try {
    const edit = sandbox.edits[index];
    if (!edit) throw new Error('no such edit');
    edit.prepare();
    const place = { isInWindow: false, at: 0, before: NO_RULES };
    sandbox.server.onRequest(
      { nth },
      (request) => {
        place.isInWindow = isBetweenReadAndWrite(request, moment, edit.account);
        edit.make();
        place.at = sandbox.server.requests.length;
        place.before = sandbox.ruled(edit.account ?? '');
      },
      moment,
    );
    const first = await sandbox.run();
    const isSeen = sandbox.server.requests.slice(place.at).some(isListOfMembers);
    const between = sandbox.ruled(edit.account ?? '');
    const next = await sandbox.run();
    const last = await sandbox.run();
    return {
      name: edit.name,
      broken: [
        ...(edit.isThere() || place.isInWindow ? [] : ['the edit was undone']),
        ...brokenReport(job, first),
        ...brokenEnd(last, sandbox),
        ...(edit.isRuled
          ? brokenRules({ ...place, account: edit.account ?? '', isSeen }, [first, next], {
              between,
              end: sandbox.ruled(edit.account ?? ''),
              due: await ruledAlone(edit.account ?? ''),
            })
          : []),
      ],
    };
  } finally {
    await sandbox.close();
  }
}

/** What the first run says. */
function brokenReport(job: EditJob, { changes, exitCode }: Report): readonly string[] {
  const left = changes.filter(({ result }) => result !== 'applied' && result !== 'unchanged');
  const isLossLeft = left.some(({ kind }) => kind === 'revoke' || kind === 'downgrade');
  return [
    ...left.filter(({ error }) => !error).map(({ account }) => `${account} was left without a reason`),
    ...(job === 'growthbook-roles' && exitCode === 0 && isLossLeft
      ? ['a loss was left, and the run ended as a success']
      : []),
    ...(exitCode === 0 && changes.length > 0 && changes.every(({ result }) => result === 'unchanged')
      ? ['nothing is said of the changes']
      : []),
  ];
}

function brokenEnd(last: Report, { unexpected }: Systems): readonly string[] {
  const open = last.changes.filter(({ result }) => result !== 'unchanged');
  return [
    ...(open.length === 0
      ? []
      : [`not done after two more runs: ${open.map(({ account }) => account).join(', ')}`]),
    ...unexpected.map((line) => `an unexpected error: ${line.slice(0, 300)}`),
  ];
}

const isListOfMembers = ({ method, path, query }: Recorded): boolean =>
  method === 'GET' && path === '/api/v1/members' && !query.has('userEmail');

/** What was edited by hand: whose, whether the run could see it, and what was so right after it. */
interface ByHand {
  readonly account: string;
  readonly isSeen: boolean;
  readonly isInWindow: boolean;
  readonly before: Ruled;
}

/** The run ends with what the rules give, or says what it found; no limit is lifted without a word. */
function brokenRules(
  { account, isSeen, isInWindow, before }: ByHand,
  runs: readonly [Report, Report],
  { between, end, due }: { readonly between: Ruled; readonly end: Ruled; readonly due: Ruled },
): readonly string[] {
  const [first] = runs;
  const isPlanned = first.changes.some((one) => one.account === account);
  const words = (report: Report) =>
    [...report.changes, ...report.notes]
      .filter((one) => one.account === account)
      .map((one) => JSON.stringify(one));
  const isSaid = words(first).some((one) => /stale|failed|"changedMeanwhile":"/.test(one));
  const isOther = between.roles !== due.roles || !between.isGlobalLow;
  const limits = runs.flatMap(words).some((one) => /limit/.test(one));
  const isLifted = before.isLimited && end.isUnlimited;
  return [
    ...(isPlanned && isSeen && isOther && !isSaid && !isInWindow
      ? [`ends with ${between.roles}, not with ${due.roles}, and says nothing`]
      : []),
    ...(end.roles === due.roles && end.isGlobalLow ? [] : [`ends with ${end.roles}, due ${due.roles}`]),
    ...(isLifted && !limits && !isInWindow ? [`the limit of ${before.roles} was lifted without a word`] : []),
  ];
}

const alone = new Map<string, Ruled>();

/** What the rules give an account where nobody edits anything. */
async function ruledAlone(account: string): Promise<Ruled> {
  const known = alone.get(account);
  if (known) return known;
  const sandbox = await startSystems('growthbook-roles');
  try {
    await sandbox.run();
    const found = sandbox.ruled(account);
    alone.set(account, found);
    return found;
  } finally {
    await sandbox.close();
  }
}
