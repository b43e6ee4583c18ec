import { z } from 'zod';
import type { Answer } from '../server.ts';
import type { GrowthBookRelease, GrowthBookState, MemberRow, UserDocument } from './state.ts';

/** What a caller sent is not what the endpoint takes: answered with `status` and the message. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** The value as the schema has it. Throws a 400 with every fault, `where` in front. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `[${path.join('.')}] ${message}`);
  throw new Refusal(400, `${where}: ${faults.join(', ')}`);
}

const PAGE = {
  limit: z.coerce.number().int().min(1).max(100).default(10),
  offset: z.coerce.number().int().min(0).default(0),
};
const PAGE_QUERY = z.strictObject(PAGE);
const MEMBERS_QUERY = z.strictObject({
  ...PAGE,
  userName: z.string().optional(),
  userEmail: z.string().optional(),
  globalRole: z.string().optional(),
});

type MembersQuery = z.infer<typeof MEMBERS_QUERY>;
type Page = z.infer<typeof PAGE_QUERY>;

/** A query as Express reads it: `a[]=` and a repeated name are lists. */
function plainQuery(query: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set([...query.keys()].map((name) => name.replace(/\[\]$/, '')))];
  return Object.fromEntries(
    names.map((name) => {
      const listed = query.getAll(`${name}[]`);
      const values = [...query.getAll(name), ...listed];
      return [name, values.length === 1 && listed.length === 0 ? (values[0] ?? '') : values];
    }),
  );
}

/** A page of a list with its counts, under the name `key`, each of its items as `print` shows it. */
function page<T>(
  key: string,
  items: readonly T[],
  { limit, offset, print = (item) => item }: Page & { readonly print?: (item: T) => unknown },
): Answer {
  const part = items.slice(offset, offset + limit).map(print);
  const hasMore = offset + limit < items.length;
  const counts = { limit, offset, count: part.length, total: items.length, hasMore };
  return { status: 200, body: { [key]: part, ...counts, nextOffset: hasMore ? offset + limit : null } };
}

/** A page of any list, `limit` and `offset` read as strictly as for members. */
export const pageOf = <T>(key: string, items: readonly T[], query: URLSearchParams): Answer =>
  page(key, items, parse(PAGE_QUERY, plainQuery(query), 'Querystring'));

const CACHE_MS = 15 * 60_000;

/** Finds user documents as a back-end process does: what it has seen is not asked for again for 15 minutes. */
export function startUserCache(state: GrowthBookState, now: () => number) {
  const seen = new Map<string, { readonly user: UserDocument; readonly at: number }>();
  return (id: string): UserDocument | undefined => {
    const known = seen.get(id);
    if (known && now() - known.at < CACHE_MS) return known.user;
    const user = structuredClone(state.users.get(id));
    if (user) seen.set(id, { user, at: now() });
    return user;
  };
}

interface Listing {
  readonly state: GrowthBookState;
  readonly userOf: (id: string) => UserDocument | undefined;
}

/** The query of `GET /members`. Throws a 400 for a parameter that is not known or not well formed. */
export const parseMembersQuery = (query: URLSearchParams): MembersQuery =>
  parse(MEMBERS_QUERY, plainQuery(query), 'Querystring');

/** `GET /members`: rows with a user document, sorted by id, filtered exactly, in pages of 10 by default. */
export function listMembers(wanted: MembersQuery, { state, userOf }: Listing): Answer {
  const is = (filter: string | undefined, value: string): boolean => filter === undefined || filter === value;
  const found = sorted(state.members)
    .flatMap((row) => {
      const user = userOf(row.id);
      return user ? [{ row, user }] : [];
    })
    .filter(({ row, user }) => {
      const { userName, userEmail, globalRole } = wanted;
      return is(userName, user.name ?? '') && is(userEmail, user.email) && is(globalRole, row.role);
    });
  const { limit, offset } = wanted;
  return page('members', found, {
    limit,
    offset,
    print: ({ row, user }) => entryOf(row, user, state.release),
  });
}

const AS_PEOPLE_SORT = new Intl.Collator();
const lastSorted = new WeakMap<
  readonly MemberRow[],
  { readonly rows: readonly MemberRow[]; readonly sorted: readonly MemberRow[] }
>();

/** Rows by id. A list that has the very rows of the last time is not sorted again for its next page. */
function sorted(members: readonly MemberRow[]): readonly MemberRow[] {
  const last = lastSorted.get(members);
  if (last?.rows.length === members.length && last.rows.every((row, n) => row === members[n]))
    return last.sorted;
  const now = members.toSorted((a, b) => AS_PEOPLE_SORT.compare(a.id, b.id));
  lastSorted.set(members, { rows: [...members], sorted: now });
  return now;
}

function entryOf(row: MemberRow, user: UserDocument, release: GrowthBookRelease) {
  return {
    id: row.id,
    name: user.name ?? '',
    email: user.email,
    globalRole: row.role,
    teams: row.teams,
    environments: row.environments,
    limitAccessByEnvironment: row.limitAccessByEnvironment,
    additionalRoles: release === 'main' ? row.additionalRoles : undefined,
    projectRoles: row.projectRoles,
    lastLoginDate: row.lastLoginDate,
    dateCreated: row.dateCreated ?? user.dateCreated,
    managedbyIdp: row.managedByIdp === true,
  };
}
