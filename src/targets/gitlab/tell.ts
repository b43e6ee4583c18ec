import type { Log } from '../../runtime/log.ts';
import { identifier, identitiesOf } from './identify.ts';
import type { Facts, Rules } from './resolve.ts';
import { questionsAbout } from './trust.ts';

/** Tells, for each account, each question that was put and each answer: debug lines, which `dry-run` shows. */
export function tellQuestions({ waiting, people, evidence }: Facts, { terms, trust }: Rules, log: Log): void {
  if (!log.isLevelEnabled('debug')) return;
  const identify = identifier(people, terms);
  for (const account of waiting) {
    const about = { event: 'question', account: `${account.id}`, label: account.username };
    const named = identitiesOf(account, terms).map(
      ({ provider, extern_uid }) => `${provider} ${JSON.stringify(extern_uid)}`,
    );
    const { person, refusal } = identify(account);
    const question = `who is ${named.join(' and ') || 'an account without an identity'}?`;
    const answer = person?.uid ?? 'nobody';
    log.debug({ ...about, rule: null, question, answer, because: refusal ?? person.dn }, 'question answered');
    if (!person) continue;
    for (const { groups: _, ...asked } of questionsAbout(person, evidence, trust)) {
      log.debug({ ...about, ...asked }, 'question answered');
    }
  }
}
