/** Answers an HTTP request in the representation that it accepts. */

import type { Request, Response } from '@google-cloud/functions-framework';
import type { RunResult } from '../app/run-job.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { jsonText } from '../platform/printable.ts';
import type { Format } from '../reports/render.ts';
import { preferredType } from './accept.ts';

/** The media types of an answer. The first is sent if the request has no preference. */
const TYPES: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'text/plain': 'text',
  'text/markdown': 'markdown',
  'text/html': 'html',
};

/** The representation that `Accept` prefers. Throws `InvalidRequestError` (406) where it names none of the four. */
export function formatFor(request: Request): Format {
  const accept = request.get('accept');
  const type = preferredType(accept, Object.keys(TYPES));
  const format = type === undefined ? undefined : TYPES[type];
  if (format) return format;
  throw new InvalidRequestError(
    `request: no such representation (found ${(accept ?? '').slice(0, 100)}, allowed ${Object.keys(TYPES).join(', ')})`,
    406,
  );
}

/** Answers with the report, or with the answer that was asked for. */
export async function sendResult(
  response: Response,
  { result, status, format }: { result: RunResult; status: number; format: Format },
): Promise<void> {
  const text = await represent(result, format);
  const type = Object.keys(TYPES).find((name) => TYPES[name] === format);
  response.status(status).set({
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': `${format === 'html' ? await pagePolicy() : "default-src 'none'"}; frame-ancestors 'none'`,
  });
  response.type(`${type}; charset=utf-8`).send(text);
}

/** Nearly every call asks for JSON: only other representations load the code that renders them. */
async function represent(result: RunResult, format: Format): Promise<string> {
  const { report, history, checks, explanation, whatIf, comparison } = result;
  const isAnswer = [history, checks, explanation, whatIf, comparison].some((one) => one !== undefined);
  if (format === 'json' && !isAnswer) return jsonText(report);
  const { renderResult } = await import('../app/render-result.ts');
  return renderResult(result, format, { colour: false });
}

/** The content policy of a page allows its own style and script; other answers need nothing. */
const pagePolicy = async () => (await import('../reports/html-assets.ts')).CONTENT_POLICY;
