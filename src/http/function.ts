import '../platform/interpreted-schemas.ts';
import { once } from 'node:events';
import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework';
import { codesOf } from '../app/result-codes.ts';
import { type RunContext, type RunRequest, type RunResult, rejectRequest, runJob } from '../app/run-job.ts';
import type { Job } from '../jobs/define-job.ts';
import { knownSettings } from '../jobs/registry.ts';
import { systemClock } from '../platform/clock.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import { readEnvironment } from '../platform/read-environment.ts';
import type { Format } from '../reports/render.ts';
import { readBody } from './body.ts';
import { withGracefulStop } from './graceful-stop.ts';
import { withPlanSlot } from './plan-slots.ts';
import { checkTarget, readRequest } from './request.ts';
import { formatFor, sendResult } from './response.ts';

/** A job as an HTTP function. GET shows the plan; POST carries it out unless a dry run is asked for. `contextFor` is the process's own but in tests. */
export function httpFunction(
  job: Job,
  contextFor: (request: Request) => RunContext = contextOf,
): HttpFunction {
  return async (request, response) => {
    await withGracefulStop((stop) =>
      answer(job, { request, response, context: { ...contextFor(request), stop } }),
    );
  };
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly context: RunContext;
}

async function answer(job: Job, { request, response, context }: Exchange): Promise<void> {
  let format: Format = 'json';
  try {
    format = formatFor(request);
    const result = await runRequest(job, await parse(request, job.name, context.clock.now()), context);
    await sendResult(response, { result, status: codesOf(result).status, format });
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    for (const [name, value] of Object.entries(HEADERS[error.status] ?? {})) response.set(name, value);
    const result = rejectRequest(job, error.message, context);
    await sendResult(response, { result, status: error.status, format });
  }
  if (!response.writableFinished && !response.destroyed) await once(response, 'close');
}

/** The headers of a status. After a 413 the rest of the body is not read, so the connection is closed. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  405: { Allow: 'GET, POST' },
  413: { Connection: 'close' },
  503: { 'Retry-After': '30' },
};

async function parse(request: Request, job: string, now: number): Promise<RunRequest> {
  const { method, originalUrl: url } = request;
  checkTarget({ method, url });
  try {
    return readRequest({ method, url, body: await readBody(request), job, now });
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error;
    throw new InvalidRequestError(`request: the body could not be read: ${messageOf(error)}`);
  }
}

/** A plan waits for a free place until the job's time limit; a run that may write never waits. */
async function runRequest(job: Job, asked: RunRequest, context: RunContext): Promise<RunResult> {
  const run = () => runJob(job, asked, context);
  return asked.dryRun ? await withPlanSlot(timeLimitOf(job, context), run) : await run();
}

const FALLBACK_SECONDS = 60;

function timeLimitOf({ settings }: Job, { environment }: RunContext): number {
  const name = 'SYNC_DEADLINE_SECONDS';
  const seconds = Number(environment[name] ?? settings[name]?.defaultText ?? FALLBACK_SECONDS);
  return 1000 * (seconds > 0 && seconds <= 1700 ? seconds : FALLBACK_SECONDS);
}

/** The process's own context for a request: its environment, its clock, and its standard output as the log. */
export function contextOf(request: Request): RunContext {
  const { executionId } = request;
  return {
    environment: readEnvironment(),
    clock: systemClock,
    log: 1,
    known: knownSettings,
    header: (name) => request.get(name),
    ...(executionId ? { labels: { execution_id: executionId } } : {}),
  };
}
