import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, RuleAnswer } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import type { Evaluation } from '../../policy/evaluate.ts';
import { policyNotes } from '../../policy/expiry-notes.ts';
import type { Account } from '../../targets/gitlab/schema.ts';
import { ACTIVE, type AccountState } from '../../targets/gitlab/schema.ts';
import { createIdentifier, type IdentityRules } from './identify.ts';
import { type Evidence, evaluateTrust, isTrusted, rulesTried } from './trust.ts';

/** One decision for each waiting account: approve on positive evidence, else leave it waiting. */
export function resolve(
  { waiting, people, evidence }: ApprovalFacts,
  { terms, trust }: ApprovalRules,
): Resolved<AccountState, Account> {
  const identify = createIdentifier(people, terms);
  const decisions = waiting.map((account): Decision<AccountState, Account> => {
    const { person, refusal } = identify(account);
    if (refusal !== undefined) return leaveWaiting(account, { kind: 'skipped', because: refusal, tried: [] });
    return decided(account, evaluateTrust(person, evidence, trust), trust);
  });
  return { decisions, notes: policyNotes(trust) };
}

/** Everything that decisions depend on: the waiting accounts, their people in LDAP, and what the sources say. */
export interface ApprovalFacts {
  readonly waiting: readonly Account[];
  readonly people: readonly LdapPerson[];
  readonly evidence: Evidence;
}

/** The operator's rules. */
export interface ApprovalRules {
  readonly terms: IdentityRules;
  readonly trust: DatedPolicy;
}

function decided(
  account: Account,
  evaluation: Evaluation,
  trust: DatedPolicy,
): Decision<AccountState, Account> {
  const asked = rulesTried(evaluation, trust);
  const tried = asked.map(({ rule, answer }) => ({ rule, answer }));
  if (isTrusted(evaluation)) {
    const { rule, because, groups } = evaluation;
    const move = { kind: 'approve', from: account.state, to: ACTIVE } as const;
    return { ...accountFields(account), ...move, rule, because, groups, tried };
  }
  if (evaluation.unknown !== null) {
    const because = asked.filter(({ answer }) => answer === 'failed').map((one) => one.because);
    return leaveWaiting(account, { kind: 'undecided', because: because.join('; '), tried });
  }
  const isGateClosed = evaluation.rule !== trust.otherwise.rule;
  const reason = isGateClosed ? evaluation.because : 'no rule trusts this account';
  const because = [reason, ...asked.flatMap(({ remarks }) => remarks)].join('; ');
  return leaveWaiting(account, { kind: 'skipped', because, tried });
}

const accountFields = (row: Account) => ({ account: `${row.id}`, label: row.username, row });

interface LeaveReason {
  readonly kind: 'skipped' | 'undecided';
  readonly because: string;
  readonly tried: readonly RuleAnswer[];
}

const leaveWaiting = (account: Account, why: LeaveReason): Decision<AccountState, Account> => ({
  ...accountFields(account),
  from: account.state,
  to: account.state,
  rule: null,
  groups: [],
  ...why,
});

/** A change of state in a few words. */
export const describe = (from: AccountState, to: AccountState): string => `${from} → ${to}`;
