import { InvalidRequestError } from '../platform/errors.ts';

/** A body as JSON, in linear time. Throws `InvalidRequestError` for anything else, and for an object with a repeated key. */
export function parseJsonBody(body: Uint8Array): unknown {
  const { text, value } = decode(body);
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new InvalidRequestError(
      `request: the body has a repeated key (found ${JSON.stringify(repeated.slice(0, 80))} twice, allowed: once)`,
    );
  return value;
}

function decode(body: Uint8Array): { readonly text: string; readonly value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new InvalidRequestError(`request: the body is not JSON (found ${body.length} bytes)`);
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/** The first key that an object of a valid JSON text has twice: `JSON.parse` takes the last one without an error. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    } else last = token;
  }
  return undefined;
}
