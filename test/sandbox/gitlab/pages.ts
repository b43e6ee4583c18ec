import { type GitLabUser, ParameterFault } from './users.ts';

/** What a page needs in addition to its rows. `url` is the list's address as the server writes it into links. */
export interface PageRequest {
  readonly query: URLSearchParams;
  readonly url: string;
}

/** One page's rows and the headers that go with them. */
export interface Page {
  readonly rows: readonly GitLabUser[];
  readonly headers: Readonly<Record<string, string>>;
}

function positive(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name) ?? String(otherwise);
  if (!/^\d+$/.test(text)) throw new ParameterFault(`${name} is invalid`);
  if (Number(text) === 0) throw new ParameterFault(`${name} does not have a valid value`);
  return Number(text);
}

/** 1 or -1. The order is by id; administrators alone may turn it round. */
function signOf(query: URLSearchParams, admin: boolean): 1 | -1 {
  const orderBy = (admin ? query.get('order_by') : null) ?? 'id';
  const sort = (admin ? query.get('sort') : null) ?? 'desc';
  if (orderBy !== 'id') throw new ParameterFault('order_by does not have a valid value');
  if (sort !== 'asc' && sort !== 'desc') throw new ParameterFault('sort does not have a valid value');
  return sort === 'asc' ? 1 : -1;
}

/** A page by cursor: a `Link` with rel="next" while there is more, none at the end. */
export function keysetPage(users: readonly GitLabUser[], { query, url }: PageRequest, admin: boolean): Page {
  const sign = signOf(query, admin);
  const size = Math.min(100, positive(query, 'per_page', 20));
  const after = query.get('cursor') === null ? undefined : readCursor(query.get('cursor') ?? '');
  const rest = users
    .filter(({ id }) => after === undefined || sign * (id - after) > 0)
    .toSorted((a, b) => sign * (a.id - b.id));
  const rows = rest.slice(0, size);
  const last = rows.at(-1);
  if (last === undefined || rest.length <= size) return { rows, headers: {} };
  const next = new URLSearchParams(query);
  next.set('cursor', Buffer.from(JSON.stringify({ id: last.id })).toString('base64url'));
  next.sort();
  return { rows, headers: { Link: `<${url}?${next}>; rel="next"` } };
}

function readCursor(cursor: string): number {
  const found = /^\{"id":(\d+)\}$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!found) throw new ParameterFault('cursor is invalid');
  return Number(found[1]);
}
