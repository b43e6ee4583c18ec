/** Takes the lease of a job: the right to write, for a limited time, whatever store it is kept in. */

import { z } from 'zod';
import { StopError } from './errors.ts';
import type { RequestContext } from './http-client.ts';

/** The content of a lease in every store: its owner, and for how many seconds. */
export const LeaseContent = z.object({ run: z.string(), seconds: z.number().positive() });
export type LeaseContent = z.infer<typeof LeaseContent>;

/** A lease as it is stored. */
export interface StoredLease extends LeaseContent {
  readonly generation: string;
  /** Milliseconds since it was written. Both times come from the store's clock, so a wrong clock here makes no difference. */
  readonly ageMs: number;
  /** True if its process has certainly ended without releasing it. */
  readonly abandoned?: boolean;
}

/** Where one job's lease is kept. Generations are preconditions: of many writers one succeeds. Throws where it can't be read or written. */
export interface LeaseStore {
  /** The new generation, or undefined where the current one is not `generation`. '0' means that there is no lease. */
  put(generation: string, content: LeaseContent): Promise<string | undefined>;
  read(): Promise<StoredLease | undefined>;
  remove(generation: string): Promise<void>;
}

/** A request for a lease: the id of the run, and the number of seconds. */
export interface LeaseRequest {
  readonly holder: string;
  readonly seconds: number;
}

/** The right to be the one enforcing run of a job. */
export interface Lease {
  /** Throws `StopError` if the lease has expired or another run has taken it. */
  stillHeld(): Promise<void>;
  /** Releases it. A failure is only logged, because the lease expires anyway. */
  release(): Promise<void>;
}

/** A lease that another run holds. */
export interface HeldLease {
  readonly heldBy: string;
}

/** A holder stops this long before another may begin, because file systems and `Date` headers count whole seconds. */
const MARGIN_MS = 2000;
const MAX_TRIES = 3;

/** Acquires the job's lease: creates it, or takes over an expired one. Throws if the store cannot be used. */
export async function acquireLease(
  store: LeaseStore,
  { holder, seconds }: LeaseRequest,
  run: RequestContext,
): Promise<Lease | HeldLease> {
  const content = { run: holder, seconds };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const startedAt = run.clock.monotonic();
    const created = await store.put('0', content);
    if (created) return leaseOf(store, { generation: created, startedAt, seconds, run });
    const found = await store.read();
    if (!found) continue;
    if (found.run === holder) return leaseOf(store, { ...found, startedAt, run });
    if (!isOver(found)) return { heldBy: found.run };
    const again = run.clock.monotonic();
    const taken = await store.put(found.generation, content);
    if (taken) return leaseOf(store, { generation: taken, startedAt: again, seconds, run });
  }
  return { heldBy: 'one of several contenders' };
}

const isOver = ({ ageMs, seconds, abandoned }: StoredLease) => abandoned === true || ageMs >= seconds * 1000;

/** The run that holds the lease now; undefined if none does. Throws if the store cannot be read. */
export async function peekLease(store: LeaseStore): Promise<string | undefined> {
  const found = await store.read();
  return found && !isOver(found) ? found.run : undefined;
}

interface AcquiredLease {
  readonly generation: string;
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly run: RequestContext;
}

function leaseOf(store: LeaseStore, { generation, startedAt, seconds, run }: AcquiredLease): Lease {
  return {
    stillHeld: async () => {
      const past = Math.round(run.clock.monotonic() - startedAt);
      const allowed = seconds * 1000 - MARGIN_MS;
      if (past >= allowed) {
        throw new StopError(`lease: expired before the run ended (found ${past} ms, allowed ${allowed})`);
      }
      const found = await store.read();
      if (found?.generation === generation) return;
      throw new StopError(`lease: no longer this run's (found ${found ? `run ${found.run}` : 'none'})`);
    },
    release: async () => {
      try {
        await store.remove(generation);
      } catch (error) {
        run.log.warn({ event: 'lease.kept', error: String(error) }, 'the lease could not be given back');
      }
    },
  };
}
