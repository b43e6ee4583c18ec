/** Makes text that others wrote safe to print: control and invisible characters are shown as their code. */

/**
 * Characters that could move the cursor, forge a line or change the direction of a text: controls (C0 and C1), invisible
 * format characters with all bidirectional controls, line separators, and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const codeOf = (char: string): string =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** The same value; in its texts such characters are replaced by their code. */
export const printable = <T>(value: T): T => escaped(value) as T;

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNPRINTABLE, codeOf);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
}

const UNSAFE_IN_JSON = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u0080-\u009f\u007f]/gu;

/** A JSON text of the same value in which such characters are escaped. */
export const safeJson = (json: string): string => json.replace(UNSAFE_IN_JSON, codeOf);

/** A value as indented JSON without characters that control a terminal. */
export const jsonText = (value: unknown): string => `${safeJson(JSON.stringify(value, null, 2))}\n`;
