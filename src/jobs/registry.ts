import { fileVariable } from '../platform/find-setting.ts';
import type { Job } from './define-job.ts';
import { gitlabApprovals } from './gitlab-approvals/job.ts';
import { growthbookRoles } from './growthbook-roles/job.ts';

/** Every job of this deployable. */
export const jobs: readonly Job[] = [growthbookRoles, gitlabApprovals];

/** The names of all settings of all jobs: jobs can share one environment. */
export const knownSettings: readonly string[] = [
  ...new Set(
    jobs.flatMap(({ settings }) =>
      Object.entries(settings).flatMap(([name, { secret }]) =>
        secret ? [name, fileVariable(name)] : [name],
      ),
    ),
  ),
];
