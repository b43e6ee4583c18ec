/** Reads the body of a request, at most 1 MiB of it. */

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { InvalidRequestError } from '../platform/errors.ts';

/** Maximum size of a request's body, in bytes. */
export const MAX_BODY_BYTES = 2 ** 20;

/**
 * The framework's parsers choose by `Content-Type`: a body without a usable one would be skipped, and broken JSON answered
 * with an HTML page. Without the header they leave every body to `readBody`.
 */
subscribe('http.server.request.start', (message) => {
  const { request } = message as { readonly request: IncomingMessage };
  delete request.headers['content-type'];
});

/** Reads the body that a request announces, whatever its content type. Throws `InvalidRequestError`: 413 for more than 1 MiB. */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const {
    'content-length': length,
    'transfer-encoding': transfer,
    'content-encoding': encoding,
  } = request.headers;
  if (transfer === undefined && (length === undefined || length === '0')) return new Uint8Array();
  if (encoding !== undefined && encoding !== 'identity')
    throw new InvalidRequestError(
      `request: Content-Encoding (found ${encoding.slice(0, 40)}, allowed: none)`,
    );
  if (Number(length ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  if (size === 0)
    throw new InvalidRequestError('request: a body was announced and none came (allowed: JSON)');
  return Buffer.concat(chunks);
}

const tooLarge = () =>
  new InvalidRequestError(
    `request: the body is too large (found more, allowed ${MAX_BODY_BYTES} bytes)`,
    413,
  );
