import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { bundle, FRAMEWORK, FRAMEWORK_FOLDER } from './bundle.ts';
import { packageFiles } from './package-files.ts';

// The times in a zip have no zone and are written as local ones: the first moment that a zip can express, here.
const FIRST_MOMENT = new Date(1980, 0, 1);
const REGULAR_FILE_0644 = 0o100644 << 16;
const UNIX = 3;

/** The deployable files of the project at `root`, by name: the bundle, and what a platform needs to install and start it. */
export async function deployable(root: string): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  return new Map([
    ...(await bundle(root)),
    ...packageFiles(read('package.json'), read(`node_modules/${FRAMEWORK}/package.json`)),
    ['compile.cjs', read('terraform/package/compile.cjs')],
    [`${FRAMEWORK_FOLDER}/start.cjs`, read('terraform/package/start.cjs')],
    ['LICENSE', read('LICENSE')],
  ]);
}

/** The deployable files as a zip: the same content gives the same bytes, wherever and whenever. */
export async function sourceZip(root: string): Promise<Uint8Array> {
  const files = [...(await deployable(root))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const attributes = { level: 9, mtime: FIRST_MOMENT, os: UNIX, attrs: REGULAR_FILE_0644 } as const;
  const entries: Zippable = Object.fromEntries(
    files.map(([name, content]) => [
      name,
      [typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content), attributes] as const,
    ]),
  );
  return zipSync(entries);
}

/** Writes the deployable files into an empty folder, for platforms that take no zip. */
export async function writeFolder(root: string, folder: string): Promise<void> {
  for (const [name, content] of await deployable(root)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

// `node terraform/source-zip.ts [FILE.zip | FOLDER]`
if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const out = resolve(process.argv[2] ?? join(root, 'dist/muster.zip'));
  if (out.endsWith('.zip')) {
    const zip = await sourceZip(root);
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, zip);
    console.log(`${out}\nsha256:${createHash('sha256').update(zip).digest('hex')}`);
  } else {
    await writeFolder(root, out);
    console.log(out);
  }
}
