import type { Decision, Explained, ExplainedRule, Statement } from '../../engine/model.ts';
import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import type { Identification, RefusalKind } from './identify.ts';
import { type Evidence, explainRules, TRUST_KINDS, type Trust } from './trust.ts';

/** What is known of one waiting account. */
export interface ApprovalCase {
  readonly account: Account;
  readonly decision: Decision<AccountState, Account> | null;
  readonly identification: Identification;
  readonly evidence: Evidence;
  readonly trust: Trust;
}

/** Why an account is approved or still waits, with what its owner can do. */
export function explain(one: ApprovalCase): Explained {
  const { account, decision, identification, evidence, trust } = one;
  const { person = null } = identification;
  const rules = person ? explainRules(person, evidence, trust).map((rule) => explainedRule(rule, trust)) : [];
  const { state } = account;
  return {
    person: person && { uid: person.uid, cns: person.cns, mails: person.mails, disabled: person.disabled },
    account: { id: account.id, username: account.username, state, identities: account.identities },
    statements: [gitlabSays(account), ldapSays(identification), ...otherSays(rules)],
    rules,
    current: state,
    effective: state,
    desired: decision?.to ?? state,
    advice: adviceOn(one, rules),
  };
}

function explainedRule(
  { rule, answer, because }: ReturnType<typeof explainRules>[number],
  trust: Trust,
): ExplainedRule {
  const missing = answer === 'no' ? namesOf(rule, trust) : [];
  return { rule, description: TRUST_KINDS[rule] ?? null, answer, because, missing };
}

/** What a rule needs, as its source and name: one alternative of several is enough. */
function namesOf(rule: number, { organisations, toolforge, project, group }: Trust): readonly string[] {
  const names: Readonly<Record<number, string>> = {
    1: organisations.map((name) => `ldap:${name}`).join(' or '),
    2: `ldap:${toolforge}`,
    3: `phabricator:${project}`,
    4: `gerrit:${group}`,
  };
  return [names[rule] ?? `rule ${rule}`];
}

function gitlabSays({ username, state, identities }: Account): Statement {
  const names = identities.map(({ provider, extern_uid }) => `${provider} ${JSON.stringify(extern_uid)}`);
  const known = names.length > 0 ? names.join(', ') : 'no identity';
  return { source: 'gitlab', says: `${username} is ${state}; ${known}` };
}

function ldapSays({ person, refusal }: Identification): Statement {
  if (!person) return { source: 'ldap', says: refusal };
  const mails = person.mails.length > 0 ? person.mails.join(', ') : 'none';
  return { source: 'ldap', says: `${person.uid} is ${person.dn}; addresses: ${mails}` };
}

const otherSays = (rules: readonly ExplainedRule[]): readonly Statement[] =>
  rules
    .filter(({ rule }) => rule >= 3)
    .map(({ rule, because }) => ({ source: rule === 3 ? 'phabricator' : 'gerrit', says: because }));

const ADVICE: Readonly<Record<RefusalKind, string>> = {
  denied: 'An administrator has denied this account; ask the administrators of GitLab.',
  'no-identity':
    'Sign in to GitLab once with your developer account, so that GitLab knows whose account this is.',
  'unknown-person':
    'The developer account that GitLab names does not exist in LDAP; sign in to GitLab again, or ask the administrators.',
  'two-people': 'Several people in LDAP have this name; ask the administrators to make the names differ.',
  mismatch:
    'The GitLab user name and the developer account differ; ask the administrators of GitLab to rename the account.',
  'disabled-account': 'The developer account is disabled in LDAP; ask the administrators of LDAP.',
};

function adviceOn(
  { decision, identification }: ApprovalCase,
  rules: readonly ExplainedRule[],
): readonly string[] {
  if (identification.refusalKind !== undefined) return [ADVICE[identification.refusalKind]];
  if (decision?.kind === 'approve') return ['Nothing to do: a run approves this account.'];
  const failed = rules.filter(({ answer }) => answer === 'failed');
  if (failed.length > 0) {
    return ['A source did not answer, so that nobody knows yet; the next run asks again.'];
  }
  const ways = rules.flatMap(({ missing }) => missing);
  return [
    `One of these is needed: ${ways.join(', or ')}. An administrator of GitLab can approve the account too.`,
  ];
}
