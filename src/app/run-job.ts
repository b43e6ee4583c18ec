import { randomUUID } from 'node:crypto';
import type { CheckLine } from '../engine/check.ts';
import type { Explanation } from '../engine/explain.ts';
import { toRunError } from '../engine/outcome.ts';
import type { PlanApproval, Progress, Run } from '../engine/run.ts';
import { type RunState, runStateOf } from '../engine/run-state.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Job, PreparedJob } from '../jobs/define-job.ts';
import { type Clock, createDeadline } from '../platform/clock.ts';
import { messageOf, SettingsError } from '../platform/errors.ts';
import { createLog, errorFields, type Log, type LogSink, traceFields } from '../platform/log.ts';
import { createRedactor } from '../platform/redact.ts';
import { createRequestCounter } from '../platform/request-counts.ts';
import { secretsIn } from '../platform/setting-values.ts';
import type { Environment } from '../platform/settings.ts';
import { userAgentOf, VERSION } from '../platform/version.ts';
import { createWriteGuard } from '../platform/write-guard.ts';
import { logRun } from '../reports/decision-log.ts';
import type { HistoryReport } from '../reports/history.ts';
import { makeReport, type Report, type UnchangedAccount, unchangedIn } from '../reports/report.ts';
import { checkPrepared, faultLines } from './check-job.ts';
import { withLock } from './lock.ts';
import { type HistoryQuery, readHistory, readReport, readUndone } from './past-runs.ts';
import { publishRun } from './publish-run.ts';

/** What is asked of a job. */
export interface RunRequest {
  readonly dryRun: boolean;
  readonly approval?: PlanApproval | undefined;
  /** Restricts the run to the accounts of one name. */
  readonly only?: string | undefined;
  /** Everything that a run needs is looked at; nothing is written. */
  readonly check?: boolean | undefined;
  /** The run explains this name; it writes nothing. */
  readonly explain?: string | undefined;
  /** The hash of the plan that was shown before: any other plan is refused. */
  readonly expectedPlan?: string | undefined;
  /** Past runs are listed instead of a run. */
  readonly history?: HistoryQuery | undefined;
  /** The kept report of the run of this id is shown instead of a run. */
  readonly show?: string | undefined;
  /** The plan is the opposite of what the run of this id changed. */
  readonly undo?: string | undefined;
}

/** Where a job runs. `known` are the names of all settings; `stop` ends the run between two writes; `header` reads the request's headers. */
export interface RunContext {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly known: readonly string[];
  readonly stop?: AbortSignal;
  readonly verbose?: boolean;
  /** Somebody waits at a terminal: a plan tries what cannot be reached twice, and faults of settings are not logged besides. */
  readonly terminal?: boolean;
  /** Receives what the run is doing. */
  progress?(progress: Progress): void;
  readonly labels?: Readonly<Record<string, string>>;
  header?(name: string): string | undefined;
}

/** The result of a run: its report, and how to describe one of its changes in a few words. */
export interface RunResult {
  readonly report: Report;
  /** The answer to the question that was asked; undefined where the run failed before it. */
  readonly explanation?: Explanation;
  /** The answer to a check. */
  readonly checks?: readonly CheckLine[];
  /** The past runs that were asked for. */
  readonly history?: HistoryReport;
  /** The report is that of an earlier run, which was asked for. */
  readonly isRecalled?: boolean;
  /** The accounts that the run leaves as they are, for a page. */
  unchanged(): readonly UnchangedAccount[];
  describe(from: unknown, to: unknown): string;
}

/** Runs a job from its settings to its report and its log lines. Never throws: an unforeseen error is a failed run. */
export async function runJob(job: Job, request: RunRequest, context: RunContext): Promise<RunResult> {
  const log = createRunLog(job, context);
  let prepared: PreparedJob;
  try {
    prepared = job.prepare(context.environment, context.known);
  } catch (error) {
    if (context.terminal && error instanceof SettingsError) log.log.level = 'silent';
    const run = createRun(job, request, { context, log });
    const result = finish(job, run, failedRun(run, error));
    const checks = error instanceof SettingsError && request.check ? faultLines(error.faults) : undefined;
    return { ...result, ...(checks ? { checks: run.redactor.value(checks) } : {}) };
  }
  const { settings } = prepared;
  const run = createRun(job, request, { context, log, settings });
  log.log.level = context.verbose ? 'debug' : settings.LOG_LEVEL;
  if (request.check) {
    const checks = run.redactor.value(await checkPrepared(job, prepared, run));
    return { ...finish(job, run, runStateOf({})), checks };
  }
  if (request.history || request.show !== undefined) return await recall(job, request, { settings, run });
  const undone = await undoneBy(request, { settings, run });
  const asked = undone instanceof Error ? run : { ...run, undo: undone };
  const state =
    undone instanceof Error
      ? runStateOf({ errors: [toRunError(undone)] })
      : await runPrepared(prepared, asked);
  const result = finish(job, asked, state);
  const report = await publishRun(result, { settings, run: asked, state, stop: context.stop });
  return { ...result, report };
}

