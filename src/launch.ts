import { randomUUID } from 'node:crypto';
import { enforce } from './enforce.ts';
import { pushFigures } from './figures.ts';
import { type Job, type PreparedJob, type Told, untold } from './job.ts';
import { journal } from './pipeline/journal.ts';
import { renderText } from './pipeline/render.ts';
import { makeReport, type Report } from './pipeline/report.ts';
import { startCalls } from './runtime/calls.ts';
import { messageOf, SettingsError } from './runtime/errors.ts';
import { createLog, errorFields, type Log, type LogSink, traceFields } from './runtime/log.ts';
import { closedPermit } from './runtime/permit.ts';
import type { Approval, Run } from './runtime/run.ts';
import type { Environment } from './runtime/settings.ts';
import { type Clock, startDeadline } from './runtime/time.ts';

/** A plan's hash, as reports show it. */
export const PLAN_HASH = /^sha256:[0-9a-f]{64}$/;

/** What is asked of a job. */
export interface Call {
  readonly dryRun: boolean;
  readonly approve?: Approval | undefined;
}

/** Where a job runs. `known` are all names of settings; `stop` asks it to end between two writes; `header` reads the request's headers. */
export interface Surroundings {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly known: readonly string[];
  readonly stop?: AbortSignal;
  readonly verbose?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  header?(name: string): string | undefined;
}

/** A finished run: for machines, and for people at a terminal. */
export interface Finished {
  readonly report: Report;
  text(colour: boolean): string;
}

/** Runs a job from its settings to its report and its log lines. Never throws: an unforeseen error is a failed run. */
export async function launch(job: Job, call: Call, around: Surroundings): Promise<Finished> {
  const idle = idleRun(job, call, around);
  try {
    const prepared = job.prepare(around.environment, around.known);
    return await perform(job, prepared, runWith(prepared, idle, around));
  } catch (error) {
    return finish(job, idle, brokenOff(idle, error));
  }
}

/** The answer to a call that can't be understood: no run takes place. */
export function decline(job: Job, message: string, around: Surroundings): Finished {
  const idle = idleRun(job, { dryRun: true }, around);
  return finish(job, idle, untold('invalid-request', message));
}

function runWith({ settings }: PreparedJob, idle: Run, around: Surroundings): Run {
  const { MODE, LOG_LEVEL, SYNC_DEADLINE_SECONDS, USER_AGENT } = settings;
  idle.log.level = around.verbose ? 'debug' : LOG_LEVEL;
  return {
    ...idle,
    mode: MODE,
    userAgent: USER_AGENT,
    dryRun: idle.dryRun || MODE === 'observe',
    deadline: startDeadline(around.clock, SYNC_DEADLINE_SECONDS * 1000, around.stop),
  };
}

async function perform(job: Job, prepared: PreparedJob, run: Run): Promise<Finished> {
  const told = await reconciled(prepared, run);
  const finished = finish(job, run, told);
  const { PUSHGATEWAY_URL: gateway } = prepared.settings;
  // A plan that somebody asks for while the job enforces is no run of the job's schedule.
  if (gateway && !(run.dryRun && run.mode === 'enforce')) {
    await pushFigures(gateway, { report: finished.report, gauges: told.story.gauges, log: run.log });
  }
  return finished;
}

async function reconciled(prepared: PreparedJob, run: Run): Promise<Told> {
  try {
    return run.dryRun ? await prepared.reconcile(run) : await enforce(prepared, run);
  } catch (error) {
    return brokenOff(run, error);
  }
}

function brokenOff(run: Run, error: unknown): Told {
  run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  return untold(error instanceof SettingsError ? 'invalid-settings' : 'failed', messageOf(error));
}

function idleRun(job: Job, call: Call, around: Surroundings): Run {
  const id = randomUUID();
  return {
    id,
    job: job.name,
    userAgent: 'muster',
    mode: 'observe',
    dryRun: call.dryRun,
    approve: call.approve,
    startedAt: around.clock.now(),
    clock: around.clock,
    deadline: startDeadline(around.clock, 0, around.stop),
    calls: startCalls(),
    permit: closedPermit(),
    log: runLog(job, id, around),
  };
}

function runLog(job: Job, id: string, around: Surroundings): Log {
  const project = around.environment.GOOGLE_CLOUD_PROJECT?.trim();
  const trace = traceFields((name) => around.header?.(name), project);
  const labels = around.labels ? { 'logging.googleapis.com/labels': around.labels } : {};
  return createLog(around.log, 'info').child({ job: job.name, sync_run_id: id, ...trace, ...labels });
}

function finish(job: Job, run: Run, { story, describe, ending }: Told): Finished {
  const report = makeReport(story, run, { kinds: job.kinds, ending });
  journal(story, report, run.log);
  return { report, text: (colour) => renderText(report, { describe, colour }) };
}
