/** Signs requests with OAuth 1.0a (RFC 5849). */

import { createHmac } from 'node:crypto';
import { compareText } from '../../platform/compare-text.ts';

/** The four values of an owner-only consumer. */
export interface OAuthCredentials {
  readonly consumerToken: string;
  readonly consumerSecret: string;
  readonly accessToken: string;
  readonly accessSecret: string;
}

/** A name and a value, not encoded. */
export type Parameter = readonly [name: string, value: string];

/** A request to be signed. `url` is absolute and may have a query; `form` is a form-encoded body's fields. */
export interface OAuthRequest {
  readonly method: string;
  readonly url: string;
  readonly form?: readonly Parameter[];
}

/** The values that make a signature valid for one request only. `seconds` since 1970. */
export interface Stamp {
  readonly nonce: string;
  readonly seconds: number;
}

/** Percent-encoding of all but unreserved characters (RFC 5849, section 3.6). */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The text that is signed (RFC 5849, section 3.4.1), over query, form and the header's parameters. */
export function baseString({ method, url, form = [] }: OAuthRequest, header: readonly Parameter[]): string {
  const { origin, pathname, searchParams } = new URL(url);
  const encoded = [...searchParams, ...form, ...header].map(
    ([name, value]) => [percentEncode(name), percentEncode(value)] as const,
  );
  const parameters = encoded
    .toSorted(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return [method.toUpperCase(), `${origin}${pathname}`, parameters].map(percentEncode).join('&');
}

/** HMAC-SHA1 of a base string, in base64 (RFC 5849, section 3.4.2). */
export function signature(
  base: string,
  { consumerSecret, accessSecret }: Pick<OAuthCredentials, 'consumerSecret' | 'accessSecret'>,
): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(accessSecret)}`;
  return createHmac('sha1', key).update(base).digest('base64');
}

/** The `Authorization` header for a request (RFC 5849, section 3.5.1). Each nonce is valid for one request. */
export function authorization(
  request: OAuthRequest,
  credentials: OAuthCredentials,
  { nonce, seconds }: Stamp,
): string {
  const header: readonly Parameter[] = [
    ['oauth_consumer_key', credentials.consumerToken],
    ['oauth_token', credentials.accessToken],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', `${seconds}`],
    ['oauth_nonce', nonce],
    ['oauth_version', '1.0'],
  ];
  const signed = [
    ...header,
    ['oauth_signature', signature(baseString(request, header), credentials)] as const,
  ];
  return `OAuth ${signed.map(([name, value]) => `${name}="${percentEncode(value)}"`).join(', ')}`;
}
