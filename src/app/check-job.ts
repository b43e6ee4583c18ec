import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { CheckLine } from '../engine/check.ts';
import { runChecks } from '../engine/check.ts';
import type { Run } from '../engine/run-types.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Job, PreparedJob } from '../jobs/define-job.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { peekLease } from '../platform/lease.ts';
import { leaseStoreOf } from './lock.ts';

/** Checks everything that a run needs: settings first, then each system. */
export async function checkPrepared(
  job: Job,
  prepared: PreparedJob,
  run: Run,
): Promise<readonly CheckLine[]> {
  const count = Object.keys(job.settings).length;
  const settings: CheckLine = { name: 'settings', ok: true, found: `${count} are right`, cure: null };
  return [
    settings,
    ...(await prepared.check(run)),
    ...(await runChecks(commonChecks(prepared.settings, run))),
  ];
}

/** The check of settings that cannot be used: one line for each error. */
export const errorLines = (errors: readonly string[]): readonly CheckLine[] =>
  errors.map((found) => ({ name: 'settings', ok: false, found, cure: 'correct this setting' }));

function commonChecks(settings: CommonValues, run: Run) {
  const { LEASE_BUCKET: bucket, LOCK_DIR: folder, PUSHGATEWAY_URL: gateway } = settings;
  return [
    ...(bucket
      ? [
          {
            name: `lease gs://${bucket}`,
            cure: 'see LEASE_BUCKET, and whether the service account may read and write objects there',
            look: () => lookAtLease(settings, run),
          },
        ]
      : []),
    ...(folder
      ? [
          {
            name: `lease ${folder}`,
            cure: 'see LOCK_DIR: a folder that exists, and that every run may write to',
            look: async () => {
              await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
              return await lookAtLease(settings, run);
            },
          },
        ]
      : []),
    ...(gateway ? [gatewayCheck(gateway, run)] : []),
  ];
}

async function lookAtLease(settings: CommonValues, run: Run): Promise<string> {
  const store = await leaseStoreOf(settings, run);
  const holder = store && (await peekLease(store));
  return holder === undefined ? 'free' : `held by ${holder}`;
}

const gatewayCheck = (address: string, run: Run) => ({
  name: 'pushgateway',
  cure: 'see PUSHGATEWAY_URL',
  look: async () => {
    const send = createHttpClient({ name: 'pushgateway', root: address, headers: {} }, run);
    const { status } = await send({ method: 'GET', path: '/-/ready' });
    if (status !== 200) throw new Error(`not ready (found ${status}, allowed 200)`);
    return 'ready';
  },
});
