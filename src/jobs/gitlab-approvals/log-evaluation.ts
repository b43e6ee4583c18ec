import type { Log } from '../../platform/log.ts';
import { questionAbout } from '../../policy/condition-as-question.ts';
import { identitiesOf } from '../../targets/gitlab/identities.ts';
import { createIdentifier } from './identify.ts';
import type { ApprovalFacts, ApprovalRules } from './resolve.ts';
import { evaluateTrust, rulesTried } from './trust.ts';

/** Logs each question and its answer for each account, at debug level. */
export function logEvaluation(
  { waiting, people, evidence }: ApprovalFacts,
  { terms, trust }: ApprovalRules,
  log: Log,
): void {
  if (!log.isLevelEnabled('debug')) return;
  const identify = createIdentifier(people, terms);
  const gates = trust.gate === 'none' ? [] : [trust.gate];
  const questions = new Map(
    [...gates, ...trust.rules].map(({ rule, when }) => [rule, (uid: string) => questionAbout(uid, when)]),
  );
  for (const account of waiting) {
    const about = { event: 'question', account: `${account.id}`, label: account.username };
    const named = identitiesOf(account, terms.provider).map(
      ({ provider, extern_uid }) => `${provider} ${JSON.stringify(extern_uid)}`,
    );
    const { person, refusal } = identify(account);
    const question = `who is ${named.join(' and ') || 'an account without an identity'}?`;
    const answer = person?.uid ?? 'nobody';
    log.debug({ ...about, rule: null, question, answer, because: refusal ?? person.dn }, 'question answered');
    if (!person) continue;
    for (const { rule, answer, because } of rulesTried(evaluateTrust(person, evidence, trust), trust)) {
      const asked = { rule, question: questions.get(rule)?.(person.uid), answer, because };
      log.debug({ ...about, ...asked }, 'question answered');
    }
  }
}
