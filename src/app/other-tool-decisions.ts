import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { OtherDecision } from '../engine/comparison.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import { foundAndAllowed } from '../platform/schema-faults.ts';

/**
 * Reads another tool's decisions: CSV with a header, or JSON lines, with the columns `account` and `role` or `decision`.
 * `keyOf` gives accounts that are the same one the same key. Throws `InvalidRequestError` that names each line at fault.
 */
export async function readOtherDecisions(
  path: string,
  keyOf: (account: string) => string,
): Promise<readonly OtherDecision[]> {
  const text = contentOf(path);
  const lines = /^\s*\{/.test(text) ? jsonLines(text) : await csvLines(text);
  if (lines.length === 0) throw fault(['no row (allowed: CSV with a header, or JSON lines)']);
  const rows = lines.map(({ line, value }) => ({
    line,
    parsed: Row.safeParse(value, { error: foundAndAllowed }),
  }));
  const faults = rows.flatMap(({ line, parsed }) =>
    (parsed.error?.issues ?? []).map((issue) => `line ${line}: ${[...issue.path, issue.message].join(': ')}`),
  );
  if (faults.length > 0) throw fault(faults);
  const others = rows.flatMap(({ line, parsed: { data } }) =>
    data ? [{ account: data.account, decision: data.role ?? data.decision ?? '', line }] : [],
  );
  const first = new Map<string, number>();
  const twice = others.flatMap(({ account, line }) => {
    const before = first.get(keyOf(account));
    first.set(keyOf(account), before ?? line);
    return before === undefined ? [] : [`line ${line}: account ${account} is in line ${before} already`];
  });
  if (twice.length > 0) throw fault(twice);
  return others;
}

const MAX_BYTES = 64 * 2 ** 20;
const MAX_FAULTS = 5;

/** One row of another tool's decisions. Other columns are ignored. */
const Row = z
  .looseObject({
    account: z.string().trim().min(1),
    role: z.string().trim().optional(),
    decision: z.string().trim().optional(),
  })
  .refine(
    ({ role, decision }) => (role === undefined) !== (decision === undefined),
    'exactly one of role and decision',
  );

interface Line {
  readonly line: number;
  readonly value: unknown;
}

const fault = (faults: readonly string[]): InvalidRequestError => {
  const more = faults.length > MAX_FAULTS ? `; and ${faults.length - MAX_FAULTS} more` : '';
  return new InvalidRequestError(`compare: ${faults.slice(0, MAX_FAULTS).join('; ')}${more}`);
};

function contentOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_BYTES)
      throw new Error(`too large (found ${bytes.length} bytes, allowed ${MAX_BYTES})`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fault([`the file cannot be read (${messageOf(error)})`]);
  }
}

const jsonLines = (text: string): readonly Line[] =>
  text
    .split('\n')
    .flatMap((one, index) => (one.trim() === '' ? [] : [{ line: index + 1, value: jsonIn(one, index + 1) }]));

function jsonIn(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault([`line ${line}: not JSON`]);
  }
}

async function csvLines(text: string): Promise<readonly Line[]> {
  const { parse } = await import('csv-parse/sync');
  try {
    const rows = parse(text, {
      columns: headerOf,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as readonly {
      readonly info: { readonly lines: number };
      readonly record: unknown;
    }[];
    return rows.map(({ info, record }) => ({ line: info.lines, value: record }));
  } catch (error) {
    throw error instanceof InvalidRequestError ? error : fault([messageOf(error)]);
  }
}

function headerOf(names: readonly string[]): string[] {
  const header = names.map((name) => name.trim().toLowerCase());
  const has = (name: string) => header.includes(name);
  if (has('account') && has('role') !== has('decision') && new Set(header).size === header.length)
    return header;
  throw fault([
    `line 1: columns (found ${header.join(', ').slice(0, 200)}, allowed: account, and role or decision, each once)`,
  ]);
}
