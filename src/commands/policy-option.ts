import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';

/** Reads the policy file of `--policy`. Throws `InvalidRequestError` if it cannot be read. */
export function policyIn(file: string): { readonly name: string; readonly text: string } {
  try {
    return { name: basename(file), text: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new InvalidRequestError(`--policy: the file cannot be read (${messageOf(error)})`);
  }
}
