import got, { RequestError } from 'got';
import pLimit from 'p-limit';
import type { z } from 'zod';
import { messageOf, SourceError } from './errors.ts';
import { type Headers, numberIn, type Pace } from './pace.ts';
import type { Run } from './run.ts';

/** One HTTP system as a run meets it. Credentials stand in `headers` (or in a form) and never in a message. */
export interface HttpSystem {
  readonly name: string;
  /** What every path is appended to, without a trailing slash. */
  readonly root: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values that are cut out of whatever a server says. */
  readonly secrets?: readonly string[];
  /** Which requests change something there. Default: all but GET. */
  readonly writes?: (request: HttpRequest) => boolean;
  readonly pace?: Pace;
  /** `RateLimit-Reset` counts seconds from now here, and decides the wait after a 429. */
  readonly resetInSeconds?: boolean;
  /** Shared by the systems that may only have so many requests under way together. */
  readonly gate?: Gate;
}

/** At most so many tasks at once. */
export type Gate = <T>(task: () => Promise<T>) => Promise<T>;

/** A gate for `n` at once. */
export const gateFor = (n: number): Gate => pLimit(n);

/** `path` begins with a slash. `operation` is the key in the call counts (default: the method). */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operation?: string;
  /** The answer's greatest size in bytes; 32 MiB unless told. */
  readonly maxBytes?: number;
  /** Repeats after the first try: 5 for GET, none for others unless told. */
  readonly repeats?: number;
  /** Asked after the pause and before each repeat, given what came; false ends the repeats. */
  readonly again?: (outcome: HttpAnswer | NoAnswerError) => Promise<boolean>;
}

/** What a server answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** `system: GET /path`, for messages. */
  readonly where: string;
}

/** No whole answer came: the request may or may not have been carried out. */
export class NoAnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoAnswerError';
  }
}

/** Sends requests to one system on behalf of one run. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

const DEFAULT_MAX_BYTES = 32 * 2 ** 20;
const ATTEMPT_MS = 30_000;
const REPEATABLE = new Set([408, 429]);

/** A sender: guards writes, keeps the pace, counts, repeats what may be repeated. Throws `NoAnswerError`, `DeadlineError`, `StopError`. */
export function connectHttp(system: HttpSystem, run: Run): Send {
  return async (request) => {
    const repeats = request.repeats ?? (request.method === 'GET' ? 5 : 0);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await sendOnce(system, run, request);
      const again = attempt <= repeats && isRepeatable(outcome);
      if (again)
        await run.deadline.pause(pauseAfter(system, outcome, attempt, run), whereOf(system, request));
      if (!again || (request.again && !(await request.again(outcome)))) {
        if (outcome instanceof NoAnswerError) throw outcome;
        return outcome;
      }
    }
  };
}

const whereOf = (system: HttpSystem, request: HttpRequest) =>
  `${system.name}: ${request.method} ${request.path}`;

const isRepeatable = (outcome: HttpAnswer | NoAnswerError) =>
  outcome instanceof NoAnswerError || outcome.status >= 500 || REPEATABLE.has(outcome.status);

async function sendOnce(system: HttpSystem, run: Run, request: HttpRequest) {
  const where = whereOf(system, request);
  const writes = system.writes ?? (({ method }: HttpRequest) => method !== 'GET');
  const open: Gate = system.gate ?? ((task) => task());
  return await open(async () => {
    for (let wait = system.pace?.wait() ?? 0; wait > 0; wait = system.pace?.wait() ?? 0) {
      await run.deadline.pause(wait, where);
    }
    if (writes(request)) await run.permit.check(where);
    run.deadline.check(where);
    run.calls.count(system.name, request.operation ?? request.method);
    const begun = run.clock.now();
    const outcome = await transmit(system, request, {
      where,
      left: run.deadline.left(),
      userAgent: run.userAgent,
    });
    const answered =
      outcome instanceof NoAnswerError ? { failure: outcome.message } : { status: outcome.status };
    const facts = { event: 'request', where, ...answered, durationMs: run.clock.now() - begun };
    run.log.debug(facts, 'request answered');
    if (!(outcome instanceof NoAnswerError)) system.pace?.learn(outcome.headers);
    return outcome;
  });
}

