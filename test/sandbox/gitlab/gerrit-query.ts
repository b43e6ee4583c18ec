/** One Gerrit account. `username` is kept in lower case by the server. */
export interface GerritAccount {
  readonly id: number;
  username?: string;
  name: string;
  email: string;
  inactive?: boolean;
}

/** A query that can't be understood; answered with 400. */
export class QueryFault extends Error {}

type Test = (account: GerritAccount) => boolean;

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

const OPERATORS: Readonly<Record<string, (value: string) => Test>> = {
  username: (value) => (account) => same(account.username, value),
  email: (value) => (account) => account.email.toLowerCase().startsWith(value.toLowerCase()),
  name: (value) => (account) => same(account.name, value),
  is: (value) => {
    if (value !== 'active' && value !== 'inactive') throw new QueryFault(`Invalid query: is:${value}`);
    return (account) => Boolean(account.inactive) === (value === 'inactive');
  },
};

/** Gerrit's account query: `operator:value`, AND by standing side by side, OR, parentheses. Without `is:` only active accounts match. */
export function accountQuery(query: string): Test {
  const tokens = query.match(/\(|\)|[a-z]+:(?:"[^"]*"|\{[^}]*\}|[^\s()]+)|[^\s()]+/g) ?? [];
  if (tokens.length === 0) throw new QueryFault('missing query field');
  const reader = { tokens: [...tokens] };
  const test = readOr(reader);
  if (reader.tokens.length > 0)
    throw new QueryFault(`line 1: no viable alternative at input '${reader.tokens[0]}'`);
  const asksActivity = tokens.some((token) => token.startsWith('is:'));
  return asksActivity ? test : (account) => !account.inactive && test(account);
}

interface Reader {
  readonly tokens: string[];
}

function readOr(reader: Reader): Test {
  const left = readAnd(reader);
  if (reader.tokens[0] !== 'OR') return left;
  reader.tokens.shift();
  const right = readOr(reader);
  return (account) => left(account) || right(account);
}

function readAnd(reader: Reader): Test {
  const left = readOne(reader);
  if (reader.tokens[0] === 'AND') reader.tokens.shift();
  const next = reader.tokens[0];
  if (next === undefined || next === 'OR' || next === ')') return left;
  const right = readAnd(reader);
  return (account) => left(account) && right(account);
}

function readOne(reader: Reader): Test {
  const token = reader.tokens.shift() ?? '';
  if (token === '(') {
    const test = readOr(reader);
    if (reader.tokens.shift() !== ')') throw new QueryFault("line 1: mismatched input '<EOF>' expecting ')'");
    return test;
  }
  const [, operator = '', value = ''] = /^([a-z]+):["{]?([^"}]*)["}]?$/.exec(token) ?? [];
  const test = OPERATORS[operator]?.(value);
  if (!test) throw new QueryFault(`Unsupported query term: ${token}`);
  return test;
}
