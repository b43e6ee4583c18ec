import { createHmac, timingSafeEqual } from 'node:crypto';

/** Name and value, decoded. A name may come several times. */
export type Parameter = readonly [name: string, value: string];

/** An owner-only consumer's four strings. */
export interface OAuthCredentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** A request as a verifier sees it. `url` is absolute and may have a query; `form` is a form-encoded body, undefined for any other. */
export interface OAuthRequest {
  readonly method: string;
  readonly url: string;
  readonly form: string | undefined;
  readonly authorization: string;
}

/** Tells what is wrong with a request, or undefined when nothing is. Remembers the nonces it has seen. */
export type OAuthVerifier = (request: OAuthRequest) => string | undefined;

const ALLOWED_SKEW_SECONDS = 300;

/** RFC 3986 percent-encoding of all but unreserved characters, upper-case hexadecimal (RFC 5849, section 3.6). */
export function percentEncode(text: string): string {
  const plain = /[A-Za-z0-9\-._~]/;
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** The parameters of an `Authorization: OAuth …` header, decoded, `realm` left out. Throws on a header of another form. */
export function parseAuthorization(header: string): readonly Parameter[] {
  const scheme = /^OAuth\s+/i.exec(header);
  if (!scheme) throw new Error('oauth: no OAuth authorization header');
  return header
    .slice(scheme[0].length)
    .split(',')
    .map((part): Parameter => {
      const pair = /^\s*([^=\s]+)\s*=\s*"([^"]*)"\s*$/.exec(part);
      if (!pair) throw new Error('oauth: a malformed parameter in the authorization header');
      return [decodeURIComponent(pair[1] ?? ''), decodeURIComponent(pair[2] ?? '')];
    })
    .filter(([name]) => name.toLowerCase() !== 'realm');
}

/** The signature base string (RFC 5849, section 3.4.1) over header, query and form. */
export function baseString(request: OAuthRequest): string {
  const url = new URL(request.url);
  const parameters = [
    ...parseAuthorization(request.authorization).filter(([name]) => name !== 'oauth_signature'),
    ...url.searchParams,
    ...new URLSearchParams(request.form ?? ''),
  ].map(([name, value]) => ({ name: percentEncode(name), value: percentEncode(value) }));
  parameters.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  const normalized = parameters.map(({ name, value }) => `${name}=${value}`).join('&');
  return [request.method.toUpperCase(), `${url.origin}${url.pathname}`, normalized]
    .map(percentEncode)
    .join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** HMAC-SHA1 over a base string, base64 (RFC 5849, section 3.4.2). */
export function hmacSha1(text: string, consumerSecret: string, tokenSecret: string): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac('sha1', key).update(text, 'utf8').digest('base64');
}

/** An authorization header for a request, for tests that need a well-signed one. `seconds` since 1970. */
export function signHeader(
  request: Omit<OAuthRequest, 'authorization'>,
  credentials: OAuthCredentials,
  { nonce, seconds }: { nonce: string; seconds: number },
): string {
  const parameters: readonly Parameter[] = [
    ['oauth_consumer_key', credentials.consumerKey],
    ['oauth_token', credentials.token],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(seconds)],
    ['oauth_nonce', nonce],
  ];
  const print = ([name, value]: Parameter) => `${name}="${percentEncode(value)}"`;
  const unsigned = `OAuth ${parameters.map(print).join(', ')}`;
  const text = baseString({ ...request, authorization: unsigned });
  const signature = hmacSha1(text, credentials.consumerSecret, credentials.tokenSecret);
  return `${unsigned}, ${print(['oauth_signature', signature])}`;
}

/**
 * A verifier in the order of MediaWiki's OAuth extension: version, consumer, token, timestamp (five minutes), nonce, method, signature.
 * So a wrongly signed request uses up its nonce. `now` in milliseconds since 1970.
 */
export function startVerifier(credentials: OAuthCredentials, now: () => number): OAuthVerifier {
  const seen = new Set<string>();
  return (request) => {
    const given = readHeader(request.authorization);
    if (typeof given === 'string') return given;
    return (
      identityFault(given, credentials) ??
      freshnessFault(given, { now, seen }) ??
      signatureFault(request, given, credentials)
    );
  };
}

type Given = ReadonlyMap<string, string>;

function readHeader(authorization: string): Given | string {
  try {
    const parameters = parseAuthorization(authorization);
    const given = new Map(parameters);
    return given.size === parameters.length ? given : 'A parameter is repeated';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function identityFault(given: Given, { consumerKey, token }: OAuthCredentials): string | undefined {
  const version = given.get('oauth_version') ?? '1.0';
  if (version !== '1.0') return `OAuth version '${version}' not supported`;
  if (!given.get('oauth_consumer_key')) return 'Invalid consumer key';
  if (given.get('oauth_consumer_key') !== consumerKey) return 'Invalid consumer';
  const found = given.get('oauth_token') ?? '';
  return found === token ? undefined : `Invalid access token: ${found}`;
}

function freshnessFault(
  given: Given,
  { now, seen }: { now: () => number; seen: Set<string> },
): string | undefined {
  const timestamp = given.get('oauth_timestamp');
  if (!timestamp) return 'Missing timestamp parameter. The parameter is required';
  const ours = Math.floor(now() / 1000);
  const near = /^\d+$/.test(timestamp) && Math.abs(ours - Number(timestamp)) <= ALLOWED_SKEW_SECONDS;
  if (!near) return `Expired timestamp, yours ${timestamp}, ours ${ours}`;
  const nonce = given.get('oauth_nonce');
  if (!nonce) return 'Missing nonce parameter. The parameter is required';
  if (seen.has(nonce)) return `Nonce already used: ${nonce}`;
  seen.add(nonce);
  return undefined;
}

function signatureFault(
  request: OAuthRequest,
  given: Given,
  credentials: OAuthCredentials,
): string | undefined {
  const method = given.get('oauth_signature_method');
  if (!method) return 'No signature method parameter. This parameter is required';
  if (method !== 'HMAC-SHA1')
    return `Signature method '${method}' not supported try one of the following: HMAC-SHA1`;
  const { consumerSecret, tokenSecret } = credentials;
  const expected = Buffer.from(hmacSha1(baseString(request), consumerSecret, tokenSecret));
  const found = Buffer.from(given.get('oauth_signature') ?? '');
  const same = expected.length === found.length && timingSafeEqual(expected, found);
  return same ? undefined : 'Invalid signature';
}