async function transmit(
  system: HttpSystem,
  request: HttpRequest,
  { where, left, userAgent }: { where: string; left: number; userAgent: string },
): Promise<HttpAnswer | NoAnswerError> {
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const tooLarge = new AbortController();
  try {
    const pending = got(`${system.root}${request.path}`, {
      method: request.method,
      headers: { 'user-agent': userAgent, ...system.headers, ...request.headers },
      ...(request.query ? { searchParams: { ...request.query } } : {}),
      ...(request.json === undefined ? {} : { json: request.json }),
      ...(request.form ? { form: { ...request.form } } : {}),
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      retry: { limit: 0 },
      timeout: { request: Math.max(1, Math.min(ATTEMPT_MS, left)) },
      signal: tooLarge.signal,
    });
    pending.on('downloadProgress', ({ transferred }) => transferred > maxBytes && tooLarge.abort());
    const { statusCode, headers, rawBody } = await pending;
    if (rawBody.length > maxBytes) throw new SourceError(sizeFault(where, maxBytes));
    return { status: statusCode, headers, body: rawBody, where };
  } catch (error) {
    if (tooLarge.signal.aborted) throw new SourceError(sizeFault(where, maxBytes));
    if (!(error instanceof RequestError)) throw error;
    return new NoAnswerError(`${where}: no answer: ${clean(system, `${error.code}: ${messageOf(error)}`)}`);
  }
}

const sizeFault = (where: string, allowed: number) =>
  `${where}: the answer is too large (found more than allowed, ${allowed} bytes)`;

/** Milliseconds to wait after a failed attempt: 1, 2, 4, 8, 16 s with jitter, or what the server asks for. */
function pauseAfter(system: HttpSystem, outcome: HttpAnswer | NoAnswerError, attempt: number, run: Run) {
  const growing = Math.round(2 ** (attempt - 1) * 1000 * (1 + Math.random() / 4));
  if (outcome instanceof NoAnswerError) return growing;
  const reset = numberIn(outcome.headers, 'ratelimit-reset');
  if (system.resetInSeconds && outcome.status === 429 && reset !== undefined)
    return reset * 1000 + Math.round(250 * Math.random());
  return Math.max(growing, retryAfter(outcome.headers, run.clock.now()));
}

function retryAfter(headers: Headers, now: number): number {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return 0;
  const seconds = numberIn(headers, 'retry-after');
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** A server's words as they may stand in a message: one line, at most 300 characters, no secret. */
export function clean(system: HttpSystem, text: string): string {
  const secrets = (system.secrets ?? [])
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length);
  const cleaned = secrets.reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), text);
  return cleaned.replace(/\s+/g, ' ').trim().slice(0, 300);
}

/** The body as text. */
export const textOf = (answer: HttpAnswer): string => new TextDecoder().decode(answer.body);

/** The body as JSON, after `prefix` where the server puts one; anything else is a `SourceError` that says what came instead. */
export function jsonOf(answer: HttpAnswer, prefix = ''): unknown {
  const text = textOf(answer);
  const found = `${answer.status}, ${String(answer.headers['content-type'] ?? 'no content type')}, ${text.length} characters`;
  if (!text.startsWith(prefix))
    throw new SourceError(`${answer.where}: no ${prefix} before the JSON (found ${found})`);
  try {
    return JSON.parse(text.slice(prefix.length));
  } catch {
    throw new SourceError(`${answer.where}: the answer is not JSON (found ${found})`);
  }
}

/** The body as JSON, or undefined where it is none: for refusals, which may say anything. */
export function jsonIfAny(answer: HttpAnswer): unknown {
  try {
    return jsonOf(answer);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** A value in a schema's shape; any other is a `SourceError` with its first three faults. */
export function shaped<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SourceError(`${where}: an answer of another shape: ${faults.join('; ')}`);
}