/** Past runs, or the report of one, instead of a run. */
async function recall(
  job: Job,
  { history, show = '' }: RunRequest,
  { settings, run }: RunWithSettings,
): Promise<RunResult> {
  try {
    if (!history) {
      const report = await readReport(settings, run, show);
      return { ...finish(job, run, runStateOf({})), report, isRecalled: true };
    }
    const answer = run.redactor.value(await readHistory(settings, run, history));
    return { ...finish(job, run, runStateOf({})), history: answer };
  } catch (error) {
    return finish(job, run, runStateOf({ errors: [toRunError(error)] }));
  }
}

/** A run and its settings. */
interface RunWithSettings {
  readonly settings: CommonValues;
  readonly run: Run;
}

async function undoneBy({ undo }: RunRequest, { settings, run }: RunWithSettings) {
  if (undo === undefined) return undefined;
  try {
    return await readUndone(settings, run, undo);
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** The result for a request that cannot be understood: no run takes place. */
export function rejectRequest(job: Job, message: string, context: RunContext): RunResult {
  const run = createRun(job, { dryRun: true }, { context, log: createRunLog(job, context) });
  return finish(job, run, runStateOf({ errors: [{ outcome: 'invalid-request', message }] }));
}

async function runPrepared(prepared: PreparedJob, run: Run): Promise<RunState<unknown>> {
  const work = (exclusive: Run) => prepared.run(exclusive);
  try {
    return run.dryRun ? await work(run) : await withLock(prepared.settings, run, work);
  } catch (error) {
    return failedRun(run, error);
  }
}

function failedRun(run: Run, error: unknown): RunState<unknown> {
  run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  const outcome = error instanceof SettingsError ? 'invalid-settings' : 'failed';
  return runStateOf({ errors: [{ outcome, message: messageOf(error) }] });
}

function finish(job: Job, run: Run, state: RunState<unknown>): RunResult {
  const report = run.redactor.value(makeReport(state, run, job));
  logRun(state, report, run.log);
  const { explanation } = state;
  return {
    report,
    unchanged: () => run.redactor.value(unchangedIn(state)),
    describe: job.describe,
    ...(explanation ? { explanation: run.redactor.value(explanation) } : {}),
  };
}

const isQuestion = ({ explain, history, show }: RunRequest) =>
  explain !== undefined || history !== undefined || show !== undefined;

/** A run. Without settings it may not write, and its time is up. */
function createRun(
  job: Job,
  request: RunRequest,
  { context, log, settings }: { context: RunContext; log: RunLog; settings?: CommonValues },
): Run {
  const { clock, stop } = context;
  const mode = settings?.MODE ?? (context.environment.MODE?.trim() === 'enforce' ? 'enforce' : 'observe');
  return {
    id: log.id,
    job: job.name,
    userAgent: userAgentOf(settings?.USER_AGENT ?? 'muster'),
    mode,
    dryRun: request.dryRun || isQuestion(request) || (settings !== undefined && mode === 'observe'),
    approval: request.approval,
    only: request.only,
    explain: request.explain,
    check: request.check,
    noRetries: request.check === true,
    expectedPlan: request.expectedPlan,
    redactor: createRedactor(secretsIn(job.settings, context.environment)),
    interactive: context.terminal === true && request.dryRun,
    progress: context.progress,
    startedAt: log.startedAt,
    startedMonotonic: log.startedMonotonic,
    clock,
    deadline: createDeadline(clock, (settings?.SYNC_DEADLINE_SECONDS ?? 0) * 1000, stop, (ms, reason) =>
      context.progress?.({ wait: { until: clock.monotonic() + ms, reason } }),
    ),
    requestCounter: createRequestCounter(),
    writeGuard: createWriteGuard(),
    log: log.log,
  };
}

interface RunLog {
  readonly id: string;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly log: Log;
}

function createRunLog(job: Job, context: RunContext): RunLog {
  const id = randomUUID();
  const project = context.environment.GOOGLE_CLOUD_PROJECT?.trim();
  const trace = traceFields((name) => context.header?.(name), project);
  const labels = context.labels ? { 'logging.googleapis.com/labels': context.labels } : {};
  const log = createLog(context.log, 'info', secretsIn(job.settings, context.environment)).child({
    job: job.name,
    sync_run_id: id,
    version: VERSION,
    ...trace,
    ...labels,
  });
  const { clock } = context;
  return { id, startedAt: clock.now(), startedMonotonic: clock.monotonic(), log };
}
