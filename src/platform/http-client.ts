/** Sends requests to one HTTP system: counts them, retries them, and keeps its rate limit. */

import got, { RequestError } from 'got';
import pLimit from 'p-limit';
import type { Clock, Deadline } from './clock.ts';
import { messageOf, SourceError } from './errors.ts';
import { type HttpAnswer, redact } from './http-answer.ts';
import type { Log } from './log.ts';
import type { Headers, RateLimiter } from './rate-limit.ts';
import type { RequestCounter } from './request-counts.ts';
import { retryDelay } from './retry-delay.ts';
import type { WriteGuard } from './write-guard.ts';

/** What the HTTP client needs of the run whose requests it sends. */
export interface RequestContext {
  /** The `User-Agent` header. */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly requestCounter: RequestCounter;
  readonly writeGuard: WriteGuard;
  readonly log: Log;
  /** True if a person waits at a terminal: an unreachable server is tried only twice. */
  readonly interactive?: boolean;
  /** No request is retried. */
  readonly noRetries?: boolean;
}

/** One HTTP system. Credentials belong in `headers` (or in a form) and never appear in a message. */
export interface HttpSystem {
  readonly name: string;
  /** The URL that every path is appended to, without a trailing slash. */
  readonly root: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values that are removed from every text of the server. */
  readonly secrets?: readonly string[];
  /** Whether a request may change something there. Default: every method but GET. */
  readonly writes?: (request: HttpRequest) => boolean;
  readonly rateLimiter?: RateLimiter;
  /** `RateLimit-Reset` is in seconds from now, and decides the wait after a 429. */
  readonly resetInSeconds?: boolean;
  /** Shared by systems that have one limit of open requests together. */
  readonly concurrency?: ConcurrencyLimit;
}

/** Runs at most a fixed number of tasks at once. */
export type ConcurrencyLimit = <T>(task: () => Promise<T>) => Promise<T>;

/** A limit of `n` tasks at once. */
export const createConcurrencyLimit = (n: number): ConcurrencyLimit => pLimit(n);

/** `path` begins with a slash. `operation` is the key in the request counts (default: the method). */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** A body as it is; its type belongs in `headers`. */
  readonly text?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operation?: string;
  /** Maximum size of the answer in bytes (default: 32 MiB). */
  readonly maxBytes?: number;
  /** Retries after the first attempt (default: 5 for GET, none for other methods). */
  readonly retries?: number;
  /** True if the caller has reserved a place in the rate limit for each attempt. */
  readonly hasPlace?: boolean;
  /** Called right before each attempt is sent: from then on the server may have carried it out. */
  readonly onSent?: () => void;
  /** Called after the pause and before each retry, with the failed attempt; false ends the retries. */
  readonly shouldRetry?: (outcome: HttpAnswer | NoAnswerError) => Promise<boolean>;
}

/** No whole answer came: the server may have carried the request out or not. */
export class NoAnswerError extends Error {
  /** The code of the error below, as `ECONNREFUSED`. */
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.name = 'NoAnswerError';
    this.code = code;
  }
}

/** Sends requests to one system for one run. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

const DEFAULT_MAX_BYTES = 32 * 2 ** 20;
const ATTEMPT_MS = 30_000;
const RETRYABLE = new Set([408, 429]);

/** A client: checks the write guard, keeps the rate limit, counts, retries. Throws `NoAnswerError`, `DeadlineError`, `StopError`. */
export function createHttpClient(system: HttpSystem, context: RequestContext): Send {
  return async (request) => {
    const retries = context.noRetries ? 0 : (request.retries ?? (request.method === 'GET' ? 5 : 0));
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await attemptOnce(system, context, request);
      const again = attempt <= retries && isRetryable(outcome) && !isHopeless(outcome, attempt, context);
      if (again) await pause(system, context, { request, outcome, attempt });
      if (!again || (request.shouldRetry && !(await request.shouldRetry(outcome)))) {
        if (outcome instanceof NoAnswerError) throw outcome;
        return outcome;
      }
    }
  };
}

/** Errors that a retry within seconds cannot solve: no server at this address, an unknown name, a wrong certificate or protocol. */
const HOPELESS =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPROTO|ERR_SSL_.*|ERR_TLS_.*|.*(?:CERT|SIGNATURE).*)$/;
const HOPELESS_ATTEMPTS = 2;

const isHopeless = (
  outcome: HttpAnswer | NoAnswerError,
  attempt: number,
  { interactive = false }: RequestContext,
): boolean =>
  interactive &&
  attempt >= HOPELESS_ATTEMPTS &&
  outcome instanceof NoAnswerError &&
  HOPELESS.test(outcome.code ?? '');

