const MARK = '(secret)';

/** Below this length the parts of an encoded secret are too short to mean anything. */
const MIN_ENCODED = 6;

/** Cuts secrets out of texts, and out of all texts in a value. */
export interface Redactor {
  text(text: string): string;
  value<T>(value: T): T;
}

/** A redactor of these secrets, in every form in which a server may echo them. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf));
  if (forms.size === 0) return { text: (text) => text, value: (value) => value };
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(asPattern).join('|'), 'g');
  const text = (found: string) => found.replace(pattern, MARK);
  return { text, value: (value) => mapTexts(value, text) as typeof value };
}

const asPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** A text without any of the secrets. */
export const redactSecrets = (secrets: readonly string[], text: string): string =>
  createRedactor(secrets).text(text);

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]));
}

/** The secret as it is, percent-encoded, as a form field, in JSON, in HTML, in base64 and in hexadecimal. */
function formsOf(secret: string): readonly string[] {
  const encodings = [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
    ...htmlForms(secret),
  ];
  const lowerHex = encodings.map((one) => one.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const long =
    bytes.length < MIN_ENCODED ? [] : [hex, hex.toUpperCase(), escapedBytes(bytes), ...base64Forms(bytes)];
  return [...encodings, ...lowerHex, ...long];
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function htmlForms(secret: string): readonly string[] {
  const named = (apostrophe: string) =>
    secret.replace(/[&<>"']/g, (char) => (char === "'" ? apostrophe : (NAMED[char] ?? char)));
  const numbered = (prefix: string, base: number) =>
    secret.replace(/[^\w.~-]/gu, (char) => `&#${prefix}${(char.codePointAt(0) ?? 0).toString(base)};`);
  return [named('&#39;'), named('&#x27;'), named('&apos;'), numbered('', 10), numbered('x', 16)];
}

/** Each byte that is not a letter or digit as a backslash and its hexadecimal digits: as LDAP filters and DNs write it. */
const escapedBytes = (bytes: Buffer): string =>
  [...bytes]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[a-z0-9]/i.test(char) ? char : `\\${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');

/**
 * Base64 wherever the secret begins within a longer text: at each of the three positions within a group of three bytes,
 * the characters that depend on the secret alone.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = before === 0 ? 0 : before + 1;
    const whole = Math.floor((padded.length * 8) / 6);
    const core = padded.toString('base64').slice(first, whole);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
