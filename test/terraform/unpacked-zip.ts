import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { sourceZip } from '../../terraform/source-zip.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Unpacks the source zip into a folder and installs it as the build for Google does, but for the registry: everything is in the zip. */
export async function unpackZip(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(unzipSync(await sourceZip(ROOT)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'pipe',
    env: {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_cache: join(folder, '.npm-cache'),
    },
  });
}
