/** Reads what an HTTP request asks for. */

import { z } from 'zod';
import { approvalOf } from '../app/read-plan-file.ts';
import type { RunRequest, WhatIfRequest } from '../app/run-job.ts';
import { DEFAULT_SINCE, parseSince } from '../app/since.ts';
import { parseMembership } from '../engine/membership-change.ts';
import { PLAN_HASH } from '../engine/plan.ts';
import type { PlanApproval } from '../engine/run-types.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { foundAndAllowed, listErrors, readable, wrongly } from '../platform/schema-faults.ts';
import { parseStrictJson } from '../platform/strict-json.ts';
import { type Query, readQuery } from './query.ts';

/** The parts of an HTTP request that say what is asked. `url` is the request target as it was sent. */
export interface HttpRequestParts {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
  /** The name of the job that the request is for. */
  readonly job: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A short text without control or invisible characters. */
const Line = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine(...readable('text'));

const Body = z.strictObject({
  dryRun: z.boolean().optional(),
  approve: z
    .string()
    .regex(PLAN_HASH, wrongly('not a plan hash', 'sha256: and 64 hexadecimal digits'))
    .optional(),
  reason: Line.optional(),
  only: Line.optional(),
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
  const query = readQuery(parts.url);
  if (parts.method === 'GET') return readGet(query, parts);
  const { explain, check, history, since } = query;
  const whatIf = whatIfIn(query);
  if ([explain, check, history, since, whatIf].some((one) => one !== undefined))
    throw new InvalidRequestError(
      'request: found explain, check, history, add or remove with POST (allowed: GET)',
    );
  const body = readFields(parts.body);
  const dryRun = query.dryRun === true || body.dryRun === true;
  if (query.only !== undefined && body.only !== undefined)
    throw new InvalidRequestError('request: found only in the query and in the body (allowed: once)');
  const only = query.only ?? body.only;
  return { dryRun, only, approval: readApproval(body, { job: parts.job, now: parts.now }) };
}

/** GET shows the plan, or answers one question. It never writes. */
function readGet(query: Query, { body, now }: HttpRequestParts): RunRequest {
  const { dryRun, only, explain, check, history, since } = query;
  if (body.length > 0) throw new InvalidRequestError('request: GET takes no body (allowed: POST)');
  if (dryRun === false)
    throw new InvalidRequestError('request: GET never writes (found dryRun=false, allowed: POST)');
  const whatIf = whatIfIn(query);
  const asked = [only, explain, check, history, whatIf].filter((one) => one !== undefined);
  if (asked.length > 1)
    throw new InvalidRequestError(
      'request: found two of only, explain, check, history, and add or remove (allowed: one of them)',
    );
  if (since !== undefined && history === undefined)
    throw new InvalidRequestError('request: found since without history (allowed: both)');
  if (history === undefined) return { dryRun: true, only, explain, check, whatIf };
  const who = history === '' ? undefined : history;
  return { dryRun: true, history: { since: parseSince(since ?? DEFAULT_SINCE, now), who } };
}

/** The memberships of a what-if question; undefined without one. */
function whatIfIn({ add, remove }: Query): WhatIfRequest | undefined {
  if (add.length + remove.length === 0) return undefined;
  const changes = [
    ...add.map((text) => parseMembership('add', text)),
    ...remove.map((text) => parseMembership('remove', text)),
  ];
  return { changes };
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

function readFields(body: Uint8Array): z.infer<typeof Body> {
  if (body.length === 0) return {};
  const parsed = Body.safeParse(parseStrictJson('request: the body', body), { error: foundAndAllowed });
  if (parsed.success) return parsed.data;
  const errors = listErrors(parsed.error, 10, 'body').map((error) => error.slice(0, 300));
  throw new InvalidRequestError(
    `request: ${errors.join('; ')} (allowed: dryRun, only, approve or plan with reason)`,
  );
}
