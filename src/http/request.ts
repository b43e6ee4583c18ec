import { z } from 'zod';
import { approvalOf } from '../app/plan-file.ts';
import type { RunRequest } from '../app/run-job.ts';
import { PLAN_HASH } from '../engine/plan.ts';
import type { PlanApproval } from '../engine/run.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { parseJsonBody } from './json-body.ts';

/** The parts of an HTTP request that say what is asked. `url` is the request target as it was sent. */
export interface HttpRequestParts {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
  /** The name of the job that is asked. */
  readonly job: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const Body = z.strictObject({
  dryRun: z.boolean().optional(),
  approve: z
    .string()
    .regex(PLAN_HASH, 'not a plan hash (allowed: sha256: and 64 hexadecimal digits)')
    .optional(),
  reason: z.string().trim().min(1).max(500).optional(),
  only: z.string().trim().min(1).max(500).optional(),
  plan: z.json().optional(),
});

/** Throws `InvalidRequestError` for any path but `/` (404) and any method but GET and POST (405). */
export function checkTarget({ method, url }: Pick<HttpRequestParts, 'method' | 'url'>): void {
  const path = url.split('?', 1)[0] ?? '';
  if (path !== '/')
    throw new InvalidRequestError(`request: unknown path (found ${path.slice(0, 100)}, allowed /)`, 404);
  if (method !== 'GET' && method !== 'POST')
    throw new InvalidRequestError(`request: unknown method (found ${method}, allowed GET, POST)`, 405);
}

/** Reads what a request asks for. Throws `InvalidRequestError` for anything that is not exactly as specified. */
export function readRequest(parts: HttpRequestParts): RunRequest {
  checkTarget(parts);
  const inQuery = dryRunIn(parts.url);
  if (parts.method === 'GET') {
    if (parts.body.length > 0) throw new InvalidRequestError('request: GET takes no body (allowed: POST)');
    if (inQuery === false)
      throw new InvalidRequestError('request: GET never writes (found dryRun=false, allowed: POST)');
    return { dryRun: true };
  }
  const body = readFields(parts.body);
  const dryRun = inQuery === true || body.dryRun === true;
  const { only } = body;
  return { dryRun, only, approval: readApproval(body, { job: parts.job, now: parts.now }) };
}

/** The approval by a plan's hash, or by the plan itself. */
function readApproval(
  { approve, plan, reason }: z.infer<typeof Body>,
  at: Pick<HttpRequestParts, 'job' | 'now'>,
): PlanApproval | undefined {
  if (approve !== undefined && plan !== undefined)
    throw new InvalidRequestError('request: found approve and plan (allowed: one of them)');
  const found = approve ?? plan;
  if (found === undefined && reason === undefined) return undefined;
  if (found === undefined || reason === undefined) {
    const pair = plan === undefined ? 'approve and reason' : 'plan and reason';
    throw new InvalidRequestError(`request: ${pair} belong together (found one of them)`);
  }
  return approve === undefined ? approvalOf(plan, reason, at) : { hash: approve, reason };
}

/** The query begins at the first `?`. It is compared as text, so that nothing in it is half read. */
function dryRunIn(url: string): boolean | undefined {
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start + 1);
  if (query === '') return undefined;
  if (query === 'dryRun=true' || query === 'dryRun=false') return query === 'dryRun=true';
  throw new InvalidRequestError(
    `request: unknown query (found ${query.slice(0, 100)}, allowed dryRun=true or dryRun=false, once)`,
  );
}

function readFields(body: Uint8Array): z.infer<typeof Body> {
  if (body.length === 0) return {};
  const parsed = Body.safeParse(parseJsonBody(body));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 10).map(describeIssue);
  throw new InvalidRequestError(
    `request: ${errors.join('; ')} (allowed: dryRun, only, approve or plan with reason)`,
  );
}

const describeIssue = ({ path, message }: z.core.$ZodIssue) =>
  `${path.join('.') || 'body'}: ${message.slice(0, 300)}`;
