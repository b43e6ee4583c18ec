/** Calls Conduit, Phabricator's API. */

import { z } from 'zod';
import type { Run } from '../../engine/run-types.ts';
import { SourceError } from '../../platform/errors.ts';
import { jsonOf, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import { type ConcurrencyLimit, createHttpClient, type HttpSystem } from '../../platform/http-client.ts';

/** How to reach a Phabricator. `root` is its address; `token` is the Conduit token of the account named `user`. */
export interface PhabricatorSettings {
  readonly root: string;
  readonly user: string;
  readonly token: string;
  readonly concurrency?: ConcurrencyLimit;
}

/** Asks Conduit. Throws `ConduitError` for an error inside a 200, `SourceError` for anything that is not an answer of Conduit. */
export type Conduit = (method: string, params: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** An error as Conduit reports it. */
export class ConduitError extends SourceError {
  readonly code: string;
  readonly info: string;
  constructor(where: string, code: string, info: string) {
    super(`${where}: refused (found ${code}, allowed no error): ${info}`);
    this.name = 'ConduitError';
    this.code = code;
    this.info = info;
  }
}

/** The methods that only read. Every other method counts as a write. */
const READ_METHODS = ['user.whoami', 'user.ldapquery', 'project.search'];
const REPEATS = 3;
const Envelope = z.object({
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_info: z.string().nullable(),
});
/** Conduit as `run` reaches it: form-encoded, parameters as one JSON object so that types are kept. */
export function createConduit({ root, token, concurrency }: PhabricatorSettings, run: Run): Conduit {
  const system: HttpSystem = {
    name: 'phabricator',
    root,
    secrets: [token],
    writes: ({ path }) => !READ_METHODS.some((method) => path === `/api/${method}`),
    ...(concurrency ? { concurrency } : {}),
  };
  const send = createHttpClient(system, run);
  return async (method, params) => {
    const answer = await send({
      method: 'POST',
      path: `/api/${method}`,
      form: { params: JSON.stringify({ ...params, __conduit__: { token } }), output: 'json' },
      operation: method,
      retries: READ_METHODS.includes(method) ? REPEATS : 0,
    });
    const { status, where } = answer;
    if (status !== 200) {
      throw new SourceError(
        `${where}: refused (found ${status}, allowed 200): ${redact(system, textOf(answer))}`,
      );
    }
    const { result, error_code: code, error_info: info } = parseAs(Envelope, jsonOf(answer), where);
    if (code !== null) throw new ConduitError(where, code, redact(system, info ?? ''));
    return result;
  };
}
