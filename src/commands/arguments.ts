/** Checks the arguments of commands: a wrong one is refused before any system is read. */

import type { Command } from 'commander';
import { unreadableIn } from '../platform/check-setting-text.ts';
import { InvalidRequestError } from '../platform/errors.ts';

const MAX_LENGTH = 500;

/** Reads a name or a reason: a short text without invisible characters. `name` is the argument's. */
export const lineFor =
  (name: string) =>
  (text: string): string => {
    const unreadable = unreadableIn(text);
    if (unreadable !== undefined)
      throw new InvalidRequestError(
        `${name}: found ${unreadable} (allowed: text without control or invisible characters)`,
      );
    if (text.trim() !== '' && text.length <= MAX_LENGTH) return text;
    const found = text.trim() === '' ? 'nothing' : `${text.length} characters`;
    throw new InvalidRequestError(`${name}: found ${found} (allowed: 1 to ${MAX_LENGTH} characters)`);
  };

/** Reads the path of a file. */
export const pathFor =
  (name: string) =>
  (text: string): string => {
    if (text.trim() !== '' && !text.includes('\0')) return text;
    const found = text.trim() === '' ? 'nothing' : 'a NUL character';
    throw new InvalidRequestError(`${name}: found ${found} (allowed: the path of a file)`);
  };

/** Refuses an option that is given twice, in a command and its subcommands. Options that collect values may be repeated. */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (option.isBoolean() || Array.isArray(option.defaultValue)) continue;
    let count = 0;
    command.on(`option:${option.name()}`, () => {
      count += 1;
      if (count > 1) throw new InvalidRequestError(`${option.long}: found twice (allowed: once)`);
    });
  }
  for (const child of command.commands) refuseRepeated(child);
}
