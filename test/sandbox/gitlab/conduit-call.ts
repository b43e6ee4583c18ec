import type { Recorded } from '../server.ts';

/** An error as Conduit reports it, inside a 200. */
export class ConduitFault extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error that the server itself did not expect: a page with status 500. */
export class CrashFault extends Error {}

/** A call's parameters by name. */
export type Params = Readonly<Record<string, unknown>>;

/** A call as it was sent; `metadata` holds the token. */
export interface ConduitCall {
  readonly params: Params;
  readonly metadata: Params;
}

/** Reads either encoding: bare form fields with brackets (all values are text), or one field `params` of JSON with `__conduit__` inside. */
export function decodeCall({ headers, body }: Recorded): ConduitCall {
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith('application/json')) {
    throw new ConduitFault(
      'ERR-CONDUIT-CORE',
      "Use form-encoded data to submit parameters to Conduit endpoints. Sending a JSON-encoded body and setting 'Content-Type': 'application/json' is not currently supported.",
    );
  }
  const form = new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? body : '');
  const json = form.get('params');
  if (json) return decodeJson(json);
  const all = Object.entries(nest(form));
  return {
    params: Object.fromEntries(all.filter(([name]) => !name.startsWith('api.') && name !== 'output')),
    metadata: Object.fromEntries(
      all.filter(([name]) => name.startsWith('api.')).map(([name, value]) => [name.slice(4), value]),
    ),
  };
}

function decodeJson(json: string): ConduitCall {
  const value = parse(json);
  if (!isRecord(value)) {
    throw new ConduitFault('ERR-CONDUIT-CORE', 'Invalid parameter information was passed to method.');
  }
  const { __conduit__: metadata, ...params } = value;
  return { params, metadata: isRecord(metadata) ? metadata : {} };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ConduitFault(
      'ERR-CONDUIT-CORE',
      `Invalid parameter information was passed to method: ${error}`,
    );
  }
}

/** Whether a value is an object and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Nested = { [key: string]: string | Nested };

/** PHP's reading of `a[b][0]=c`. A dot in a name stays, since only `api.token` has one. */
function nest(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const root: Nested = {};
  for (const [name, value] of form) {
    const path = [
      name.split('[')[0] ?? '',
      ...[...name.matchAll(/\[([^\]]*)\]/g)].map((part) => part[1] ?? ''),
    ];
    place(root, path, value);
  }
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, listed(value)]));
}

function place(node: Nested, [head = '', ...rest]: readonly string[], value: string): void {
  const key = head === '' ? String(Object.keys(node).length) : head;
  if (rest.length === 0) {
    node[key] = value;
    return;
  }
  const child = node[key];
  const inner: Nested = typeof child === 'object' ? child : {};
  node[key] = inner;
  place(inner, rest, value);
}

function listed(value: string | Nested): unknown {
  if (typeof value === 'string') return value;
  const entries = Object.entries(value);
  const isList = entries.every(([key], index) => key === String(index));
  return isList
    ? entries.map(([, item]) => listed(item))
    : Object.fromEntries(entries.map(([k, v]) => [k, listed(v)]));
}

/** Refuses parameters that a method does not define. */
export function refuseUnknown(method: string, params: Params, known: readonly string[]): void {
  const unknown = Object.keys(params).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `'${name}'`).join(', ');
  throw new ConduitFault(
    'ERR-CONDUIT-CALL',
    `API Method "${method}" does not define these parameters: ${names}.`,
  );
}
