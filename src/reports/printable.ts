/** Control and direction characters, which could move the cursor or forge a line. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A value whose texts, which others wrote, show such characters as their code. */
export const printable = <T>(value: T): T => escaped(value) as T;

function escaped(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
}
