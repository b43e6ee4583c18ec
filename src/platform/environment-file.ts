import { parseEnv } from 'node:util';

/** Reads the content of a `.env` or of `--env-file`. Throws where it is too large or is no text. */
export function parseEnvironmentFile(content: Buffer, file: string): EnvironmentFile {
  if (content.length > MAX_BYTES)
    throw new Error(`too large (found ${content.length} bytes, allowed ${MAX_BYTES})`);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  if (text.includes('\0')) throw new Error('found a NUL byte, allowed: text');
  const lines = assignments(text.split(/\r?\n/));
  return {
    values: parseEnv(text) as Record<string, string>,
    errors: new Map(lines.flatMap((line) => cutValue(line, file))),
    broken: brokenLines(lines, file),
  };
}

/** A file of variables as it was read. `errors` are by variable; `broken` lists the lines that are no assignment. */
export interface EnvironmentFile {
  readonly values: Readonly<Record<string, string>>;
  readonly errors: ReadonlyMap<string, string>;
  readonly broken: readonly string[];
}

const MAX_BYTES = 2 ** 20;

const MAX_BROKEN = 20;

function brokenLines(lines: readonly Assignment[], file: string): readonly string[] {
  const broken = lines.flatMap(({ number, error }) =>
    error === undefined ? [] : [`${file}, line ${number}: ${error}`],
  );
  if (broken.length <= MAX_BROKEN) return broken;
  return [...broken.slice(0, MAX_BROKEN), `${file}: ${broken.length - MAX_BROKEN} more lines like these`];
}

/** One assignment with the line that it begins at, counted from 1; `error` says why it cannot be read. */
interface Assignment {
  readonly number: number;
  readonly name: string;
  readonly value: string;
  readonly error?: string;
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/;

/** The assignments of a file. A value in quotes may go on over several lines. */
function assignments(lines: readonly string[]): readonly Assignment[] {
  const found: Assignment[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const number = index + 1;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? [];
    const quote = /^["'`]/.exec(value)?.[0];
    if (name === undefined) {
      found.push({ number, name: '', value: '', error: 'found no assignment, allowed: NAME=value' });
    } else if (quote === undefined) {
      found.push({ number, name, value });
    } else {
      const { end, error } = endOfQuote(lines, { index, rest: value.slice(1), quote });
      found.push({ number, name, value, ...(error === undefined ? {} : { error }) });
      index = end;
    }
  }
  return found;
}

/** The line at which a quoted value ends. */
function endOfQuote(
  lines: readonly string[],
  { index, rest, quote }: { readonly index: number; readonly rest: string; readonly quote: string },
): { readonly end: number; readonly error?: string } {
  const closing = rest.includes(quote) ? index : nextLineWith(quote, lines, index + 1);
  if (closing < 0)
    return {
      end: index,
      error: `found a quote ${quote} that is not closed, allowed: one at the end as well`,
    };
  const last = closing === index ? rest : (lines[closing] ?? '');
  const after = last.slice(last.indexOf(quote) + 1);
  if (/^\s*(?:#|$)/.test(after)) return { end: closing };
  return {
    end: closing,
    error: `found text after the closing quote ${quote}, allowed: other quotes around it`,
  };
}

function nextLineWith(quote: string, lines: readonly string[], from: number): number {
  for (let index = from; index < lines.length; index += 1) if (lines[index]?.includes(quote)) return index;
  return -1;
}

/** The error of a value without quotes that has a `#` after a character other than a space: the rest of the line would be lost as a comment. */
function cutValue({ name, value, number }: Assignment, file: string): readonly (readonly [string, string])[] {
  if (/^["'`]/.test(value) || !/^[^#]*[^\s#]#/.test(value)) return [];
  const error = `${name}: found a value that # cuts short (${file}, line ${number}), allowed: quotes around it`;
  return [[name, error]];
}
