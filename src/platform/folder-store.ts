import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareText } from './compare-text.ts';
import type { ObjectStore } from './object-store.ts';

const MAX_BYTES = 64 * 2 ** 20;

/** A store in a folder, which is made where it is missing. A reader never sees half a file. */
export function folderStore(root: string): ObjectStore {
  return {
    put: async ({ name, text }) => {
      const path = join(root, name);
      const part = `${path}.${randomUUID()}.part`;
      await mkdir(dirname(path), { recursive: true });
      try {
        await writeFile(part, text);
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    list: async (folder, from) => {
      const found = await readdir(join(root, folder), { withFileTypes: true }).catch(noneWhereMissing);
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => `${folder}/${entry.name}`)
        .filter((name) => compareText(name, from) >= 0)
        .toSorted(compareText);
    },
    get: async (name) => {
      const path = join(root, name);
      const { size } = await stat(path);
      if (size > MAX_BYTES) throw new Error(`${name}: too large (found ${size} bytes, allowed ${MAX_BYTES})`);
      return await readFile(path, 'utf8');
    },
  };
}

function noneWhereMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
