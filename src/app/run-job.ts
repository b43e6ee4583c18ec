import { toRunError } from '../engine/outcome.ts';
import { type RunState, runStateOf } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Job, PreparedJob } from '../jobs/define-job.ts';
import { messageOf, SettingsError } from '../platform/errors.ts';
import { errorFields } from '../platform/log.ts';
import { logRun } from '../reports/decision-log.ts';
import { makeReport, unchangedIn } from '../reports/report.ts';
import { checkPrepared, errorLines } from './check-job.ts';
import { createRun, createRunLog } from './create-run.ts';
import { withLock } from './lock.ts';
import { publishRun } from './publish-run.ts';
import { recordingOf } from './recording-file.ts';
import type { RunContext, RunRequest, RunResult } from './run-request.ts';

export type { RunContext, RunRequest, RunResult, WhatIfRequest } from './run-request.ts';

/** Runs a job, from its settings to its report and its log lines. Never throws: an unexpected error is a failed run. */
export async function runJob(job: Job, request: RunRequest, context: RunContext): Promise<RunResult> {
  const log = createRunLog(job, context);
  let prepared: PreparedJob;
  try {
    prepared = job.prepare(context.environment, context.known, request.whatIf?.policy?.text);
  } catch (error) {
    if (context.terminal && error instanceof SettingsError) log.log.level = 'silent';
    const run = createRun(job, request, { context, log });
    const result = finish(job, run, failedRun(run, error));
    const checks = error instanceof SettingsError && request.check ? errorLines(error.errors) : undefined;
    return { ...result, ...(checks ? { checks: run.redactor.value(checks) } : {}) };
  }
  const { settings } = prepared;
  const run = createRun(job, request, { context, log, settings });
  log.log.level = context.verbose && settings.LOG_LEVEL !== 'trace' ? 'debug' : settings.LOG_LEVEL;
  if (request.check) {
    const checks = run.redactor.value(await checkPrepared(job, prepared, run));
    return { ...finish(job, run, runStateOf({})), checks };
  }
  if (request.history || request.show !== undefined)
    return await answerFromPastRuns(job, request, { settings, run });
  const undone = await runToUndo(request, { settings, run });
  const asked = undone instanceof Error ? run : { ...run, undo: undone };
  const state =
    undone instanceof Error
      ? runStateOf({ errors: [toRunError(undone)] })
      : await runPrepared(prepared, asked);
  const result = finish(job, asked, state);
  const recording = recordingOf(state, asked, { job, environment: context.environment });
  const report = await publishRun(result, { settings, run: asked, state, stop: context.stop });
  return { ...result, report, ...(recording ? { recording } : {}) };
}

/** Only a question about past runs loads the code that reads and renders them. */
const loadPastRuns = async () => await import('./past-runs.ts');

/** Answers a question about past runs; no run takes place. */
async function answerFromPastRuns(
  job: Job,
  { history, show = '' }: RunRequest,
  { settings, run }: RunWithSettings,
): Promise<RunResult> {
  try {
    const { readHistory, readReport } = await loadPastRuns();
    if (!history) {
      const report = await readReport(settings, run, show);
      return { ...finish(job, run, runStateOf({})), report, isPastReport: true };
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

async function runToUndo({ undo }: RunRequest, { settings, run }: RunWithSettings) {
  if (undo === undefined) return undefined;
  try {
    const { readUndone } = await loadPastRuns();
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
  run.log.error({ event: 'error', ...errorFields(error) }, 'run failed unexpectedly');
  const outcome = error instanceof SettingsError ? 'invalid-settings' : toRunError(error).outcome;
  return runStateOf({ errors: [{ outcome, message: messageOf(error) }] });
}

function finish(job: Job, run: Run, state: RunState<unknown>): RunResult {
  const report = run.redactor.value(makeReport(state, run, job));
  logRun(state, report, run.log);
  const { explanation, whatIf, comparison } = state;
  return {
    report,
    unchanged: () => run.redactor.value(unchangedIn(state)),
    describe: job.describe,
    ...(explanation ? { explanation: run.redactor.value(explanation) } : {}),
    ...(comparison ? { comparison: run.redactor.value(comparison) } : {}),
    ...(whatIf ? { whatIf: run.redactor.value(whatIf) } : {}),
  };
}
