/** Reads an answer of MediaWiki's API: its JSON, or the error that it reports. */

import { z } from 'zod';
import { messageOf, SourceError } from '../../platform/errors.ts';
import {
  type HttpAnswer,
  jsonOf,
  jsonOrUndefined,
  parseAs,
  redact,
  textOf,
} from '../../platform/http-answer.ts';
import { type HttpSystem, NoAnswerError } from '../../platform/http-client.ts';
import { numberIn } from '../../platform/rate-limit.ts';
import { MAX_WAIT_SECONDS } from '../../platform/retry-delay.ts';

/** The kinds of refusal that a retry can solve. */
export type RetryReason = 'conflict' | 'token' | 'nonce' | 'maxlag' | 'answer' | 'busy';

/** A refusal that a retry can solve. `wait` in milliseconds. */
export class RetryableError extends Error {
  readonly kind: RetryReason;
  readonly wait: number;
  constructor(message: string, kind: RetryReason, wait: number) {
    super(message);
    this.name = 'RetryableError';
    this.kind = kind;
    this.wait = wait;
  }
}

/** The wiki will never accept an edit: wrong credentials, no right to edit, or a title that no page of it can have. */
export class WikiAccessError extends SourceError {
  constructor(message: string) {
    super(message);
    this.name = 'WikiAccessError';
  }
}

const ApiError = z.object({ code: z.string(), info: z.string().default(''), text: z.string().default('') });
type ApiError = z.infer<typeof ApiError>;
const ApiErrors = z.object({ error: ApiError.optional(), errors: z.array(ApiError).optional() });

const ANSWER_WAIT = 2000;
const LEAST_LAG_WAIT = 5000;

/** Sends a request. Throws `RetryableError` if no answer came. */
export async function answered(send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new RetryableError(messageOf(error), 'answer', ANSWER_WAIT);
  }
}

/** The answer's JSON. The API reports errors by a code, mostly with status 200; a proxy before it reports them by the status alone. */
export function valueIn(answer: HttpAnswer, system: HttpSystem): unknown {
  const { status, where } = answer;
  const seconds = numberIn(answer.headers, 'retry-after') ?? 0;
  const after = seconds <= MAX_WAIT_SECONDS ? seconds * 1000 : 0;
  const value = status === 200 ? jsonOf(answer) : jsonOrUndefined(answer);
  const fault = faultIn(value, answer);
  if (fault) throw refusal(fault, { where, after, system });
  if (status === 200) return value;
  const message = `${where}: refused (found ${status}, allowed 200): ${redact(system, textOf(answer))}`;
  if (status === 401 || status === 403) throw new WikiAccessError(message);
  if (status !== 429 && status < 500) throw new SourceError(message);
  const kind = status === 429 ? 'busy' : 'answer';
  throw new RetryableError(message, kind, Math.max(ANSWER_WAIT, after));
}

/** The API's error, if there is one. Throws `SourceError` if a success has another shape. */
function faultIn(value: unknown, { status, where }: HttpAnswer): ApiError | undefined {
  const answer = status === 200 ? parseAs(ApiErrors, value, where) : ApiErrors.safeParse(value).data;
  return answer?.error ?? answer?.errors?.[0];
}

interface RefusalContext {
  readonly where: string;
  /** The wait that the answer asks for, in milliseconds. */
  readonly after: number;
  readonly system: HttpSystem;
}

function refusal(fault: ApiError, { where, after, system }: RefusalContext): Error {
  const code = redact(system, fault.code);
  const info = redact(system, fault.info || fault.text);
  const message = `${where}: refused (found ${code}, allowed no error): ${info}`;
  const kind = kindOf(fault.code, info);
  if (kind !== undefined) return new RetryableError(message, kind, waitFor(kind, after));
  return NEVER.test(fault.code) ? new WikiAccessError(message) : new SourceError(message);
}

function waitFor(kind: RetryReason, after: number): number {
  if (kind === 'maxlag') return Math.max(LEAST_LAG_WAIT, after);
  return kind === 'busy' ? Math.max(ANSWER_WAIT, after) : 0;
}

const CONFLICTS = ['editconflict', 'articleexists', 'missingtitle', 'pagedeleted'];

/** Temporary conditions of the whole wiki (seen in MediaWiki 1.39). */
const BUSY = /^(?:readonly|ratelimited|internal_api_error_.*)$/;

/** Codes about the consumer, its user and the page, which no later attempt changes (MediaWiki 1.39, its OAuth extension). */
const NEVER =
  /^(?:mwoauth-.*|assert\w*failed|readapidenied|writeapidenied|permissiondenied|(?:auto|system|global)?blocked|protected\w+|cascadeprotected|cantcreate.*|noedit.*|invalidtitle)$/;

function kindOf(code: string, info: string): RetryReason | undefined {
  if (CONFLICTS.includes(code)) return 'conflict';
  if (code === 'badtoken') return 'token';
  if (code === 'maxlag') return 'maxlag';
  if (BUSY.test(code)) return 'busy';
  return code === 'mwoauth-invalid-authorization' && info.toLowerCase().includes('nonce already used')
    ? 'nonce'
    : undefined;
}
