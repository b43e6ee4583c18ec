import type { z } from 'zod';
import { unreadableIn } from './check-setting-text.ts';

const MAX_SHOWN = 40;

/** Says of a value that a schema refuses what was found, and what is allowed. For `safeParse` of what users write. */
export const foundAndAllowed: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, 5).map((key) => shown(key));
    return `found the unknown key ${keys.join(', ')} (allowed: ${keysOf(issue.inst) || 'no key'})`;
  }
  const allowed = issue.code === 'invalid_union' ? allowedByAny(issue.errors) : allowedBy(issue);
  return allowed === undefined ? undefined : `found ${shown(issue.input)} (allowed: ${allowed})`;
};

/** The same for a value with a meaning of its own: `what` says what it is not. */
export const wrongly = (what: string, allowed: string): { readonly error: z.core.$ZodErrorMap } => ({
  error: ({ input }) => `${what} (found ${shown(input)}, allowed: ${allowed})`,
});

/** For `refine`: refuses characters that nobody sees. `what` is what is allowed without them. */
export const readable = (what: string) =>
  [
    (text: string): boolean => unreadableIn(text) === undefined,
    {
      error: ({ input }: { readonly input: unknown }): string =>
        `found ${unreadableIn(`${input}`)} (allowed: ${what} without control or invisible characters)`,
    },
  ] as const;

/** The first errors of a value that a schema refuses, each behind its path; `whole` stands for the path of the value itself. */
export const listErrors = ({ issues }: z.core.$ZodError, most: number, whole: string): readonly string[] =>
  issues.slice(0, most).map(({ path, message }) => `${path.join('.') || whole}: ${message}`);

/** A value in a few words: a list and an object without their content. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value).slice(0, MAX_SHOWN);
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
}

/** What the branches of a union allow. */
function allowedByAny(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const words = branches.flatMap(([first]) => /allowed: (.*)\)$/s.exec(first?.message ?? '')?.[1] ?? []);
  return [...new Set(words)].join(', or ') || 'another value';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  nonoptional: 'a value',
};

function allowedBy(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return TYPES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
  if (issue.code === 'too_small') return `at least ${issue.minimum}${unit(issue.origin)}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unit(issue.origin)}`;
  if (issue.code === 'invalid_format') return FORMATS[issue.format] ?? `text of the form ${issue.pattern}`;
  return undefined;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a day as 2026-06-01',
  datetime: 'a time as 2026-06-01T12:00:00Z',
};

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

/** The keys that the schema of an object knows. */
function keysOf(schema: unknown): string {
  const { shape } = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def ?? {};
  return Object.keys(shape ?? {}).join(', ');
}
