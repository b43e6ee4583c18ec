import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvironmentFile } from './environment-file.ts';
import { ENVIRONMENT_SOURCE } from './environment-source.ts';
import { messageOf, SettingsError } from './errors.ts';
import type { Environment } from './settings.ts';

/** Reads the environment; outside production, variables that are not set come from the `.env` of the working directory. Throws `SettingsError` if that cannot be read. */
export function readEnvironment(): Environment {
  const path = join(process.cwd(), '.env');
  if (process.env.NODE_ENV === 'production' || !existsSync(path)) return process.env;
  return layered(path, { file: '.env', where: '.env' });
}

/** Reads the environment; variables that are not set come from this file (`--env-file`). Throws `SettingsError` if it cannot be read. */
export const loadEnvironmentFile = (path: string): Environment =>
  layered(path, { file: path, where: `--env-file ${path}` });

function layered(
  path: string,
  { file, where }: { readonly file: string; readonly where: string },
): Environment {
  const { values, errors, broken } = readFile(path, { file, where });
  const own = Object.keys(values).filter((name) => process.env[name] === undefined);
  const source = {
    fileOf: new Map(own.map((name) => [name, file])),
    errors: new Map([...errors].filter(([name]) => own.includes(name))),
    broken,
  };
  return { ...values, ...process.env, [ENVIRONMENT_SOURCE]: source };
}

function readFile(path: string, { file, where }: { readonly file: string; readonly where: string }) {
  try {
    return parseEnvironmentFile(readFileSync(path), file);
  } catch (error) {
    throw new SettingsError([`${where}: found a file that cannot be read: ${messageOf(error)}`]);
  }
}
