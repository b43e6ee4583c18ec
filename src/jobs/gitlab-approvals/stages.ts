import { warnWithoutTls } from '../../directories/ldap/settings.ts';
import { nameKey } from '../../directories/same-name.ts';
import type { Change, ChangeResult } from '../../engine/model.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Stages } from '../../engine/stage-types.ts';
import { InvalidRequestError } from '../../platform/errors.ts';
import { createConcurrencyLimit } from '../../platform/http-client.ts';
import { policyAt } from '../../policy/dated-policy.ts';
import { identitiesOf } from '../../targets/gitlab/identities.ts';
import { ACTIVE, type Account, type AccountState } from '../../targets/gitlab/schema.ts';
import { createGitlabTarget } from '../../targets/gitlab/target.ts';
import { changeMemberships } from './change-memberships.ts';
import { checks } from './checks.ts';
import { collect } from './collect.ts';
import { factsFormat } from './facts-format.ts';
import { subjects } from './list-subjects.ts';
import { checkAudit, keepPlanned, publishApprovals, timeForAudit } from './publish-approvals.ts';
import { type ApprovalFacts, resolve } from './resolve.ts';
import { checkSafety } from './safety.ts';
import { approvalSettings, type GitlabValues, trustPolicy } from './settings.ts';

/** Builds the stages of a run from the job's settings. */
export function buildStages(
  values: GitlabValues,
  run: Run,
  compared?: GitlabValues,
): Stages<ApprovalFacts, AccountState, Account> {
  const { server, denied, maxApprovals, audit, sources } = approvalSettings(values);
  const { root, provider } = server;
  const rules = {
    terms: { provider, denied },
    trust: policyAt(trustPolicy(values), run.startedAt),
  };
  const trust = [rules.trust, ...(compared ? [policyAt(trustPolicy(compared), run.startedAt)] : [])];
  const concurrency = createConcurrencyLimit(MAX_CONCURRENT_REQUESTS);
  const gitlab = createGitlabTarget({ ...server, concurrency, reserved: timeForAudit(run) }, run);
  const stateOf = (id: string) => gitlab.stateOf(Number(id));
  const publicLog = audit && { ...audit, concurrency, trust: rules.trust, gitlab: root, stateOf };
  warnWithoutTls(sources.ldap, run.log);
  return {
    collect: (recorder) => collect({ sources, rules, trust, target: gitlab, concurrency, run }, recorder),
    resolve: (facts) => resolve(facts, rules),
    subjects: (facts, resolved) => subjects(facts, resolved, rules),
    identity: {
      target: { gitlab: new URL(root).origin },
      compare: byId,
      hashInput: ({ account, label, rule, row }) => ({
        id: Number(account),
        username: label,
        identity: identitiesOf(row, provider),
        rule,
      }),
    },
    checkSafety: (resolved) => checkSafety(resolved, maxApprovals),
    target: () => ({
      begin: async (changes) => {
        // Nothing is read again before the writes: each approval reads its own account first.
        const notes = [
          ...(await checkAudit(publicLog, run)),
          ...(await keepPlanned(changes, publicLog, run)),
        ];
        const verify = async (results: readonly ChangeResult<AccountState, Account>[]) => {
          const published = await publishApprovals(results, publicLog, run);
          return { ...published, notes: [...notes, ...published.notes] };
        };
        return { probes: [], write: gitlab.write, verify };
      },
    }),
    comparison: {
      keyOf: nameKey,
      decisionOf: ({ kind }) => (kind === 'approve' ? 'approve' : 'wait'),
      wordOf: decisionIn,
      nothing: 'wait',
    },
    whatIf: {
      factsFormat: factsFormat(rules.trust),
      change: changeMemberships,
      compareAccess: (before, after) => Number(after === ACTIVE) - Number(before === ACTIVE),
    },
    catchUp: async () => await publishApprovals([], publicLog, run),
    checks: () => checks(sources, { trust: rules.trust, gitlab, audit: publicLog }, run),
    gauges: (_, { waiting }) => ({ accountsPending: waiting.length }),
  };
}

/** Maximum number of open HTTP requests, for all systems of a run together. */
const MAX_CONCURRENT_REQUESTS = 4;

/** The words for the two decisions in the files of other tools. */
const WORDS = {
  approve: ['approve', 'approved', 'trusted', 'true', 'yes'],
  wait: [
    'wait',
    'waiting',
    'skip',
    'skipped',
    'undecided',
    'pending',
    'untrusted',
    'none',
    'false',
    'no',
    '',
  ],
};

function decisionIn(word: string): string {
  const found = word.toLowerCase();
  if (WORDS.approve.includes(found)) return 'approve';
  if (WORDS.wait.includes(found)) return 'wait';
  const allowed = Object.values(WORDS)
    .flat()
    .filter((one) => one !== '');
  throw new InvalidRequestError(`compare: decision (found ${word}, allowed: ${allowed.join(', ')})`);
}

const byId = (a: Change<AccountState>, b: Change<AccountState>): number =>
  Number(a.account) - Number(b.account);
