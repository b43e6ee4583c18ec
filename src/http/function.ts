import type { HttpFunction, Request } from '@google-cloud/functions-framework';
import { type RunContext, rejectRequest, runJob } from '../app/run-job.ts';
import { OUTCOMES } from '../engine/outcome.ts';
import type { Job } from '../jobs/define-job.ts';
import { knownSettings } from '../jobs/registry.ts';
import { systemClock } from '../platform/clock.ts';
import { readEnvironment } from '../platform/environment.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { readRequest } from './request.ts';
import { sendResult } from './response.ts';

/** A job as an HTTP function. GET shows the plan; POST carries it out unless a dry run is asked for. */
export function httpFunction(job: Job): HttpFunction {
  return async (request, response) => {
    const context = contextOf(request);
    try {
      const result = await runJob(job, readRequest(request), context);
      await sendResult(request, response, { result, status: OUTCOMES[result.report.outcome].status });
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      if (error.status === 405) response.set('Allow', 'GET, POST');
      const result = rejectRequest(job, error.message, context);
      await sendResult(request, response, { result, status: error.status });
    }
  };
}

function contextOf(request: Request): RunContext {
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
