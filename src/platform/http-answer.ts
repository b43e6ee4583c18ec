import type { z } from 'zod';
import { SourceError } from './errors.ts';
import type { Headers } from './rate-limit.ts';
import { redactSecrets } from './redact.ts';
import { listErrors } from './schema-faults.ts';

/** What a server answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** `system: GET /path`, for messages. */
  readonly where: string;
}

/** Maximum number of characters of an answer that are used for a message. */
const MAX_QUOTED = 20_000;

const isHtml = (text: string) => /^\s*<(?:!doctype|!--|html|head|title|\?xml)/i.test(text);

/** The text of an HTML page for a message: its title. */
function readable(text: string): string {
  if (!isHtml(text)) return text;
  const start = text.search(/<title[\s>]/i);
  const opened = start < 0 ? -1 : text.indexOf('>', start);
  const end = opened < 0 ? -1 : text.indexOf('<', opened);
  return end < 0 ? 'an HTML page' : `an HTML page: ${text.slice(opened + 1, end).trim()}`;
}

/** A server's text in the form for messages: one line, at most 300 characters, no secret. */
export function redact({ secrets = [] }: { readonly secrets?: readonly string[] }, text: string): string {
  const bounded = text.slice(0, MAX_QUOTED);
  return redactSecrets(secrets, readable(bounded)).replace(/\s+/g, ' ').trim().slice(0, 300);
}

/** The body as text. */
export const textOf = (answer: HttpAnswer): string => new TextDecoder().decode(answer.body);

/** The body as JSON, after `prefix` where the server sends one. Throws a `SourceError` that says what came instead. */
export function jsonOf(answer: HttpAnswer, prefix = ''): unknown {
  const text = textOf(answer);
  const found = `${answer.status}, ${String(answer.headers['content-type'] ?? 'no content type')}, ${text.length} characters`;
  const page = isHtml(text) ? `: ${redact({}, text)}` : '';
  if (!text.startsWith(prefix))
    throw new SourceError(`${answer.where}: no ${prefix} before the JSON (found ${found})${page}`);
  try {
    return JSON.parse(text.slice(prefix.length));
  } catch {
    throw new SourceError(`${answer.where}: the answer is not JSON (found ${found})${page}`);
  }
}

/** The body as JSON, or undefined where it is not JSON: for refusals, which may contain anything. */
export function jsonOrUndefined(answer: HttpAnswer): unknown {
  try {
    return jsonOf(answer);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** The value in a schema's shape. Throws a `SourceError` with the first three errors of any other value. */
export function parseAs<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = listErrors(parsed.error, 3, 'the answer');
  throw new SourceError(`${where}: an answer of another shape: ${errors.join('; ')}`);
}
