import { type Access, describe } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import { defineJob, type JobDefinition } from '../define-job.ts';
import type { RoleFacts } from './resolve.ts';
import { growthBookCrossChecks, growthBookSettings } from './settings.ts';

/** What the job consists of. */
export const growthbookDefinition: JobDefinition<typeof growthBookSettings, RoleFacts, Access, Member> = {
  name: 'growthbook-roles',
  description: 'LDAP and POSIX groups decide the role of each GrowthBook member on one project.',
  functionName: 'growthbookRoles',
  kinds: ['revoke', 'downgrade', 'upgrade', 'grant', 'unchanged', 'skipped', 'pending-sign-in'],
  settings: growthBookSettings,
  crossChecks: growthBookCrossChecks,
  policySetting: 'GROWTHBOOK_POLICY',
  writeWarning:
    'GrowthBook writes its whole member list for each change: edits and sign-ins by others in the same moment can be lost.',
  describe,
  build: async (values, run, compared) => (await import('./stages.ts')).buildStages(values, run, compared),
};

/** LDAP and POSIX groups decide each GrowthBook member's role on one project. */
export const growthbookRoles = defineJob(growthbookDefinition);
