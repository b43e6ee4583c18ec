import type { Subject } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import { identitiesOf } from '../../targets/gitlab/identities.ts';
import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import { explain } from './explain.ts';
import { createIdentifier } from './identify.ts';
import type { ApprovalFacts, ApprovalRules } from './resolve.ts';

/** Lists all subjects of questions: every waiting account, with its decision. */
export function subjects(
  { waiting, people, evidence }: ApprovalFacts,
  resolved: Resolved<AccountState, Account>,
  { terms, trust }: ApprovalRules,
): readonly Subject<AccountState, Account>[] {
  const identify = createIdentifier(people, terms);
  const decisions = new Map(resolved.decisions.map((decision) => [decision.account, decision]));
  return waiting.map((account) => {
    const identification = identify(account);
    const { person } = identification;
    const identities = identitiesOf(account, terms.provider).map(({ extern_uid }) => extern_uid);
    const decision = decisions.get(`${account.id}`) ?? null;
    return {
      names: [
        ...[account.username, `${account.id}`, ...identities],
        ...(person ? [person.uid, ...person.cns, ...person.mails] : []),
      ],
      decision,
      explain: () => explain({ account, decision, identification, evidence, trust }),
    };
  });
}
