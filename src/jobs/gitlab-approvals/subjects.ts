import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Subject } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import { identitiesOf } from '../../targets/gitlab/identities.ts';
import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import { createIdentifier } from './identify.ts';
import type { ApprovalFacts, ApprovalRules } from './resolve.ts';

/** A waiting account with the person behind it, where there is exactly one. */
export interface ApprovalSubject extends Subject<AccountState, Account> {
  readonly account: Account;
  readonly person: LdapPerson | null;
}

/** Every waiting account, with the decision that was made. */
export function subjects(
  { waiting, people }: ApprovalFacts,
  resolved: Resolved<AccountState, Account>,
  { terms }: ApprovalRules,
): readonly ApprovalSubject[] {
  const identify = createIdentifier(people, terms);
  const decisions = new Map(resolved.decisions.map((decision) => [decision.account, decision]));
  return waiting.map((account) => {
    const { person = null } = identify(account);
    const identities = identitiesOf(account, terms.provider).map(({ extern_uid }) => extern_uid);
    const personal = person ? [person.uid, ...person.cns, ...person.mails] : [];
    return {
      names: [account.username, `${account.id}`, ...identities, ...personal],
      decision: decisions.get(`${account.id}`) ?? null,
      account,
      person,
    };
  });
}
