import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ENVIRONMENT_SOURCE } from './environment-source.ts';
import { messageOf, SettingsError } from './errors.ts';
import type { Environment } from './settings.ts';

/** The environment, with the working directory's `.env` beneath it outside production. */
export function readEnvironment(): Environment {
  const file = join(process.cwd(), '.env');
  if (process.env.NODE_ENV === 'production' || !existsSync(file)) return process.env;
  return layered(readFileSync(file, 'utf8'), '.env');
}

/** The environment, with the variables of this file beneath it (`--env-file`). Throws `SettingsError` where it cannot be read. */
export function loadEnvironmentFile(path: string): Environment {
  try {
    return layered(readFileSync(path, 'utf8'), path);
  } catch (error) {
    throw new SettingsError([`--env-file: found a path that cannot be read: ${messageOf(error)}`]);
  }
}

function layered(content: string, file: string): Environment {
  const text = content.replace(/^\ufeff/, '');
  const found = parseEnv(text);
  const own = Object.keys(found).filter((name) => process.env[name] === undefined);
  const faults = new Map(cutValues(text, file).filter(([name]) => own.includes(name)));
  const fileOf = new Map(own.map((name) => [name, file]));
  return { ...found, ...process.env, [ENVIRONMENT_SOURCE]: { fileOf, faults } };
}

const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/;

/** Values without quotes in which a `#` follows something else than a space: the rest of the line is lost as a comment. */
function cutValues(text: string, file: string): readonly (readonly [string, string])[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, name, value = ''] = LINE.exec(line) ?? [];
    if (name === undefined || /^["'`]/.test(value) || !/^[^#]*[^\s#]#/.test(value)) return [];
    const fault = `${name}: found a value that # cuts short (${file}, line ${index + 1}), allowed: quotes around it`;
    return [[name, fault] as const];
  });
}
