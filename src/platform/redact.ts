/** Removes secrets from texts, in every form in which a server may repeat them. */

const MARK = '(secret)';

/** Minimum length of a part of an encoded secret that is redacted: shorter ones occur by chance. */
const MIN_ENCODED = 6;

/** Removes secrets from texts, and from all texts in a value. */
export interface Redactor {
  text(text: string): string;
  value<T>(value: T): T;
}

/** Creates a redactor of these secrets, in every form in which a server may repeat them. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const longestFirst = [...new Set(secrets)]
    .toSorted((a, b) => b.length - a.length)
    .filter((secret) => secret !== '');
  if (longestFirst.length === 0) return { text: (text) => text, value: (value) => value };
  const patternOf = (form: Form) =>
    new RegExp(longestFirst.flatMap((secret) => patternsOf(secret, form)).join('|'), 'g');
  const asTheyAre = patternOf(plainForm);
  const encoded = encodedCharacter(longestFirst);
  // The pattern of all forms is large: it takes longer to compile than to use, and few texts need it.
  let inAnyForm: RegExp | undefined;
  const text = (found: string) => {
    if (!encoded.test(found)) return found.replace(asTheyAre, MARK);
    inAnyForm ??= patternOf(anyForm);
    return found.replace(inAnyForm, MARK);
  };
  return { text, value: (value) => mapTexts(value, text) as typeof value };
}

/** A text without any of the secrets. */
export const redactSecrets = (secrets: readonly string[], text: string): string =>
  createRedactor(secrets).text(text);

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]));
}

const NAMED: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** The pattern of one character. */
type Form = (char: string) => string;

/** A pattern of each form of a secret: its characters, each in this form, and its base64 and hexadecimal digits. */
function patternsOf(secret: string, form: Form): readonly string[] {
  const characters = [...secret].map(form).join('');
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_ENCODED) return [characters];
  return [characters, anyCase(bytes.toString('hex')), ...base64Patterns(bytes, form)];
}

/** How an encoded character of these secrets begins: in a text without any of these, all characters are as they are. */
function encodedCharacter(secrets: readonly string[]): RegExp {
  const special = new Set(secrets.join('').replace(/[a-z0-9]/gi, ''));
  const escaped = [...special].flatMap((char) =>
    [char, JSON.stringify(char).replace(/^"\\?/, '')].map(firstUnit),
  );
  const afterBackslash = [String.raw`[\da-f]{2}`, '[xu]', ...escaped].join('|');
  return new RegExp(
    String.raw`%[\da-f]{2}|\\(?:${afterBackslash})|&(?:#|${Object.values(NAMED).join(';|')};)`,
    'i',
  );
}

const firstUnit = (text: string): string => asPattern(text.charAt(0));

/** One character as it is; a space is a plus sign in a form field. */
const plainForm: Form = (char) => (char === ' ' ? '[ +]' : asPattern(char));

/**
 * One character as it is, percent-encoded (once or twice), as a plus sign, as an HTML entity, or with a backslash: in JSON and
 * JavaScript, in LDAP filters and DNs, in a shell. Servers differ in which characters they encode, so each may be in any form.
 */
function anyForm(char: string): string {
  if (/[a-z0-9]/i.test(char)) return `(?:${char}|${encodedForms(char).join('|')})`;
  const short = JSON.stringify(char).slice(1, -1);
  const name = NAMED[char];
  const plain = [char, short, ...(char === ' ' ? ['+'] : []), ...(name ? [`&${name};`] : [])].map(asPattern);
  return String.raw`(?:\\{0,3}(?:${[...new Set(plain)].join('|')})|${encodedForms(char).join('|')})`;
}

function encodedForms(char: string): readonly string[] {
  const code = char.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(char)].map((byte) => anyCase(byte.toString(16).padStart(2, '0')));
  const units = char.split('').map((unit) => anyCase(unit.charCodeAt(0).toString(16).padStart(4, '0')));
  const hex = anyCase(code.toString(16));
  return [
    bytes.map((byte) => `%(?:25)?${byte}`).join(''),
    bytes.map((byte) => String.raw`\\{1,2}x?${byte}`).join(''),
    units.map((unit) => String.raw`\\{1,2}u${unit}`).join(''),
    String.raw`\\{1,2}u\{0*${hex}\}`,
    `&(?:amp;)?#0*${code};`,
    `&(?:amp;)?#[xX]0*${hex};`,
  ];
}

const anyCase = (hex: string): string => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/**
 * Base64 wherever the secret begins within a longer text: at each of the three positions within a group of three bytes,
 * the characters that depend on the secret alone. `+` and `/` may be those of base64url, or encoded again.
 */
function base64Patterns(bytes: Buffer, form: Form): readonly string[] {
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = before === 0 ? 0 : before + 1;
    const whole = Math.floor((padded.length * 8) / 6);
    const core = padded.toString('base64').slice(first, whole);
    return core.replace(/[+/]/g, (char) => `(?:${form(char)}|${char === '+' ? '-' : '_'})`);
  });
}

const asPattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
