import type { Answer } from '../server.ts';
import { type GitLabUser, ParameterFault } from './users.ts';

const ORDERS: Readonly<Record<string, (user: GitLabUser) => string | number>> = {
  id: (user) => user.id,
  name: (user) => user.name,
  username: (user) => user.username,
  created_at: (user) => user.createdAt,
  updated_at: (user) => user.createdAt,
};

type Position = readonly [value: string | number, id: number];

function sorting(query: URLSearchParams, admin: boolean) {
  const orderBy = (admin ? query.get('order_by') : null) ?? 'id';
  const sort = (admin ? query.get('sort') : null) ?? 'desc';
  const value = ORDERS[orderBy];
  if (!value) throw new ParameterFault('order_by does not have a valid value');
  if (sort !== 'asc' && sort !== 'desc') throw new ParameterFault('sort does not have a valid value');
  const sign = sort === 'asc' ? 1 : -1;
  const position = (user: GitLabUser): Position => [value(user), user.id];
  const compare = (a: Position, b: Position) => sign * (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1);
  return { position, compare };
}

function positive(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name) ?? String(otherwise);
  if (!/^\d+$/.test(text)) throw new ParameterFault(`${name} is invalid`);
  if (Number(text) === 0) throw new ParameterFault(`${name} does not have a valid value`);
  return Number(text);
}

/** What a page needs besides its rows. `url` is the list's address as the server writes it into links. */
export interface PageRequest {
  readonly query: URLSearchParams;
  readonly url: string;
  readonly admin: boolean;
}

/** One page's rows and the headers that go with them. */
export interface Page {
  readonly rows: readonly GitLabUser[];
  readonly headers: Readonly<Record<string, string>>;
}

const linkTo = (
  { query, url }: PageRequest,
  changes: Readonly<Record<string, string>>,
  rel: string,
): string => {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) next.set(name, value);
  next.sort();
  return `<${url}?${next}>; rel="${rel}"`;
};

/** A page by cursor: a `Link` with rel="next" while there is more, none at the end. */
export function keysetPage(users: readonly GitLabUser[], request: PageRequest): Page {
  const { position, compare } = sorting(request.query, request.admin);
  const size = Math.min(100, positive(request.query, 'per_page', 20));
  const cursor = request.query.get('cursor');
  const after = cursor === null ? undefined : readCursor(cursor);
  const rest = users
    .filter((user) => after === undefined || compare(position(user), after) > 0)
    .toSorted((a, b) => compare(position(a), position(b)));
  const rows = rest.slice(0, size);
  const last = rows.at(-1);
  if (last === undefined || rest.length <= size) return { rows, headers: {} };
  const next = Buffer.from(JSON.stringify(position(last))).toString('base64url');
  return { rows, headers: { Link: linkTo(request, { cursor: next }, 'next') } };
}

function readCursor(cursor: string): Position {
  const found = /^\[(".*"|\d+),(\d+)\]$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!found) throw new ParameterFault('cursor is invalid');
  return [JSON.parse(found[1] ?? ''), Number(found[2])];
}

const MAX_OFFSET = 50_000;
const MAX_COUNTED = 10_000;

/** A page by number, or the refusal to go further than 50,000 rows that way. Beyond 10,000 rows no totals are told. */
export function offsetPage(users: readonly GitLabUser[], request: PageRequest): Page | Answer {
  const { position, compare } = sorting(request.query, request.admin);
  const size = Math.min(100, positive(request.query, 'per_page', 20));
  const page = positive(request.query, 'page', 1);
  if ((page - 1) * size >= MAX_OFFSET) {
    const error = `Offset pagination has a maximum allowed offset of ${MAX_OFFSET} for requests that return objects of type User. Remaining records can be retrieved using keyset pagination.`;
    return { status: 405, body: { error } };
  }
  const sorted = users.toSorted((a, b) => compare(position(a), position(b)));
  const pages = Math.max(1, Math.ceil(sorted.length / size));
  const counted = sorted.length <= MAX_COUNTED;
  const next = page < pages ? String(page + 1) : '';
  const prev = page > 1 ? String(page - 1) : '';
  const links = [
    ['prev', prev],
    ['next', next],
    ['first', '1'],
    ['last', counted ? String(pages) : ''],
  ].flatMap(([rel = '', number = '']) =>
    number === '' ? [] : [linkTo(request, { page: number, per_page: String(size) }, rel)],
  );
  const headers = {
    Link: links.join(', '),
    'X-Next-Page': next,
    'X-Page': String(page),
    'X-Per-Page': String(size),
    'X-Prev-Page': prev,
    ...(counted ? { 'X-Total': String(sorted.length), 'X-Total-Pages': String(pages) } : {}),
  };
  return { rows: sorted.slice((page - 1) * size, page * size), headers };
}
