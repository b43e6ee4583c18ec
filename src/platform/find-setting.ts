/** Finds the text of a setting: in a variable, or in the file that another variable names. */

import { readFileSync } from 'node:fs';
import { ENVIRONMENT_SOURCE } from './environment-source.ts';
import { messageOf } from './errors.ts';
import type { Environment, Setting } from './setting-types.ts';

/** The variable that names a file with the value of a secret setting: Kubernetes, Docker and systemd provide secrets as files. */
export const fileVariable = (name: string): string => `${name}_FILE`;

/** The text of one variable as it was found, and where. `error` says why it cannot be used. */
export interface FoundValue {
  readonly text: string | undefined;
  readonly from: string;
  readonly error?: string;
}

/** Finds a variable's text; a secret's may be in the file that `NAME_FILE` names. White space at the ends is cut, from a password only line ends. */
export function findValue(
  [name, setting]: readonly [string, Setting<unknown>],
  environment: Environment,
): FoundValue {
  const own = trimmed(setting, environment[name]);
  const path = setting.secret ? environment[fileVariable(name)]?.trim() : undefined;
  if (!path) {
    const from = environment[ENVIRONMENT_SOURCE]?.fileOf.get(name);
    return { text: own, from: own === undefined ? 'not set' : (from ?? 'environment') };
  }
  const from = `file (${fileVariable(name)})`;
  if (own !== undefined)
    return { text: own, from, error: `${fileVariable(name)}: found beside ${name}, allowed: one of the two` };
  try {
    return { text: trimmed(setting, readFileSync(path, 'utf8')), from };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? messageOf(error);
    const message = `${fileVariable(name)}: found a path that cannot be read (${code}), allowed: a file with the secret`;
    return { text: undefined, from, error: message };
  }
}

function trimmed({ keepsSpaces }: Setting<unknown>, value: string | undefined): string | undefined {
  const text = value?.trim();
  return keepsSpaces && text
    ? value
        ?.replace(/^[\r\n]+/, '')
        .replace(/[\r\n]$/, '')
        .replace(/[\r\n]$/, '')
    : text;
}
