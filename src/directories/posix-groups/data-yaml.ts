import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Run } from '../../engine/run.ts';
import type { Reading } from '../../engine/stages.ts';
import { messageOf, SourceError } from '../../platform/errors.ts';
import { readFileAt } from './gitiles.ts';

/** POSIX groups as puppet's `data.yaml` has them. A user with `ensure: absent` is in no group. */
export interface PosixGroups {
  /** Names under `users` by group, for the groups that were asked for. */
  readonly membersOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly absent: ReadonlySet<string>;
  /** Members that stand nowhere under `users`. */
  readonly dangling: readonly { readonly group: string; readonly name: string }[];
}

/** Where the file is, how many users it has at the least, which groups must be in it. */
export interface PosixQuery {
  readonly url: string;
  readonly minUsers: number;
  readonly groups: readonly string[];
  readonly mayBeEmpty: readonly string[];
}

const Row = z.record(z.string(), z.unknown());
const User = z.looseObject({ ensure: z.enum(['present', 'absent']).optional() });
const DataYaml = z.looseObject({
  groups: z.record(z.string(), Row),
  users: z.record(z.string(), User),
  ldap_only_users: Row,
});

/** The 100th use of one anchor is refused by default; the file's size is capped instead. */
const MAX_ALIASES = 100_000;

/** Reads the groups asked for, whole or not at all. */
export async function readPosixGroups(query: PosixQuery, run: Run): Promise<Reading<PosixGroups>> {
  const { text, version, asOf } = await readFileAt(query.url, run);
  const facts = posixGroups(text, query);
  return { facts, entries: facts.membersOf.size, version, asOf };
}

/** The groups in a file's text. Throws `SourceError` where it does not parse, misses a group, has an empty one or too few users. */
export function posixGroups(text: string, query: Omit<PosixQuery, 'url'>): PosixGroups {
  const { groups, users } = parsed(text);
  const names = Object.keys(users);
  if (names.length < query.minUsers) {
    throw new SourceError(
      `data.yaml: too few users (found ${names.length}, allowed at least ${query.minUsers}, DATA_YAML_MIN_USERS)`,
    );
  }
  const listed = query.groups.map((group) => ({ group, names: membersIn(groups[group], group) }));
  const isPresent = (name: string) => Object.hasOwn(users, name) && users[name]?.ensure !== 'absent';
  const membersOf = new Map(listed.map(({ group, names: all }) => [group, new Set(all.filter(isPresent))]));
  const empty = query.groups.filter(
    (group) => membersOf.get(group)?.size === 0 && !query.mayBeEmpty.includes(group),
  );
  if (empty.length > 0)
    throw new SourceError(`data.yaml: groups without members (found ${empty.join(', ')})`);
  return {
    membersOf,
    absent: new Set(names.filter((name) => !isPresent(name))),
    dangling: listed.flatMap(({ group, names: all }) =>
      all.filter((name) => !Object.hasOwn(users, name)).map((name) => ({ group, name })),
    ),
  };
}

function parsed(text: string): z.infer<typeof DataYaml> {
  const document = parseDocument(text, { schema: 'failsafe' });
  const [fault] = document.errors;
  if (fault) throw new SourceError(`data.yaml: does not parse: ${fault.message.split('\n')[0]}`);
  const result = DataYaml.safeParse(contents(() => document.toJS({ maxAliasCount: MAX_ALIASES })));
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SourceError(`data.yaml: not of the shape it should have: ${faults.join('; ')}`);
}

function contents(expand: () => unknown): unknown {
  try {
    return expand();
  } catch (error) {
    throw new SourceError(`data.yaml: does not parse: ${messageOf(error)}`);
  }
}

function membersIn(row: Readonly<Record<string, unknown>> | undefined, group: string): readonly string[] {
  if (row === undefined) throw new SourceError(`data.yaml: a needed group is missing (${group})`);
  return [...new Set(flattened(row.members ?? [], { group, within: [] }))];
}

/** Lists in `members` are nested by aliases; one that contains itself is possible in YAML. */
function flattened(
  value: unknown,
  at: { readonly group: string; readonly within: readonly unknown[] },
): string[] {
  if (typeof value === 'string' && at.within.length > 0 && value !== '') return [value];
  if (!Array.isArray(value))
    throw new SourceError(`data.yaml: members of ${at.group} hold something that is no name`);
  if (at.within.includes(value))
    throw new SourceError(`data.yaml: members of ${at.group} contain themselves`);
  return value.flatMap((item: unknown) => flattened(item, { ...at, within: [...at.within, value] }));
}
