import { readGroupMembers } from '../../directories/gerrit/group-members.ts';
import { readProjectMembers } from '../../directories/phabricator/project-members.ts';
import type { Check } from '../../engine/check.ts';
import type { Run } from '../../engine/run-types.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import type { GitlabTarget } from '../../targets/gitlab/target.ts';
import { ldapChecks } from '../ldap-checks.ts';
import { type Audit, checkAudit } from './publish-approvals.ts';
import type { SourceSettings } from './settings.ts';

interface Parts {
  readonly trust: DatedPolicy;
  readonly gitlab: GitlabTarget;
  readonly audit: Audit | undefined;
}

/** Checks everything that a run of `gitlab-approvals` needs. A source that is off is not checked. */
export const checks = (
  sources: SourceSettings,
  { trust, gitlab, audit }: Parts,
  run: Run,
): readonly Check[] => [
  ...ldapChecks(
    sources.ldap,
    { groups: groupsNamed(trust, 'ldap'), mayBeEmpty: groupsNamed(trust, 'ldap') },
    run,
  ),
  {
    name: 'gitlab',
    cure: 'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode; see GITLAB_URL',
    look: async () => `${(await gitlab.read()).facts.length} accounts wait for approval`,
  },
  ...phabricatorChecks(sources, trust, run),
  ...gerritChecks(sources, trust, run),
  ...auditChecks(audit, run),
];

function phabricatorChecks(
  { phabricator: access }: SourceSettings,
  trust: DatedPolicy,
  run: Run,
): readonly Check[] {
  if (!access) return [];
  // A name that nobody has. Asking about it checks the token, its account, and whether names can be looked up.
  const people = new Map([['nobody', ['a name that nobody has']]]);
  return groupsNamed(trust, 'phabricator').map((project) => ({
    name: `phabricator ${project}`,
    cure: 'see PHABRICATOR_URL, PHABRICATOR_USER and PHABRICATOR_TOKEN, which has to be that account’s',
    look: async () => {
      await readProjectMembers(access, { project, people }, run);
      return `asked as ${access.user}`;
    },
  }));
}

function gerritChecks({ gerrit: access }: SourceSettings, trust: DatedPolicy, run: Run): readonly Check[] {
  if (!access) return [];
  return groupsNamed(trust, 'gerrit').map((group) => ({
    name: `gerrit ${group}`,
    cure: 'the group has to be an internal one that is visible to all or owned by GERRIT_USER; see GERRIT_URL and GERRIT_PASSWORD',
    look: async () => {
      const { facts } = await readGroupMembers(access, group, run);
      if (facts.isHidden)
        throw new Error('cannot see who is in it: Gerrit shows nobody, or GERRIT_USER alone');
      return `${facts.usernames.length} ${facts.usernames.length === 1 ? 'member' : 'members'}`;
    },
  }));
}

const auditChecks = (audit: Audit | undefined, run: Run): readonly Check[] =>
  audit
    ? [
        {
          name: `mediawiki ${audit.page}`,
          cure: 'see the four MEDIAWIKI_ secrets, the grants of the consumer (basic, editpage, createeditmovepage, highvolume) and MEDIAWIKI_AUDIT_PAGE',
          look: async () => {
            const notes = await checkAudit(audit, run);
            if (notes.length > 0) throw new Error(notes.map(({ because }) => because).join('; '));
            return 'the page can be read and edited';
          },
        },
      ]
    : [];
