/** Parses JSON that users write. Repeated keys and other things that `JSON.parse` accepts are errors. */

import { InvalidRequestError } from './errors.ts';

/** Maximum number of levels: no file that Muster writes has more. */
const MAX_LEVELS = 100;

/**
 * A text in UTF-8 as JSON, in linear time; `what` names it in errors. Throws `InvalidRequestError` for anything else, for an object
 * with a repeated key or with the key `__proto__`, for a number that cannot be kept exactly, and for too many levels.
 */
export function parseStrictJson(what: string, bytes: Uint8Array): unknown {
  const { text, value } = parse(what, bytes);
  const error = firstError(text);
  if (error !== undefined) throw new InvalidRequestError(`${what} has ${error}`);
  return value;
}

function parse(what: string, bytes: Uint8Array): { readonly text: string; readonly value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new InvalidRequestError(
      `${what} is not JSON (found ${bytes.length} bytes that are not, allowed: JSON in UTF-8)`,
    );
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g;

/**
 * The first part of a text that `JSON.parse` accepts although readers would not expect it. Linear, since the text is JSON: each of its
 * strings ends.
 */
function firstError(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const first = token[0] ?? '';
    if (first === '"') last = token;
    else if (first === '{' || first === '[') {
      open.push(first === '{' ? new Set() : undefined);
      if (open.length > MAX_LEVELS)
        return `too many levels (found more than ${MAX_LEVELS}, allowed ${MAX_LEVELS})`;
    } else if (first === '}' || first === ']') open.pop();
    else if (first !== ':') {
      if (!isExact(token))
        return `a number that is not exact (found ${token.slice(0, 40)}, allowed ${exactly(token)})`;
    } else {
      const key = last.includes('\\') ? (JSON.parse(last) as string) : last.slice(1, -1);
      if (key === '__proto__')
        return 'a key that is not allowed (found "__proto__", allowed: any other name)';
      if (open.at(-1)?.has(key))
        return `a repeated key (found ${JSON.stringify(key.slice(0, 80))} twice, allowed: once)`;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

/** Whether a number is finite, and a whole number exact. */
const isExact = (token: string): boolean =>
  Number.isFinite(Number(token)) && (!/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token)));

const exactly = (token: string): string =>
  token.startsWith('-') ? `from ${Number.MIN_SAFE_INTEGER}` : `up to ${Number.MAX_SAFE_INTEGER}`;
