/** Reads a YAML document by its schema, with all faults in one error. */

import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../platform/errors.ts';
import { foundAndAllowed } from '../platform/schema-faults.ts';

/** The schema of a document in two forms: strict about unknown keys, and not. The second finds all other faults. */
export interface DocumentSchema<S extends z.ZodType> {
  readonly strict: z.ZodType;
  readonly loose: S;
}

/** Reads a document in YAML. `check` finds what a schema cannot find. Throws one error that lists all faults. */
export const readDocument = <S extends z.ZodType>(
  text: string,
  schema: DocumentSchema<S>,
  check: (content: z.infer<S>) => readonly string[],
): z.infer<S> => readContent(yamlContent(text), schema, check);

/** Like `readDocument`, for a document inside another one. */
export function readContent<S extends z.ZodType>(
  content: unknown,
  { strict, loose }: DocumentSchema<S>,
  check: (content: z.infer<S>) => readonly string[],
): z.infer<S> {
  const read = loose.safeParse(content);
  const faults = [
    ...(strict.safeParse(content, { error: foundAndAllowed }).error?.issues ?? []).flatMap(faultsIn),
    ...(read.success ? check(read.data) : []),
  ];
  if (read.success && faults.length === 0) return read.data;
  throw new Error(`a policy document: ${[...new Set(faults)].join(', ')}`);
}

/** The value of a YAML document. Throws if it is malformed or contains itself. */
export function yamlContent(text: string): unknown {
  const document = parseDocument(text);
  const broken = document.errors.map(({ message }) => faultIn(message.split(':\n')[0] ?? message));
  if (broken.length > 0) throw new Error(`a policy document: ${broken.slice(0, MAX_FAULTS).join(', ')}`);
  const content = contentOf(document);
  try {
    JSON.stringify(content);
  } catch {
    throw new Error('a policy document: an alias is inside its own anchor');
  }
  return content;
}

/** Throws for an alias without an anchor, and for aliases that expand to too much. */
function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Error(`a policy document: ${messageOf(error)}`, { cause: error });
  }
}

const MAX_FAULTS = 5;

/** An error of the parser. One that has no more stack means a document of too many levels. */
const faultIn = (message: string): string =>
  /call stack/.test(message)
    ? 'too many levels (found more than can be read, allowed: some hundreds)'
    : message;

type Issue = z.core.$ZodIssue;

/** An issue in words. For a union they are those of the last branch: the object, not the single word that is also allowed. */
function faultsIn(issue: Issue): readonly string[] {
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1) : undefined;
  if (inner) return inner.flatMap((one) => faultsIn({ ...one, path: [...issue.path, ...one.path] } as Issue));
  return [`${issue.path.join('.') || 'the document'}: ${issue.message}`];
}
