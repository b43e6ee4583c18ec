import type { Request } from '@google-cloud/functions-framework';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { RunRequest } from '../app/run-job.ts';
import { PLAN_HASH } from '../engine/plan.ts';
import { InvalidRequestError } from '../platform/errors.ts';

const Body = z.strictObject({
  dryRun: z.boolean().optional(),
  approve: z
    .string()
    .regex(PLAN_HASH, 'not a plan hash (allowed: sha256: and 64 hexadecimal digits)')
    .optional(),
  reason: z.string().trim().min(1).max(500).optional(),
});

/** Reads what a request asks for. Throws `InvalidRequestError` for anything that is not exactly as specified. */
export function readRequest(request: Pick<Request, 'method' | 'url' | 'rawBody'>): RunRequest {
  const { method } = request;
  if (method !== 'GET' && method !== 'POST') {
    throw new InvalidRequestError(`request: unknown method (found ${method}, allowed GET, POST)`, 405);
  }
  const [, query = ''] = request.url.split('?', 2);
  const inQuery = dryRunIn(new URLSearchParams(query));
  const body = readBody(request.rawBody);
  if (method === 'GET') {
    if (request.rawBody?.length) throw new InvalidRequestError('request: GET takes no body (allowed: POST)');
    if (inQuery === false)
      throw new InvalidRequestError('request: GET never writes (found dryRun=false, allowed: POST)');
    return { dryRun: true };
  }
  const dryRun = inQuery === true || body.dryRun === true;
  const { approve, reason } = body;
  if (approve === undefined && reason === undefined) return { dryRun };
  if (approve === undefined || reason === undefined) {
    throw new InvalidRequestError('request: approve and reason belong together (found one of them)');
  }
  return { dryRun, approval: { hash: approve, reason } };
}

function dryRunIn(query: URLSearchParams): boolean | undefined {
  for (const name of query.keys()) {
    if (name !== 'dryRun')
      throw new InvalidRequestError(`request: unknown parameter (found ${name}, allowed dryRun)`);
  }
  const values = query.getAll('dryRun');
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length === 1 && (value === 'true' || value === 'false')) return value === 'true';
  throw new InvalidRequestError(`request: dryRun (found ${values.join(', ')}, allowed true or false, once)`);
}

function readBody(raw: Uint8Array | undefined): z.infer<typeof Body> {
  if (!raw?.length) return {};
  const parsed = Body.safeParse(jsonIn(raw));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new InvalidRequestError(`request: ${faults.join('; ')} (allowed: dryRun, approve with reason)`);
}

function jsonIn(raw: Uint8Array): unknown {
  const { text, value } = parsedJson(raw);
  // JSON.parse takes the last of repeated keys; YAML, of which JSON is a part, refuses them.
  const [repeated] = parseDocument(text, { schema: 'json' }).errors;
  if (repeated)
    throw new InvalidRequestError('request: the body is not what it seems (found a repeated key)');
  return value;
}

function parsedJson(raw: Uint8Array): { readonly text: string; readonly value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new InvalidRequestError(`request: the body is not JSON (found ${raw.length} bytes)`);
  }
}
