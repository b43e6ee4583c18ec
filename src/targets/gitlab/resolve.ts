import type { LdapPerson } from '../../directories/ldap.ts';
import type { Decision, Resolved, Tried } from '../../pipeline/model.ts';
import { identifier, type Terms } from './identify.ts';
import type { Account } from './schema.ts';
import { type Evidence, type Question, questionsAbout, type Trust } from './trust.ts';

/** A GitLab state: what an account's access is here. */
export type State = string;

export const PENDING: State = 'blocked_pending_approval';
export const ACTIVE: State = 'active';

/** All that a decision is made from: the waiting accounts, the people LDAP knows for them, and what the sources say. */
export interface Facts {
  readonly waiting: readonly Account[];
  readonly people: readonly LdapPerson[];
  readonly evidence: Evidence;
}

/** What the operator decides. */
export interface Rules {
  readonly terms: Terms;
  readonly trust: Trust;
}

/** One decision for each waiting account: approve on positive evidence, else leave it waiting. */
export function resolve({ waiting, people, evidence }: Facts, { terms, trust }: Rules): Resolved<State> {
  const identify = identifier(people, terms);
  const decisions = waiting.map((account): Decision<State> => {
    const { person, refusal } = identify(account);
    if (refusal !== undefined) return left(account, { kind: 'skipped', because: refusal, tried: [] });
    return decided(account, questionsAbout(person, evidence, trust));
  });
  return { decisions, notes: [] };
}

function decided(account: Account, questions: readonly Question[]): Decision<State> {
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
  if (failed.length > 0) return left(account, { kind: 'undecided', because: failed.join('; '), tried });
  const reasons = questions.filter(({ told }) => told).map(({ because }) => because);
  const because = ['no rule trusts this account', ...reasons].join('; ');
  return left(account, { kind: 'skipped', because, tried });
}

const about = ({ id, username }: Account) => ({ account: `${id}`, label: username });

interface Left {
  readonly kind: 'skipped' | 'undecided';
  readonly because: string;
  readonly tried: readonly Tried[];
}

const left = (account: Account, why: Left): Decision<State> => ({
  ...about(account),
  from: account.state,
  to: account.state,
  rule: null,
  groups: [],
  ...why,
});

/** A move from one state to another in a few words. */
export const describe = (from: State, to: State): string => `${from} → ${to}`;
