import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, RuleAnswer } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import type { Account } from '../../targets/gitlab/schema.ts';
import { ACTIVE, type AccountState } from '../../targets/gitlab/schema.ts';
import { createIdentifier, type IdentityRules } from './identify.ts';
import { type Evidence, evaluateRules, type RuleEvaluation, type Trust } from './trust.ts';

/** All that a decision is made from: the waiting accounts, the people LDAP knows for them, and what the sources say. */
export interface ApprovalFacts {
  readonly waiting: readonly Account[];
  readonly people: readonly LdapPerson[];
  readonly evidence: Evidence;
}

/** What the operator decides. */
export interface ApprovalRules {
  readonly terms: IdentityRules;
  readonly trust: Trust;
}

/** One decision for each waiting account: approve on positive evidence, else leave it waiting. */
export function resolve(
  { waiting, people, evidence }: ApprovalFacts,
  { terms, trust }: ApprovalRules,
): Resolved<AccountState, Account> {
  const identify = createIdentifier(people, terms);
  const decisions = waiting.map((account): Decision<AccountState, Account> => {
    const { person, refusal } = identify(account);
    if (refusal !== undefined) return leaveWaiting(account, { kind: 'skipped', because: refusal, tried: [] });
    return decided(account, evaluateRules(person, evidence, trust));
  });
  return { decisions, notes: [] };
}

function decided(account: Account, questions: readonly RuleEvaluation[]): Decision<AccountState, Account> {
  const tried = questions.map(({ rule, answer }) => ({ rule, answer }));
  const yes = questions.find(({ answer }) => answer === 'yes');
  if (yes) {
    const { rule, because, groups } = yes;
    return {
      ...about(account),
      kind: 'approve',
      from: account.state,
      to: ACTIVE,
      rule,
      because,
      groups,
      tried,
    };
  }
  const failed = questions.filter(({ answer }) => answer === 'failed').map(({ because }) => because);
  if (failed.length > 0)
    return leaveWaiting(account, { kind: 'undecided', because: failed.join('; '), tried });
  const reasons = questions.filter(({ worthReporting }) => worthReporting).map(({ because }) => because);
  const because = ['no rule trusts this account', ...reasons].join('; ');
  return leaveWaiting(account, { kind: 'skipped', because, tried });
}

const about = (row: Account) => ({ account: `${row.id}`, label: row.username, row });

interface LeaveReason {
  readonly kind: 'skipped' | 'undecided';
  readonly because: string;
  readonly tried: readonly RuleAnswer[];
}

const leaveWaiting = (account: Account, why: LeaveReason): Decision<AccountState, Account> => ({
  ...about(account),
  from: account.state,
  to: account.state,
  rule: null,
  groups: [],
  ...why,
});

/** A move from one state to another in a few words. */
export const describe = (from: AccountState, to: AccountState): string => `${from} → ${to}`;
