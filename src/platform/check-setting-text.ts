/** Checks the text of a setting: its length, and characters that nobody sees. */

import type { Setting } from './setting-types.ts';

/** Longer values are refused: 64 Ki characters, and 1 Mi for a document. */
export const MAX_TEXT_LENGTH = 2 ** 16;
export const MAX_DOCUMENT_LENGTH = 2 ** 20;
/** A secret is searched for in each of its encodings, in everything that leaves the process. */
export const MAX_SECRET_LENGTH = 4096;

/** Control characters but tab and line ends, invisible characters, and halves of a character. */
const UNREADABLE = /[\p{Cf}\p{Cs}]|(?![\t\n\r])\p{Cc}/u;

/** Throws for a value that nobody can read as it is: too long, or with characters that are not seen. A password and a document have rules of their own. */
export function checkReadable({ secret, keepsSpaces, isDocument }: Setting<unknown>, value: string): void {
  const longest = isDocument ? MAX_DOCUMENT_LENGTH : MAX_TEXT_LENGTH;
  const most = secret ? MAX_SECRET_LENGTH : longest;
  if (value.length > most) throw new Error(`at most ${most} characters (found ${value.length})`);
  if (keepsSpaces || isDocument) return;
  const found = unreadableIn(value);
  if (found !== undefined) throw new Error(`text without control or invisible characters (found ${found})`);
}

/** The first character of a text that nobody sees, as `U+200B`; undefined where there is none. */
export function unreadableIn(text: string): string | undefined {
  const found = UNREADABLE.exec(text)?.[0].codePointAt(0);
  return found === undefined ? undefined : `U+${found.toString(16).toUpperCase().padStart(4, '0')}`;
}
