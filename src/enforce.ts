import { type PreparedJob, type Told, untold } from './job.ts';
import { type Held, type Lease, takeLease } from './runtime/lease.ts';
import { closedPermit } from './runtime/permit.ts';
import type { Run } from './runtime/run.ts';
import { takeTurn } from './runtime/turn.ts';

/** Carries a run out that may write: one at a time in this process, and one at a time anywhere where there is a lease. */
export async function enforce(prepared: PreparedJob, run: Run): Promise<Told> {
  using turn = takeTurn(run.job);
  if (!turn.mine) return untold('skipped', null, 'another run of this process is at work');
  const lease = await leaseFor(prepared, run);
  if (!lease) {
    const told = await prepared.reconcile(run);
    told.story.notes.push({ kind: 'lease', account: null, label: 'LEASE_BUCKET', because: UNGUARDED });
    return told;
  }
  if ('heldBy' in lease)
    return untold('skipped', null, `another run is at work: the lease is held by ${lease.heldBy}`);
  try {
    return await prepared.reconcile({ ...run, permit: closedPermit(lease.stillHeld) });
  } finally {
    await lease.release();
  }
}

const UNGUARDED = 'not set: that there is one instance is all that keeps two runs from working at once';

async function leaseFor({ settings }: PreparedJob, run: Run): Promise<Lease | Held | undefined> {
  const { LEASE_BUCKET: bucket, LEASE_SECONDS: seconds, SYNC_DEADLINE_SECONDS: deadline } = settings;
  if (!bucket) return undefined;
  return await takeLease(
    {
      bucket,
      seconds: seconds ?? deadline + 90,
      storage: settings.STORAGE_EMULATOR_HOST,
      metadata: `http://${settings.GCE_METADATA_HOST}`,
    },
    run,
  );
}
