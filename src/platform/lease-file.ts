/** Keeps a lease in a folder that all runs share. */

import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LeaseContent, type LeaseStore, type StoredLease } from './lease.ts';
import { currentProcess, hasEnded, ProcessIdentity } from './process-identity.ts';

/**
 * Each generation is a file of its own, `NAME.<number>.lock`, and the highest number is the current one. A file is created whole
 * by a hard link, which fails where the name exists: of many processes one succeeds. A file is never changed but to mark it as
 * given back, and the highest is never deleted, so a process that looked earlier can't take what another has taken since.
 *
 * | current generation    | a run that asks                 |
 * | --------------------- | ------------------------------- |
 * | none, or given back   | creates the next one            |
 * | held                  | finds it taken                  |
 * | held, time is over    | creates the next one            |
 * | held, process ended   | creates the next one            |
 */
const FileContent = LeaseContent.extend({
  process: ProcessIdentity.optional(),
  released: z.boolean().optional(),
});
type FileContent = z.infer<typeof FileContent>;

/** The number of older generations that are kept, for processes that listed the folder just before. */
const KEPT_GENERATIONS = 8;
/** The age from which a temporary file counts as left by a killed process. */
const ABANDONED_FILE_MS = 3_600_000;
const MAX_BYTES = 4096;

/** A lease in a file, in a folder that all runs share. `name` is the job's. */
export interface LeaseFolder {
  readonly folder: string;
  readonly name: string;
}

/** Keeps a lease in a folder. Errors of the file system name the folder. */
export function openLeaseFolder(place: LeaseFolder): LeaseStore {
  const readCurrent = async (): Promise<(StoredLease & { readonly released: boolean }) | undefined> => {
    const number = (await generationsIn(place)).at(-1);
    if (number === undefined) return undefined;
    const { released = false, process, ...content } = await readLock(pathOf(place, number));
    const ageMs = await ageOf(place, number);
    const abandoned = process !== undefined && (await hasEnded(process));
    return { ...content, generation: `${number}`, ageMs, abandoned, released };
  };
  return {
    put: (generation, content) =>
      inFolder(place, async () => {
        const current = await readCurrent();
        const expected = !current || current.released ? '0' : current.generation;
        if (expected !== generation) return undefined;
        const next = Number(current?.generation ?? 0) + 1;
        const whole: FileContent = { ...content, process: await currentProcess() };
        if (!(await createFile(place, next, whole))) return undefined;
        await removeOld(place, next);
        return `${next}`;
      }),
    read: () =>
      inFolder(place, async () => {
        const current = await readCurrent();
        return current?.released ? undefined : current;
      }),
    remove: (generation) =>
      inFolder(place, async () => {
        const path = pathOf(place, Number(generation));
        const released: FileContent = { ...(await readLock(path)), released: true };
        await rename(await writeTemporary(place, JSON.stringify(released)), path);
      }),
  };
}

const pathOf = ({ folder, name }: LeaseFolder, generation: number): string =>
  join(folder, `${name}.${generation}.lock`);

async function inFolder<T>({ folder }: LeaseFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`lease: the folder ${folder} can't be used: ${String(error)}`, { cause: error });
  }
}

/** The generations in the folder, in rising order. */
async function generationsIn({ folder, name }: LeaseFolder): Promise<readonly number[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.startsWith(`${name}.`))
    .flatMap((file) => /^\.([1-9]\d{0,14})\.lock$/.exec(file.slice(name.length))?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

async function readLock(path: string): Promise<FileContent> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`${path} is too large (found ${size} bytes, allowed ${MAX_BYTES})`);
  const parsed = FileContent.safeParse(jsonOrUndefined(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is no lock file (allowed: the JSON that Muster writes)`);
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeTemporary({ folder, name }: LeaseFolder, text: string): Promise<string> {
  const path = join(folder, `${name}.${randomUUID()}.tmp`);
  await writeFile(path, text, { flag: 'wx' });
  return path;
}

/** Whether this process created the generation, and it is the highest. */
async function createFile(place: LeaseFolder, next: number, content: FileContent): Promise<boolean> {
  const temporary = await writeTemporary(place, JSON.stringify(content));
  try {
    await link(temporary, pathOf(place, next));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return (await generationsIn(place)).at(-1) === next;
}

/** Milliseconds since the lease was written, by the clock of the file system: the time of a file that is written now. */
async function ageOf(place: LeaseFolder, generation: number): Promise<number> {
  const probe = await writeTemporary(place, '');
  try {
    const [now, then] = await Promise.all([stat(probe), stat(pathOf(place, generation))]);
    return now.mtimeMs - then.mtimeMs;
  } finally {
    await rm(probe, { force: true });
  }
}

/** Removes files that are no longer needed. */
async function removeOld(place: LeaseFolder, current: number): Promise<void> {
  const old = (await generationsIn(place)).filter((generation) => generation < current - KEPT_GENERATIONS);
  for (const generation of old) await rm(pathOf(place, generation), { force: true });
  const now = (await stat(pathOf(place, current))).mtimeMs;
  for (const file of await readdir(place.folder)) {
    if (!file.startsWith(`${place.name}.`) || !/\.[0-9a-f-]{36}\.tmp$/.test(file)) continue;
    const path = join(place.folder, file);
    const found = await stat(path).catch(() => undefined);
    if (found && now - found.mtimeMs > ABANDONED_FILE_MS) await rm(path, { force: true });
  }
}
