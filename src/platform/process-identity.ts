import { readFile, readlink } from 'node:fs/promises';
import { z } from 'zod';

/**
 * One process among all machines and containers: `space` is where its id means something (the machine since its start, and the
 * process namespace), `startedAt` tells it from a later process with the same id.
 */
export const ProcessIdentity = z.object({
  space: z.string(),
  pid: z.int().positive(),
  startedAt: z.string(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** The identity of this process; undefined on systems other than Linux. */
export async function currentProcess(): Promise<ProcessIdentity | undefined> {
  const { pid } = process;
  const [space, status] = await Promise.all([currentSpace(), statusOf(pid)]);
  return space === undefined || !status ? undefined : { space, pid, startedAt: status.startedAt };
}

/** Whether that process has certainly ended. False if that cannot be known from here: another machine, container or user. */
export async function hasEnded({ space, pid, startedAt }: ProcessIdentity): Promise<boolean> {
  if ((await currentSpace()) !== space) return false;
  if (!exists(pid)) return true;
  const found = await statusOf(pid);
  return found !== undefined && (found.startedAt !== startedAt || found.isZombie);
}

/** Whether any user's process has this id: `/proc` may hide those of other users. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function currentSpace(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of proc_pid_stat(5); `startedAt` is in ticks since the machine's start. Undefined where it can't be read. */
async function statusOf(pid: number): Promise<{ startedAt: string; isZombie: boolean } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', startedAt] = [fields[0], fields[19]];
    return startedAt === undefined ? undefined : { startedAt, isZombie: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}
