import type { Request, Response } from '@google-cloud/functions-framework';
import type { RunResult } from '../app/run-job.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import type { Format } from '../reports/render.ts';
import { preferredType } from './accept.ts';

/** The media types of an answer, the one that is sent without any preference first. */
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
  const { MEDIA_TYPES } = await import('../reports/render.ts');
  const { renderResult } = await import('../app/render-result.ts');
  const text = renderResult(result, format, { colour: false });
  response.status(status).set({
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': `${format === 'html' ? await pagePolicy() : "default-src 'none'"}; frame-ancestors 'none'`,
  });
  response.type(`${MEDIA_TYPES[format]}; charset=utf-8`).send(text);
}

/** A page has its own style and script; what else is sent needs nothing. */
const pagePolicy = async () => (await import('../reports/html-assets.ts')).CONTENT_POLICY;