/** Whether an attempt may succeed when it is repeated: no answer, 408, 429 and 5xx. */
export const isRetryable = (outcome: HttpAnswer | NoAnswerError): boolean =>
  outcome instanceof NoAnswerError || outcome.status >= 500 || RETRYABLE.has(outcome.status);

const whereOf = (system: HttpSystem, request: HttpRequest) =>
  `${system.name}: ${request.method} ${request.path}`;

async function pause(
  system: HttpSystem,
  { clock, deadline }: RequestContext,
  failed: { request: HttpRequest; outcome: HttpAnswer | NoAnswerError; attempt: number },
): Promise<void> {
  const { request, outcome, attempt } = failed;
  const answer = outcome instanceof NoAnswerError ? {} : { status: outcome.status, headers: outcome.headers };
  const resetInSeconds = system.resetInSeconds ?? false;
  const delay = retryDelay({ attempt, ...answer, resetInSeconds, now: clock.now() }, Math.random());
  const cause = outcome instanceof NoAnswerError ? outcome.message : `${outcome.where}: ${outcome.status}`;
  const where = `${whereOf(system, request)}: attempt ${attempt} ended with ${cause}`;
  await deadline.pause(delay, where, `the next attempt after ${cause}`);
}

/**
 * One attempt. Returns what came of a request that was sent, `NoAnswerError` included.
 * Throws only before anything is sent (`DeadlineError`, `StopError`), and `SourceError` for an answer that is too large.
 */
export async function attemptOnce(
  system: HttpSystem,
  context: RequestContext,
  request: HttpRequest,
): Promise<HttpAnswer | NoAnswerError> {
  const where = whereOf(system, request);
  const writes = system.writes ?? (({ method }: HttpRequest) => method !== 'GET');
  const limited: ConcurrencyLimit = system.concurrency ?? ((task) => task());
  return await limited(async () => {
    if (!request.hasPlace) await waitForRateLimit(system, context, where);
    if (writes(request)) await context.writeGuard.check(where);
    context.deadline.check(where);
    context.requestCounter.count(system.name, request.operation ?? request.method);
    request.onSent?.();
    const startedAt = context.clock.monotonic();
    const outcome = await sendRequest(system, request, {
      where,
      left: context.deadline.left(),
      userAgent: context.userAgent,
    });
    const answered =
      outcome instanceof NoAnswerError ? { failure: outcome.message } : { status: outcome.status };
    const facts = {
      event: 'request',
      where,
      ...answered,
      durationMs: Math.round(context.clock.monotonic() - startedAt),
    };
    context.log.debug(facts, 'request answered');
    if (outcome instanceof NoAnswerError) return outcome;
    const { headers, body } = outcome;
    context.log.trace(
      { event: 'answer', where, type: headers['content-type'], bytes: body.length },
      'answer read',
    );
    system.rateLimiter?.learn(headers);
    return outcome;
  });
}

async function waitForRateLimit(
  { name, rateLimiter }: HttpSystem,
  { deadline }: RequestContext,
  where: string,
): Promise<void> {
  for (let wait = rateLimiter?.wait() ?? 0; wait > 0; wait = rateLimiter?.wait() ?? 0) {
    await deadline.pause(wait, where, `the rate limit of ${name}`);
  }
}

async function sendRequest(
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
      ...(request.text === undefined ? {} : { body: request.text }),
      ...(request.form ? { form: { ...request.form } } : {}),
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
      https: { rejectUnauthorized: true },
      retry: { limit: 0 },
      timeout: { request: Math.max(1, Math.min(ATTEMPT_MS, left)) },
      signal: tooLarge.signal,
    });
    pending.on('downloadProgress', ({ transferred }) => transferred > maxBytes && tooLarge.abort());
    const { statusCode, headers, rawBody } = await pending;
    if (rawBody.length > maxBytes) throw new SourceError(sizeError(where, maxBytes));
    return {
      status: statusCode,
      headers,
      body: rawBody,
      where: `${where}${redirectOf(system, statusCode, headers)}`,
    };
  } catch (error) {
    if (tooLarge.signal.aborted) throw new SourceError(sizeError(where, maxBytes));
    if (!(error instanceof RequestError)) throw error;
    const cause = redact(system, `${error.code}: ${messageOf(error)}`);
    return new NoAnswerError(`${where}: no answer: ${cause}`, error.code);
  }
}

/** Where a redirect leads: none is followed. */
function redirectOf(system: HttpSystem, status: number, { location }: Headers): string {
  if (status < 300 || status > 399 || typeof location !== 'string') return '';
  return ` (redirected to ${redact(system, location)})`;
}

const sizeError = (where: string, allowed: number) =>
  `${where}: the answer is too large (found more than allowed, ${allowed} bytes)`;
