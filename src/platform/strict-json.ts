/** Parses JSON that users write. Repeated keys and other things that `JSON.parse` accepts are errors. */

import { InvalidRequestError } from './errors.ts';

/** Maximum number of levels: no file that Muster writes has more. */
const MAX_LEVELS = 100;

/**
 * A text in UTF-8 as JSON, in linear time; `what` names it in errors. Throws `InvalidRequestError` for anything else, for an object
 * with a repeated key or with the key `__proto__`, for a number that cannot be kept exactly, and for too many levels.
 */
export function parseStrictJson(what: string, bytes: Uint8Array): unknown {
  const text = decode(what, bytes);
  const value = parse(what, text);
  // Only in a valid text does every string end, so that it is scanned in linear time.
  const error = firstError(text);
  if (error !== undefined) throw new InvalidRequestError(`${what} has ${error}`);
  return value;
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(what, Buffer.from(text));
  }
}

function decode(what: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notJson(what, bytes);
  }
}

const notJson = (what: string, { length }: Uint8Array): InvalidRequestError =>
  new InvalidRequestError(`${what} is not JSON (found ${length} bytes that are not, allowed: JSON in UTF-8)`);

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g;

/** The first part of a text that `JSON.parse` accepts although readers would not expect it. */
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
      const key = keyIn(last);
      if (key === '__proto__')
        return 'a key that is not allowed (found "__proto__", allowed: any other name)';
      if (open.at(-1)?.has(key))
        return `a repeated key (found ${JSON.stringify(key.slice(0, 80))} twice, allowed: once)`;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

/** The key of a token. A token that is not JSON is reported later. */
function keyIn(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1);
  try {
    return JSON.parse(token) as string;
  } catch {
    return token;
  }
}

/** Whether a number is finite, and a whole number exact. */
function isExact(token: string): boolean {
  const value = Number(token);
  return (
    Number.isNaN(value) || (Number.isFinite(value) && (!/^-?\d+$/.test(token) || Number.isSafeInteger(value)))
  );
}

const exactly = (token: string): string =>
  `${token.startsWith('-') ? 'from' : 'up to'} ${token.startsWith('-') ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER}`;
