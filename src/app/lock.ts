import { noteAbout } from '../engine/model.ts';
import { type RunState, runStateOf } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import { acquireLease, type HeldLease, type Lease, type LeaseStore } from '../platform/lease.ts';
import { openLeaseFolder } from '../platform/lease-file.ts';
import { openLeaseObject } from '../platform/lease-object.ts';
import { tryProcessLock } from '../platform/process-lock.ts';
import { createWriteGuard } from '../platform/write-guard.ts';

type State = RunState<unknown>;

/** Runs `work` under the job's locks: one run at a time in this process and, with a lease, one at a time anywhere. */
export async function withLock(
  settings: CommonValues,
  run: Run,
  work: (run: Run) => Promise<State>,
): Promise<State> {
  using lock = tryProcessLock(run.job);
  if (!lock.acquired) return skipped('another run of this process is at work');
  const lease = await leaseFor(settings, run);
  if (!lease) {
    const state = await work(run);
    return { ...state, notes: [...state.notes, noteAbout('lease', 'LEASE_BUCKET', NO_LEASE)] };
  }
  if ('heldBy' in lease) return skipped(`another run is at work: the lease is held by ${lease.heldBy}`);
  try {
    return await work({ ...run, writeGuard: createWriteGuard(lease.stillHeld) });
  } finally {
    await lease.release();
  }
}

const NO_LEASE =
  'neither it nor LOCK_DIR is set: only the limit to one instance keeps two runs from working at the same time';

const skipped = (because: string): State =>
  runStateOf({ skipped: true, notes: [noteAbout('skipped', '', because)] });

/** The store of the job's lease; undefined without a setting for it. Throws if Cloud Storage gives no access token. */
export async function leaseStoreOf(settings: CommonValues, run: Run): Promise<LeaseStore | undefined> {
  const { LEASE_BUCKET: bucket, LOCK_DIR: folder } = settings;
  if (folder) return openLeaseFolder({ folder, name: run.job });
  if (!bucket) return undefined;
  const place = {
    bucket,
    object: `${run.job}.json`,
    storage: settings.STORAGE_EMULATOR_HOST,
    metadata: `http://${settings.GCE_METADATA_HOST}`,
  };
  return await openLeaseObject(place, run);
}

async function leaseFor(settings: CommonValues, run: Run): Promise<Lease | HeldLease | undefined> {
  const store = await leaseStoreOf(settings, run);
  if (!store) return undefined;
  const seconds = settings.LEASE_SECONDS ?? settings.SYNC_DEADLINE_SECONDS + 90;
  return await acquireLease(store, { holder: run.id, seconds }, run);
}
