import { http } from '@google-cloud/functions-framework';
import { httpFunction } from './http/function.ts';
import { jobs } from './jobs/registry.ts';

/** Registers each job as an HTTP function. */
for (const job of jobs) http(job.functionName, httpFunction(job));
