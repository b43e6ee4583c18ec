/** The settings that hold a policy document, or the path of a file with one. */

import { readFileSync, statSync } from 'node:fs';
import { MAX_DOCUMENT_LENGTH } from '../platform/check-setting-text.ts';
import { messageOf } from '../platform/errors.ts';
import { type Setting, text } from '../platform/settings.ts';

type MakeSetting<P> = (description: string, defaultText: string) => Setting<P>;

/** A setting whose value is a policy document. A path instead of a document is an error that names `fileVariable`. */
export const policyDocument =
  <P>(parse: (document: string) => P, fileVariable: string): MakeSetting<P> =>
  (description, defaultText) => ({
    ...text(description, defaultText),
    portable: true,
    isDocument: true,
    parse: (value) => {
      // One line without a colon is no document.
      if (!/[:\n]/.test(value))
        throw new Error(`a policy document; the path of a file belongs in ${fileVariable}`);
      return parse(value);
    },
  });

/** The path of a file with a policy document. */
export const policyFile =
  <P>(parse: (document: string) => P): MakeSetting<P> =>
  (description, defaultText) => ({
    ...text(description, defaultText),
    portable: true,
    parse: (path) => parse(fileContent(path)),
  });

function fileContent(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_DOCUMENT_LENGTH) throw new Error(`found ${size} bytes, allowed ${MAX_DOCUMENT_LENGTH}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the path of a file that can be read (${messageOf(error)})`);
  }
}

/** The error if a policy is given twice. */
export const policyGivenTwice = (
  values: Readonly<Record<string, unknown>>,
  variable: string,
): readonly string[] =>
  values[variable] && values[`${variable}_FILE`]
    ? [`${variable}_FILE: found a value beside ${variable}, allowed: one of the two`]
    : [];
