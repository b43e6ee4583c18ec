import { type Document, isScalar, isSeq, type Node } from 'yaml';
import { z } from 'zod';
import type { Run } from '../../engine/run.ts';
import type { Reading } from '../../engine/stages.ts';
import { SourceError } from '../../platform/errors.ts';
import { readFileAt } from './gitiles.ts';
import {
  checkKeys,
  checkPlainText,
  orSourceError,
  parseYaml,
  resolved,
  type YamlDocument,
} from './yaml-document.ts';

/** POSIX groups as puppet's `data.yaml` has them. A user with `ensure: absent` is in no group. */
export interface PosixGroups {
  /** Names under `users` by group, for the groups that were asked for. */
  readonly membersOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly absent: ReadonlySet<string>;
  /** Members that stand nowhere under `users`. */
  readonly dangling: readonly { readonly group: string; readonly name: string }[];
  /** All names under `users`. */
  readonly known: ReadonlySet<string>;
  /** Users with an `expiry_date`, as the file has it. */
  readonly expiring: readonly { readonly name: string; readonly on: string }[];
  /** Keys that are there twice where nothing is decided, with their lines. */
  readonly repeatedKeys: readonly string[];
}

/** Where the file is, how many users it has at the least, which groups must be in it. */
export interface PosixQuery {
  readonly url: string;
  readonly minUsers: number;
  readonly groups: readonly string[];
  readonly mayBeEmpty: readonly string[];
}

const Row = z.record(z.string(), z.unknown());
const User = z.looseObject({
  ensure: z.enum(['present', 'absent']).optional(),
  expiry_date: z.unknown().optional(),
});
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
  const file = parseYaml(text);
  const repeatedKeys = orSourceError(() => checkKeys(file));
  const { groups, users } = parsed(file);
  const names = Object.keys(users);
  if (names.length < query.minUsers) {
    throw new SourceError(
      `data.yaml: too few users (found ${names.length}, allowed at least ${query.minUsers}, DATA_YAML_MIN_USERS)`,
    );
  }
  const listed = query.groups.map((group) => ({ group, names: membersIn(groups[group], { group, file }) }));
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
    known: new Set(names),
    expiring: names.flatMap((name) => {
      const on = users[name]?.expiry_date;
      return typeof on === 'string' && !Number.isNaN(Date.parse(on)) ? [{ name, on }] : [];
    }),
    repeatedKeys,
  };
}

function parsed({ document }: YamlDocument): z.infer<typeof DataYaml> {
  const result = DataYaml.safeParse(orSourceError(() => document.toJS({ maxAliasCount: MAX_ALIASES })));
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SourceError(`data.yaml: not of the shape it should have: ${faults.join('; ')}`);
}

interface GroupInFile {
  readonly group: string;
  readonly file: YamlDocument;
}

function membersIn(
  row: Readonly<Record<string, unknown>> | undefined,
  { group, file }: GroupInFile,
): readonly string[] {
  if (row === undefined) throw new SourceError(`data.yaml: a needed group is missing (${group})`);
  const members = file.document.getIn(['groups', group, 'members'], true);
  if (members === undefined) return [];
  const names: string[] = [];
  orSourceError(() => collect(members, { group, file, names, within: [] }));
  return [...new Set(names)];
}

interface Collecting extends GroupInFile {
  readonly names: string[];
  readonly within: readonly unknown[];
}

/** The names of the wiki's and puppet's accounts (over all public versions of the file only mistakes are others). */
const POSIX_NAME = /^[a-z0-9_][a-z0-9_.-]*$/;

/** More names in one group than the whole file has users: aliases of aliases. */
const MAX_NAMES = 100_000;

/** Adds the names of a list. Lists in `members` are nested by aliases; one that contains itself is possible in YAML. */
function collect(node: unknown, at: Collecting): void {
  const { group, file, names, within } = at;
  const value = resolved(node, file.document as Document.Parsed);
  if (isSeq(value)) {
    if (within.includes(value)) throw new SourceError(`data.yaml: members of ${group} contain themselves`);
    for (const item of value.items) collect(item, { ...at, within: [...within, value] });
    return;
  }
  if (!isScalar(value) || typeof value.value !== 'string' || value.value === '' || within.length === 0)
    throw new SourceError(`data.yaml: members of ${group} hold something that is no name`);
  const where = `data.yaml: line ${file.lineOf(value as Node)}: members of ${group}`;
  if (!POSIX_NAME.test(value.value))
    throw new SourceError(
      `${where}: no user name (found ${JSON.stringify(value.value.slice(0, 80))}, allowed ${POSIX_NAME.source}): is a comma missing?`,
    );
  checkPlainText(value, where);
  if (names.push(value.value) > MAX_NAMES)
    throw new SourceError(`data.yaml: members of ${group} are too many (allowed ${MAX_NAMES})`);
}
