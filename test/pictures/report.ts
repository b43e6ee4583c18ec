import { runJob } from '../../src/app/run-job.ts';
import { growthbookRoles } from '../../src/jobs/growthbook-roles/job.ts';
import { knownSettings } from '../../src/jobs/registry.ts';
import type { Report, UnchangedAccount } from '../../src/reports/report.ts';
import { stillClock } from '../sandbox/clock.ts';
import { startGrowthBookSandbox } from '../sandbox/growthbook/sandbox.ts';

/** A run of the example, and the accounts that it left as they are. */
export interface Shown {
  readonly report: Report;
  readonly unchanged: readonly UnchangedAccount[];
}

/** Runs `growthbook-roles` against the example: the plan is refused, or carried out. */
export async function exampleRun(outcome: 'refused' | 'applied'): Promise<Shown> {
  const clock = stillClock();
  const sandbox = await startGrowthBookSandbox({ now: clock.now });
  const limits = outcome === 'refused' ? { SAFETY_MAX_COUNT: '3', SAFETY_MAX_PERCENT: '1' } : {};
  try {
    const { report, unchanged } = await runJob(
      growthbookRoles,
      { dryRun: outcome === 'refused' },
      {
        environment: { ...sandbox.environment, ...limits, MODE: 'enforce' },
        clock,
        log: { write: () => undefined },
        known: knownSettings,
      },
    );
    if (report.outcome !== outcome) throw new Error(`found ${report.outcome}, allowed ${outcome}`);
    return { report: withoutPlaces(report), unchanged: unchanged() };
  } finally {
    await sandbox.close();
  }
}

/** The report as of a real installation: ports and run ids are others each time. */
function withoutPlaces(report: Report): Report {
  const text = JSON.stringify(report)
    .replaceAll(/ldap:\/\/127\.0\.0\.1:\d+/g, 'ldaps://ldap.example.org')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'https://growthbook-api.example.org');
  const { run, planHash, ...rest } = JSON.parse(text) as Report;
  const hash = `sha256:${'7c'.repeat(32)}`;
  const id = '3f0c5a52-6a8e-4d8e-9d55-0c7a4a1f2b11';
  return { ...rest, run: { ...run, id, durationMs: 412 }, planHash: planHash === null ? null : hash };
}
