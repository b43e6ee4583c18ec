/** The conditions of a policy: their types, their schema, and the groups that they name. */

import { z } from 'zod';
import { readable } from '../platform/schema-faults.ts';

/** The kinds of source whose groups a condition can name. */
export const SOURCES = ['ldap', 'posix', 'phabricator', 'gerrit'] as const;
export type Source = (typeof SOURCES)[number];

/** What a leaf of a condition names: a group of a source, or a user name. */
export const LEAVES = [...SOURCES, 'user'] as const;
export type Leaf = (typeof LEAVES)[number];

/** A condition on a person. Exactly one of the keys is set. */
export interface Condition extends Readonly<Partial<Record<Leaf, string | undefined>>> {
  readonly any?: readonly Condition[] | undefined;
  readonly all?: readonly Condition[] | undefined;
  readonly not?: Condition | undefined;
}

/** A group of a source, or a user name. */
export interface NamedLeaf {
  readonly leaf: Leaf;
  readonly name: string;
}

/** A name of a group, a role, a user or a project. Invisible characters are refused: such a name would match nothing. */
export const Name = z
  .string()
  .min(1)
  .refine(...readable('a name'));

const DESCRIPTIONS: Readonly<Record<Leaf, string>> = {
  ldap: 'the person is in this LDAP group',
  posix: 'the person is in this POSIX group of data.yaml',
  phabricator: 'the person is in this Phabricator project (slug or PHID)',
  gerrit: 'the person is in this Gerrit group (name, UUID or number)',
  user: 'the person has this user name (uid)',
};

/** The keys of a condition over these sources, each optional. `condition` is the schema of the conditions inside. */
export const conditionKeys = (sources: readonly Source[], condition: () => z.ZodType<Condition>) => ({
  ...(Object.fromEntries(
    [...sources, 'user' as const].map((leaf) => [leaf, Name.describe(DESCRIPTIONS[leaf]).optional()]),
  ) as Record<Leaf, z.ZodOptional<z.ZodString>>),
  get any() {
    return z.array(condition()).min(1).describe('at least one of these is true').optional();
  },
  get all() {
    return z.array(condition()).min(1).describe('each of these is true').optional();
  },
  get not() {
    return condition()
      .describe('this is not true; a group that was not read is never "not a member"')
      .optional();
  },
});

/** The schema of a condition over these sources. `object` makes it strict about unknown keys or not. */
export function conditionSchema(sources: readonly Source[], object: typeof z.object): z.ZodType<Condition> {
  const keys = [...sources, 'user', 'any', 'all', 'not'];
  const condition: z.ZodType<Condition> = object(conditionKeys(sources, () => condition))
    .superRefine(exactlyOneOf(keys))
    .meta({ minProperties: 1, maxProperties: 1 });
  return condition;
}

/** Adds an issue where not exactly one of the keys is set. */
export const exactlyOneOf =
  (keys: readonly string[]) =>
  (value: object, context: z.RefinementCtx): void => {
    const found = Object.entries(value).flatMap(([key, set]) =>
      set !== undefined && keys.includes(key) ? [key] : [],
    );
    if (found.length === 1) return;
    context.addIssue(`exactly one of ${keys.join(', ')} (found ${found.join(', ') || 'none'})`);
  };

/** The groups and users in a condition, with repetitions. */
export function leavesOf(condition: Condition): readonly NamedLeaf[] {
  if (condition.not) return leavesOf(condition.not);
  const inner = condition.any ?? condition.all;
  if (inner) return inner.flatMap(leavesOf);
  return LEAVES.flatMap((leaf) => {
    const name = condition[leaf];
    return name === undefined ? [] : [{ leaf, name }];
  });
}

/**
 * The groups and users of which a person must be in at least one for the condition to be true: only these people have to be read. Undefined if it can be true for anybody, as with `not`.
 */
export function populationOf(condition: Condition): readonly NamedLeaf[] | undefined {
  if (condition.not) return undefined;
  if (condition.any) {
    const inner = condition.any.map(populationOf);
    return inner.every((one) => one !== undefined) ? inner.flat() : undefined;
  }
  if (!condition.all) return leavesOf(condition);
  return condition.all
    .map(populationOf)
    .filter((one) => one !== undefined)
    .toSorted((a, b) => costOf(a) - costOf(b))[0];
}

/** The cost of finding people: LDAP groups are read with their people, users are read by name; other groups need both. */
const COST: Readonly<Record<Leaf, number>> = { ldap: 0, user: 1, posix: 2, phabricator: 2, gerrit: 2 };
const costOf = (population: readonly NamedLeaf[]): number =>
  Math.max(...population.map(({ leaf }) => COST[leaf]));
