import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import { defineJob, type JobDefinition } from '../define-job.ts';
import { type ApprovalFacts, describe } from './resolve.ts';
import { gitlabCrossChecks, gitlabSettings } from './settings.ts';

/** What the job consists of. */
export const gitlabDefinition: JobDefinition<typeof gitlabSettings, ApprovalFacts, AccountState, Account> = {
  name: 'gitlab-approvals',
  description: 'Approves waiting GitLab accounts whose owner is already trusted.',
  functionName: 'gitlabApprovals',
  kinds: ['approve', 'skipped', 'undecided', 'unchanged'],
  settings: gitlabSettings,
  crossChecks: gitlabCrossChecks,
  policySetting: 'GITLAB_TRUST_POLICY',
  describe,
  build: async (values, run, compared) => (await import('./stages.ts')).buildStages(values, run, compared),
};

/** Approves the waiting GitLab accounts of people who are trusted already. */
export const gitlabApprovals = defineJob(gitlabDefinition);
