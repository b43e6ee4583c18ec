import type { CheckLine } from '../engine/check.ts';
import { runChecks } from '../engine/check.ts';
import type { Run } from '../engine/run.ts';
import type { CommonValues } from '../jobs/common-settings.ts';
import type { Job, PreparedJob } from '../jobs/define-job.ts';
import { peekLease } from '../platform/lease.ts';

/** Looks at everything that a run needs: settings first, then each system. */
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

/** The check of settings that cannot be used: one line for each fault. */
export const faultLines = (faults: readonly string[]): readonly CheckLine[] =>
  faults.map((found) => ({ name: 'settings', ok: false, found, cure: 'correct this setting' }));

function commonChecks(settings: CommonValues, run: Run) {
  const { LEASE_BUCKET: bucket, PUSHGATEWAY_URL: gateway } = settings;
  return [
    ...(bucket
      ? [
          {
            name: `lease gs://${bucket}`,
            cure: 'see LEASE_BUCKET, and whether the service account may read and write objects there',
            look: async () => {
              const place = {
                storage: settings.STORAGE_EMULATOR_HOST,
                metadata: `http://${settings.GCE_METADATA_HOST}`,
              };
              const held = await peekLease(
                { bucket, object: `${run.job}.json`, holder: run.id, seconds: 0, ...place },
                run,
              );
              return held === undefined ? 'free' : `held by ${held}`;
            },
          },
        ]
      : []),
    ...(gateway ? [gatewayCheck(gateway, run.userAgent)] : []),
  ];
}

const gatewayCheck = (address: string, userAgent: string) => ({
  name: 'pushgateway',
  cure: 'see PUSHGATEWAY_URL',
  look: async () => {
    const { default: got } = await import('got');
    const { statusCode } = await got(`${address}/-/ready`, {
      headers: { 'user-agent': userAgent },
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: { request: 10_000 },
    });
    if (statusCode !== 200) throw new Error(`not ready (found ${statusCode}, allowed 200)`);
    return 'ready';
  },
});
