import { randomUUID } from 'node:crypto';
import type { KeptText, Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Job } from '../jobs/define-job.ts';
import { createDeadline, type Deadline } from '../platform/clock.ts';
import { createLog, type Log, traceFields } from '../platform/log.ts';
import { createRedactor } from '../platform/redact.ts';
import { createRequestCounter } from '../platform/request-counts.ts';
import { secretsIn } from '../platform/setting-secrets.ts';
import { userAgentOf, VERSION } from '../platform/version.ts';
import { createWriteGuard } from '../platform/write-guard.ts';
import { keptText } from './kept-text.ts';
import { readOtherDecisions } from './other-tool-decisions.ts';
import type { RunContext, RunRequest } from './run-request.ts';

const isQuestion = ({ explain, history, show, whatIf, record, compare }: RunRequest) =>
  [explain, history, show, whatIf, record, compare].some((one) => one !== undefined);

/** Creates a run. Without settings it may not write, and its deadline is over. */
export function createRun(
  job: Job,
  request: RunRequest,
  { context, log, settings }: { context: RunContext; log: RunLog; settings?: CommonValues },
): Run {
  const { clock, stop } = context;
  const kept = (name: string, deadline: Deadline): KeptText | undefined =>
    settings === undefined ? undefined : keptText(settings, { ...run, deadline }, name);
  const mode = settings?.MODE ?? (context.environment.MODE?.trim() === 'enforce' ? 'enforce' : 'observe');
  const run: Run = {
    id: log.id,
    job: job.name,
    userAgent: userAgentOf(settings?.USER_AGENT ?? 'muster'),
    mode,
    dryRun: request.dryRun || isQuestion(request) || (settings !== undefined && mode === 'observe'),
    approval: request.approval,
    only: request.only,
    explain: request.explain,
    recorded: request.recording,
    record: request.record,
    readOthers: otherDecisionsReader(request.compare),
    whatIf: request.whatIf && {
      changes: request.whatIf.changes,
      policy: request.whatIf.policy?.name ?? null,
    },
    check: request.check,
    noRetries: request.check === true,
    expectedPlan: request.expectedPlan,
    redactor: createRedactor(secretsIn(job.settings, context.environment)),
    interactive: context.terminal === true && request.dryRun,
    progress: context.progress,
    startedAt: request.recording ? Date.parse(request.recording.run.startedAt) : log.startedAt,
    startedMonotonic: log.startedMonotonic,
    clock,
    deadline: createDeadline(clock, (settings?.SYNC_DEADLINE_SECONDS ?? 0) * 1000, stop, (ms, reason) =>
      context.progress?.({ wait: { until: clock.monotonic() + ms, reason } }),
    ),
    requestCounter: createRequestCounter(),
    writeGuard: createWriteGuard(),
    log: log.log,
    kept,
  };
  return run;
}

const otherDecisionsReader = (path: string | undefined): Run['readOthers'] =>
  path === undefined ? undefined : (keyOf) => readOtherDecisions(path, keyOf);

/** The log of one run: each line has the run's id. */
export interface RunLog {
  readonly id: string;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly log: Log;
}

/** Creates the log of a run that begins now. */
export function createRunLog(job: Job, context: RunContext): RunLog {
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
