import { ldapSettings, warnInTheClear } from '../../directories/ldap-settings.ts';
import { defineJob } from '../../job.ts';
import type { Change, Stages } from '../../pipeline/model.ts';
import { gateFor } from '../../runtime/http.ts';
import type { Run } from '../../runtime/run.ts';
import { collect } from './collect.ts';
import { judge } from './judge.ts';
import { describe, type Facts, resolve, type State } from './resolve.ts';
import { auditAccess, type GitlabValues, gitlabFaults, gitlabVariables } from './settings.ts';
import { gitlab } from './target.ts';

/** People who are trusted already get their waiting GitLab account approved. */
export const gitlabApprovals = defineJob({
  name: 'gitlab-approvals',
  kinds: ['approve', 'skipped', 'undecided', 'unchanged'],
  settings: gitlabVariables,
  between: gitlabFaults,
  build,
});

/** The most HTTP requests under way at once, over all systems of a run. */
const AT_ONCE = 4;

function build(values: GitlabValues, run: Run): Stages<Facts, State> {
  const provider = values.GITLAB_IDENTITY_PROVIDER;
  const rules = {
    terms: { provider, denied: values.DENIED_ACCOUNTS },
    trust: {
      organisations: values.TRUSTED_LDAP_GROUPS,
      toolforge: values.TOOLFORGE_LDAP_GROUP,
      project: values.PHABRICATOR_TRUSTED_PROJECT,
      group: values.GERRIT_TRUSTED_GROUP,
    },
  };
  const gate = gateFor(AT_ONCE);
  const { GITLAB_URL: root, GITLAB_ACCESS_TOKEN: token } = values;
  const audit = auditAccess(values);
  const target = gitlab({ root, token, provider, gate }, audit && { ...audit, gate }, run);
  warnInTheClear(ldapSettings(values), run.log);
  return {
    collect: (recorder) => collect({ values, rules, target, gate, run }, recorder),
    resolve: (facts) => resolve(facts, rules),
    identity: {
      target: { gitlab: new URL(root).origin },
      compare: byId,
      essence: ({ account, label, rule }) => ({
        id: Number(account),
        username: label,
        identity: target.identitiesOf(account),
        rule,
      }),
    },
    judge: (resolved) => judge(resolved, values.SAFETY_MAX_APPROVALS),
    target,
    gauges: (_, { waiting }) => ({ accountsPending: waiting.length }),
    describe,
  };
}

const byId = (a: Change<State>, b: Change<State>): number => Number(a.account) - Number(b.account);
