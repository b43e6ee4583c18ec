/** A log entry as Cloud Logging holds it. */
export type Entry = Readonly<Record<string, unknown>>;

const SEVERITIES = [
  'DEFAULT',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARNING',
  'ERROR',
  'CRITICAL',
  'ALERT',
  'EMERGENCY',
];

type Test = (entry: Entry) => boolean;

/**
 * A filter of the Logging query language as a predicate: comparisons (= != < <= > >=), presence (`path:*`), lists
 * of values, AND, OR, NOT, parentheses. OR binds closer than AND. Text compares without regard to case, and a
 * comparison with a field that is missing is false. Throws on anything else.
 * Source: cloud.google.com/logging/docs/view/logging-query-language.
 */
export function compileFilter(filter: string): Test {
  const tokens = tokenize(filter);
  const test = parseAnd(tokens);
  const rest = tokens.shift();
  if (rest !== undefined) throw new Error(`filter: found "${rest}", allowed: AND, OR or the end: ${filter}`);
  return test;
}

/** The value at a dotted path of an entry, or undefined. */
export function fieldOf(entry: Entry, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Entry)[key] : undefined),
      entry,
    );
}

function tokenize(filter: string): string[] {
  const token = /\s*("(?:[^"\\]|\\.)*"|[()]|!=|>=|<=|[=<>:]|[A-Za-z0-9_.*@-]+)/y;
  const found: string[] = [];
  while (token.lastIndex < filter.trimEnd().length) {
    const at = token.lastIndex;
    const match = token.exec(filter);
    if (!match?.[1]) throw new Error(`filter: cannot be read from character ${at}: ${filter.slice(at)}`);
    found.push(match[1]);
  }
  return found;
}

function parseAnd(tokens: string[]): Test {
  const parts = [parseOr(tokens)];
  while (tokens[0] === 'AND') {
    tokens.shift();
    parts.push(parseOr(tokens));
  }
  return (entry) => parts.every((part) => part(entry));
}

function parseOr(tokens: string[]): Test {
  const parts = [parseNot(tokens)];
  while (tokens[0] === 'OR') {
    tokens.shift();
    parts.push(parseNot(tokens));
  }
  return (entry) => parts.some((part) => part(entry));
}

function parseNot(tokens: string[]): Test {
  if (tokens[0] !== 'NOT') return parsePrimary(tokens);
  tokens.shift();
  const test = parseNot(tokens);
  return (entry) => !test(entry);
}

function parsePrimary(tokens: string[]): Test {
  const first = take(tokens);
  if (first === '(') {
    const test = parseAnd(tokens);
    expect(tokens, ')');
    return test;
  }
  if (!/^[a-z]/i.test(first)) throw new Error(`filter: found "${first}", allowed: a field`);
  const operator = take(tokens);
  if (operator === ':') {
    expect(tokens, '*');
    return (entry) => fieldOf(entry, first) !== undefined;
  }
  const compare = comparison(operator);
  const values = parseValues(tokens);
  return (entry) => values.some((value) => compare(order(first, fieldOf(entry, first), value)));
}

function parseValues(tokens: string[]): readonly string[] {
  const first = take(tokens);
  if (first !== '(') return [textOf(first)];
  const values = [textOf(take(tokens))];
  while (tokens[0] === 'OR') {
    tokens.shift();
    values.push(textOf(take(tokens)));
  }
  expect(tokens, ')');
  return values;
}

const textOf = (token: string) => (token.startsWith('"') ? (JSON.parse(token) as string) : token);

function comparison(operator: string): (order: number) => boolean {
  if (operator === '=') return (found) => found === 0;
  if (operator === '!=') return (found) => found < 0 || found > 0;
  if (operator === '>=') return (found) => found >= 0;
  if (operator === '<=') return (found) => found <= 0;
  if (operator === '>') return (found) => found > 0;
  if (operator === '<') return (found) => found < 0;
  throw new Error(`filter: found the operator "${operator}", allowed: = != < <= > >= :`);
}

/** Negative, zero or positive as `found` comes before, with or after `wanted`; NaN, which no operator accepts, where the two can't be compared. */
function order(path: string, found: unknown, wanted: string): number {
  if (path === 'severity') return rank(String(found ?? 'DEFAULT')) - rank(wanted);
  if (typeof found === 'number') return wanted === '' ? Number.NaN : found - Number(wanted);
  if (typeof found === 'boolean') return String(found) === wanted ? 0 : Number.NaN;
  if (typeof found !== 'string') return Number.NaN;
  const [a, b] = [found.toLowerCase(), wanted.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(severity: string): number {
  const at = SEVERITIES.indexOf(severity);
  if (at < 0) throw new Error(`filter: found the severity "${severity}", allowed: ${SEVERITIES.join(', ')}`);
  return at;
}

function take(tokens: string[]): string {
  const token = tokens.shift();
  if (token === undefined) throw new Error('filter: ends too early');
  return token;
}

function expect(tokens: string[], wanted: string): void {
  const token = take(tokens);
  if (token !== wanted) throw new Error(`filter: found "${token}", allowed: "${wanted}"`);
}
