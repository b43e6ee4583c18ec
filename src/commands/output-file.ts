import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';

/**
 * The file that a command writes in the end. Throws `InvalidRequestError` at once where it could not be written, so that nothing is
 * read in vain. `name` is the argument's.
 */
export function outputFile(
  name: string,
  path: string,
  options: { readonly mode?: number } = {},
): (text: string) => void {
  const orFail = (step: () => void) => {
    try {
      step();
    } catch (error) {
      throw new InvalidRequestError(
        `${name}: the file cannot be written (found ${messageOf(error)}, allowed: a file in a folder that is there)`,
      );
    }
  };
  orFail(() => {
    const isThere = existsSync(path);
    if (isThere && statSync(path).isDirectory()) throw new Error(`${path}, a folder`);
    // With a slash at its end a file is no folder.
    accessSync(isThere ? path : `${dirname(path)}/`, constants.W_OK);
  });
  return (text) => orFail(() => writeFileSync(path, text, options));
}
