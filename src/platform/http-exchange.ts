import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Headers } from './rate-limit.ts';

/** One request as it is sent: once, without redirects. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Milliseconds until the whole answer is there. */
  readonly timeoutMs: number;
  /** Maximum size of the answer in bytes, packed and unpacked. */
  readonly maxBytes: number;
}

/** A whole answer, unpacked. */
export interface Incoming {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The answer has more bytes than allowed. */
export class TooLargeError extends Error {}

const UNPACK = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

/** Sends one request and returns the whole answer. Throws an error with a `code` where none came, and `TooLargeError`. */
export async function exchange(outgoing: Outgoing): Promise<Incoming> {
  const { method, url, headers, body, timeoutMs, maxBytes } = outgoing;
  const accept = { 'accept-encoding': Object.keys(UNPACK).join(', ') };
  // `rejectUnauthorized` is set, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
  const options = { method, headers: { ...accept, ...headers }, rejectUnauthorized: true };
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(timeoutError(timeoutMs)), timeoutMs);
  try {
    return await Promise.race([answerOf(request, body, maxBytes), timeout.promise]);
  } catch (error) {
    request.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(request: ClientRequest, body: string | undefined, maxBytes: number) {
  const response = await responseOf(request, body);
  const packed = await bodyOf(response, maxBytes);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: await unpack(packed, headers['content-encoding'], maxBytes) };
}

async function responseOf(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // The last two stay: an error after the answer has begun must not end the process.
  request
    .on('response', resolve)
    .on('error', reject)
    .on('close', () => reject(resetError()));
  request.end(body);
  return await promise;
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) reject(new TooLargeError());
    else chunks.push(chunk);
  });
  response
    .on('end', () => (response.complete ? resolve(Buffer.concat(chunks)) : reject(resetError())))
    .on('error', reject)
    .on('close', () => reject(resetError()));
  return await promise;
}

async function unpack(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase().replace(/^x-/, '') ?? '';
  const unpackOne = Object.hasOwn(UNPACK, name) ? UNPACK[name as keyof typeof UNPACK] : undefined;
  if (!unpackOne || body.length === 0) return body;
  try {
    return await unpackOne(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLargeError();
    throw error;
  }
}

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });
const timeoutError = (ms: number) => coded('ETIMEDOUT', `no whole answer within ${ms} ms`);
const resetError = () => coded('ECONNRESET', 'the connection ended before the whole answer');
