import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

const KINDS = ['.ts', '.cjs', '.yaml', '.json'];

/** Pages for people: they stand beside the code and are not deployed. */
const PAGES = '.md';

/** Scripts that npm or Google's buildpack would run while the function is built. */
const BUILD_SCRIPTS = ['build', 'gcp-build', 'preinstall', 'install', 'postinstall', 'prepare'];

// The times in a zip have no zone and are written as local ones: the first moment that a zip can express, here.
const FIRST_MOMENT = new Date(1980, 0, 1);
const REGULAR_FILE_0644 = 0o100644 << 16;
const UNIX = 3;

/** The deployable source of the project at `root` as a zip: the same content gives the same bytes, wherever and whenever. Refuses a file of an unexpected kind, and scripts that would run in the build. */
export function sourceZip(root: string): Uint8Array {
  refuseBuildScripts(root);
  const paths = ['package.json', 'package-lock.json', ...filesUnder(root, 'src')].toSorted(byCodeUnit);
  const files: Zippable = Object.fromEntries(
    paths.map((path) => [
      path,
      [
        readFileSync(join(root, path)),
        { level: 9, mtime: FIRST_MOMENT, os: UNIX, attrs: REGULAR_FILE_0644 },
      ] as const,
    ]),
  );
  return zipSync(files);
}

const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function filesUnder(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(root, path);
    if (entry.isFile() && entry.name.endsWith(PAGES)) return [];
    if (entry.isFile() && KINDS.some((kind) => entry.name.endsWith(kind))) return [path];
    throw new Error(
      `source zip: ${path} does not belong (found a file of another kind, allowed: ${KINDS.join(', ')})`,
    );
  });
}

function refuseBuildScripts(root: string): void {
  const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  const found = BUILD_SCRIPTS.filter((name) => scripts[name]);
  if (found.length > 0)
    throw new Error(
      `source zip: package.json has scripts that would run in the build (found ${found.join(', ')}, allowed: none of ${BUILD_SCRIPTS.join(', ')})`,
    );
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const out = resolve(process.argv[2] ?? join(root, 'dist/muster.zip'));
  const zip = sourceZip(root);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, zip);
  console.log(`${out}\nsha256:${createHash('sha256').update(zip).digest('hex')}`);
}
