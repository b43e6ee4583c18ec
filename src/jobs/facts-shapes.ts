/** The shapes of recorded facts that the jobs share. */

import { z } from 'zod';
import { InvalidRequestError } from '../platform/errors.ts';
import { foundAndAllowed } from '../platform/schema-faults.ts';

/** One person of LDAP in a recording. */
export const PersonShape = z.strictObject({
  dn: z.string().min(1),
  uid: z.string(),
  unreadable: z.string().exactOptional(),
  cns: z.array(z.string()),
  mails: z.array(z.string()),
  disabled: z.boolean(),
});

/** Names by group. */
export const NamesByGroup = z.record(z.string(), z.array(z.string()));

const MAX_ISSUES = 5;

/** The facts of a recording in this shape. Throws `InvalidRequestError` that names what is wrong. */
export function factsAs<S extends z.ZodType>(shape: S, value: unknown): z.output<S> {
  const parsed = shape.safeParse(value, { error: foundAndAllowed });
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `facts.${path.join('.')}: ${message}`);
  throw new InvalidRequestError(`recording: ${found.join('; ')}`);
}

/** Throws `InvalidRequestError` if a policy names groups that were not recorded. */
export function requireRecorded(
  source: string,
  named: readonly string[],
  has: (group: string) => boolean,
): void {
  const missing = named.filter((group) => !has(group));
  if (missing.length === 0) return;
  throw new InvalidRequestError(
    `recording: the policy names ${source} groups that were not recorded (found ${missing.join(', ')}; record with --policy FILE)`,
  );
}
