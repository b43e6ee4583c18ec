import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from './settings.ts';

/** The environment, with the working directory's `.env` beneath it outside production. */
export function readEnvironment(): Environment {
  const file = join(process.cwd(), '.env');
  if (process.env.NODE_ENV === 'production' || !existsSync(file)) return process.env;
  return { ...parseEnv(readFileSync(file, 'utf8')), ...process.env };
}
