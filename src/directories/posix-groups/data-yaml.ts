import type { Run } from '../../engine/run-types.ts';
import type { Reading } from '../../engine/stage-types.ts';
import { SourceError } from '../../platform/errors.ts';
import { readFileAt } from './gitiles.ts';
import { type ListedMember, membersOfGroup } from './members.ts';
import { readYaml } from './yaml-block.ts';
import {
  createMapReader,
  type DuplicateKey,
  duplicateKeys,
  type Entries,
  type MapReader,
  textIn,
} from './yaml-maps.ts';
import { targetOf, type YamlNode } from './yaml-types.ts';

/** POSIX groups as puppet's `data.yaml` has them. A user with `ensure: absent` is in no group. */
export interface PosixGroups {
  /** Names under `users` by group, for the groups that were asked for. */
  readonly membersOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly absent: ReadonlySet<string>;
  /** Members that are missing under `users`. */
  readonly dangling: readonly { readonly group: string; readonly name: string }[];
  /** The number of names in the list of each group. */
  readonly sizeOf: ReadonlyMap<string, number>;
  /** All names under `users`. */
  readonly known: ReadonlySet<string>;
  /** Users with an `expiry_date`, as the file has it. */
  readonly expiring: readonly { readonly name: string; readonly on: string }[];
  /** Keys that occur twice, where that makes no difference, with their lines. */
  readonly repeatedKeys: readonly string[];
}

/** Where the file is, how many users it has at least, and which groups it must have. */
export interface PosixQuery {
  readonly url: string;
  readonly minUsers: number;
  readonly groups: readonly string[];
  readonly mayBeEmpty: readonly string[];
}

/** Reads these groups completely, or throws. */
export async function readPosixGroups(query: PosixQuery, run: Run): Promise<Reading<PosixGroups>> {
  const { text, version, asOf } = await readFileAt(query.url, run);
  const facts = posixGroups(text, query);
  return { facts, entries: facts.membersOf.size, version, asOf };
}

/**
 * The groups in a file's text. Throws `SourceError` where it does not parse, has a key twice that decides anything,
 * misses a group, has an empty one, a member that is no name, or too few users.
 */
export function posixGroups(text: string, query: Omit<PosixQuery, 'url'>): PosixGroups {
  const { groups, users, repeatedKeys } = parsed(text);
  if (users.size < query.minUsers) {
    throw new SourceError(
      `data.yaml: too few users (found ${users.size}, allowed at least ${query.minUsers}, DATA_YAML_MIN_USERS)`,
    );
  }
  const listed = query.groups.map((group) => ({ group, members: membersIn(groups, group) }));
  const isPresent = ({ name }: ListedMember) => users.get(name)?.ensure === 'present';
  const membersOf = new Map(
    listed.map(({ group, members }) => [group, new Set(members.filter(isPresent).map(({ name }) => name))]),
  );
  const empty = query.groups.filter(
    (group) => membersOf.get(group)?.size === 0 && !query.mayBeEmpty.includes(group),
  );
  if (empty.length > 0)
    throw new SourceError(`data.yaml: groups without members (found ${empty.join(', ')})`);
  return {
    membersOf,
    absent: new Set([...users].filter(([, { ensure }]) => ensure === 'absent').map(([name]) => name)),
    dangling: listed.flatMap(({ group, members }) =>
      members.filter(({ name }) => !users.has(name)).map(({ name }) => ({ group, name })),
    ),
    sizeOf: new Map(listed.map(({ group, members }) => [group, members.length])),
    known: new Set(users.keys()),
    expiring: [...users].flatMap(([name, { expires: on }]) => (on === undefined ? [] : [{ name, on }])),
    repeatedKeys,
  };
}

type Ensure = 'present' | 'absent';

interface User {
  readonly ensure: Ensure;
  readonly expires: string | undefined;
}

interface Parsed {
  readonly groups: ReadonlyMap<string, Entries>;
  readonly users: ReadonlyMap<string, User>;
  readonly repeatedKeys: readonly string[];
}

function parsed(text: string): Parsed {
  const root = readYaml(text);
  const maps = createMapReader();
  const top = entriesIn(root, { maps, path: 'the file' });
  const rows = (key: string): ReadonlyMap<string, Entries> => {
    const entries = entriesIn(top.get(key), { maps, path: key });
    return new Map(
      [...entries].map(([name, row]) => [name, entriesIn(row, { maps, path: `${key}.${name}` })]),
    );
  };
  const groups = rows('groups');
  const users = new Map([...rows('users')].map(([name, row]) => [name, userOf(row, name)]));
  const others = top.get('ldap_only_users');
  if (others === undefined || targetOf(others).kind !== 'map')
    throw new SourceError('data.yaml: ldap_only_users: no mapping (is the file cut off?)');
  const duplicates = duplicateKeys(root);
  refuseDuplicates(duplicates.filter(({ map }) => maps.resolved.has(map)));
  return { groups, users, repeatedKeys: duplicates.map(({ key, line }) => `${key} (line ${line})`) };
}

function entriesIn(
  node: YamlNode | undefined,
  { maps, path }: { readonly maps: MapReader; readonly path: string },
): Entries {
  const value = node && targetOf(node);
  if (value?.kind === 'map') return maps.entriesOf(value);
  const where = value ? `data.yaml: line ${value.line}: ${path}` : `data.yaml: ${path}`;
  throw new SourceError(`${where}: not of the shape it should have (found no mapping)`);
}

const userOf = (row: Entries, name: string): User => ({
  ensure: ensureOf(row.get('ensure'), name),
  expires: dateIn(row.get('expiry_date')),
});

function dateIn(node: YamlNode | undefined): string | undefined {
  const value = node && targetOf(node);
  const text = value?.kind === 'scalar' ? value.text : null;
  return text === null || Number.isNaN(Date.parse(text)) ? undefined : text;
}

function ensureOf(node: YamlNode | undefined, name: string): Ensure {
  if (node === undefined) return 'present';
  const value = targetOf(node);
  const text = value.kind === 'scalar' ? textIn(value) : undefined;
  if (text === 'present' || text === 'absent') return text;
  throw new SourceError(
    `data.yaml: line ${value.line}: users.${name}.ensure: found something else, allowed: present or absent`,
  );
}

function refuseDuplicates(duplicates: readonly DuplicateKey[]): void {
  if (duplicates.length === 0) return;
  const found = duplicates.slice(0, 5).map(({ key, line }) => `line ${line}: the key ${key} is there twice`);
  throw new SourceError(`data.yaml: ${found.join('; ')} (allowed: once)`);
}

function membersIn(groups: Parsed['groups'], group: string): readonly ListedMember[] {
  const row = groups.get(group);
  if (row === undefined) throw new SourceError(`data.yaml: a needed group is missing (${group})`);
  return membersOfGroup(row.get('members'), group);
}
