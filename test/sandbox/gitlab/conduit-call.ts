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

/** Reads a form with one field `params` of JSON, with `__conduit__` inside. */
export function decodeCall({ headers, body }: Recorded): ConduitCall {
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith('application/json')) {
    throw new ConduitFault(
      'ERR-CONDUIT-CORE',
      "Use form-encoded data to submit parameters to Conduit endpoints. Sending a JSON-encoded body and setting 'Content-Type': 'application/json' is not currently supported.",
    );
  }
  const form = new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? body : '');
  return decodeJson(form.get('params') ?? '{}');
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
