import { unreadableIn } from '../platform/check-setting-text.ts';
import { InvalidRequestError } from '../platform/errors.ts';

/** What the query of a request asks for. */
export interface Query {
  readonly dryRun?: boolean;
  readonly only?: string;
  readonly explain?: string;
  readonly check?: boolean;
  /** Assumed memberships, each `UID:GROUP` or `UID:posix:GROUP`. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** A history of past runs about this name, or about everybody if it is empty. */
  readonly history?: string;
  readonly since?: string;
}

const ALLOWED =
  'dryRun=true, dryRun=false, only=WHO, explain=WHO, check, history, history=WHO, since=TIME, each once; add=UID:GROUP and remove=UID:GROUP';
const MAX_VALUE_LENGTH = 500;

/** Reads the query, which begins at the first `?`. Throws `InvalidRequestError` for anything that is not exactly a known parameter, once. */
export function readQuery(url: string): Query {
  const start = url.indexOf('?');
  const text = start < 0 ? '' : url.slice(start + 1);
  const memberships = { add: [] as string[], remove: [] as string[] };
  if (text === '') return memberships;
  const values = new Map<string, string>();
  for (const part of text.split('&')) {
    const [name, value] = splitOnce(part);
    if ((name === 'add' || name === 'remove') && isValue(value)) {
      memberships[name].push(value);
      continue;
    }
    if (values.has(name) || !isAllowed(name, value)) throw unknown(text);
    values.set(name, value);
  }
  const dryRun = values.get('dryRun');
  const only = values.get('only');
  const explain = values.get('explain');
  const history = values.get('history');
  const since = values.get('since');
  return {
    ...memberships,
    ...(dryRun === undefined ? {} : { dryRun: dryRun === 'true' }),
    ...(only === undefined ? {} : { only }),
    ...(explain === undefined ? {} : { explain }),
    ...(values.has('check') ? { check: true } : {}),
    ...(history === undefined ? {} : { history }),
    ...(since === undefined ? {} : { since }),
  };
}

const unknown = (text: string) =>
  new InvalidRequestError(`request: unknown query (found ${text.slice(0, 100)}, allowed ${ALLOWED})`);

/** A parameter and its decoded value. The name is taken as it is written. */
function splitOnce(part: string): readonly [string, string] {
  const equals = part.indexOf('=');
  if (equals < 0) return [part, ''];
  return [part.slice(0, equals), decoded(part.slice(equals + 1))];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw new InvalidRequestError(
      `request: the query is not percent-encoded UTF-8 (found ${value.slice(0, 100)}, allowed: %XX)`,
    );
  }
}

function isAllowed(name: string, value: string): boolean {
  if (name === 'dryRun') return value === 'true' || value === 'false';
  if (name === 'check') return value === '';
  if (name === 'history' && value === '') return true;
  if (!['only', 'explain', 'history', 'since'].includes(name)) return false;
  return isValue(value);
}

const isValue = (value: string): boolean =>
  value.trim() !== '' && value.length <= MAX_VALUE_LENGTH && unreadableIn(value) === undefined;
