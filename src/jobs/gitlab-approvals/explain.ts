/** Explains why an account is approved or waits, and what its owner can do. */

import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Decision, Explained, ExplainedRule, Statement } from '../../engine/model.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import type { Identification, RefusalKind } from './identify.ts';
import { type Evidence, evaluateTrust, isTrusted, type OptionalSource, rulesTried } from './trust.ts';

/** What is known about one waiting account. */
export interface ApprovalCase {
  readonly account: Account;
  readonly decision: Decision<AccountState, Account> | null;
  readonly identification: Identification;
  readonly evidence: Evidence;
  readonly trust: DatedPolicy;
}

/** Why an account is approved or still waits, with what its owner can do. */
export function explain(one: ApprovalCase): Explained {
  const { account, decision, identification, evidence, trust } = one;
  const { person = null } = identification;
  const rules = person ? explainedRules(person, evidence, trust) : [];
  const { state } = account;
  return {
    person: person && { uid: person.uid, cns: person.cns, mails: person.mails, disabled: person.disabled },
    account: { id: account.id, username: account.username, state, identities: account.identities },
    statements: [
      gitlabStatement(account),
      ldapStatement(identification),
      ...optionalStatements(person, evidence, trust),
    ],
    rules,
    current: state,
    effective: state,
    desired: decision?.to ?? state,
    advice: adviceOn(one, rules),
  };
}

/** Every rule of the policy. Those after the first yes were not asked. */
function explainedRules(
  person: LdapPerson,
  evidence: Evidence,
  trust: DatedPolicy,
): readonly ExplainedRule[] {
  const evaluation = evaluateTrust(person, evidence, trust);
  const tried = rulesTried(evaluation, trust).length;
  return evaluation.answers.map(({ rule, description, answer, because, missing }, index) =>
    isTrusted(evaluation) && index >= tried && index < evaluation.answers.length - trust.expired.length
      ? {
          rule,
          description,
          answer: 'off',
          because: `not asked: rule ${evaluation.rule} says yes`,
          missing: [],
        }
      : { rule, description, answer, because, missing },
  );
}

function gitlabStatement({ username, state, identities }: Account): Statement {
  const names = identities.map(({ provider, extern_uid }) => `${provider} ${JSON.stringify(extern_uid)}`);
  const known = names.length > 0 ? names.join(', ') : 'no identity';
  return { source: 'gitlab', says: `${username} is ${state}; ${known}` };
}

/** What says that an account names no person, where it is not LDAP. */
const REFUSED_BY: Readonly<Partial<Record<RefusalKind, string>>> = {
  denied: 'settings',
  'no-identity': 'gitlab',
};

function ldapStatement({ person, refusal, refusalKind }: Identification): Statement {
  if (!person) return { source: REFUSED_BY[refusalKind] ?? 'ldap', says: refusal };
  const mails = person.mails.length > 0 ? person.mails.join(', ') : 'none';
  return { source: 'ldap', says: `${person.uid} is ${person.dn}; addresses: ${mails}` };
}

/** What the optional sources that the policy names say about a person. */
function optionalStatements(
  person: LdapPerson | null,
  evidence: Evidence,
  trust: DatedPolicy,
): readonly Statement[] {
  const named = (['phabricator', 'gerrit'] as const).filter(
    (source) => groupsNamed(trust, source).length > 0,
  );
  return person ? named.map((source) => ({ source, says: answerOf(evidence[source], person) })) : [];
}

function answerOf(source: OptionalSource, { dn }: LdapPerson): string {
  if (source === 'off') return 'off: no credentials are set';
  if (source === 'failed') return 'did not answer';
  const sentences = [...source.values()].flatMap((people) => people.get(dn)?.because ?? []);
  return sentences.length > 0 ? sentences.join('; ') : 'not asked';
}

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
  { decision, identification, trust }: ApprovalCase,
  rules: readonly ExplainedRule[],
): readonly string[] {
  if (identification.refusalKind !== undefined) return [ADVICE[identification.refusalKind]];
  if (decision?.kind === 'approve') return ['Nothing to do: a run approves this account.'];
  if (decision?.kind === 'undecided')
    return ['A source did not answer, so the answer is not known yet; the next run asks again.'];
  const ways = waysToTrust(rules, trust);
  const needed =
    ways.length > 0 ? `One of these is needed: to be ${ways.join(', or ')}.` : 'No rule can say yes now.';
  return [`${needed} An administrator of GitLab can approve the account too.`];
}

/** What each rule that can say yes still needs, together with what the gate needs. */
function waysToTrust(rules: readonly ExplainedRule[], { gate }: DatedPolicy): readonly string[] {
  const first = gate === 'none' ? undefined : rules[0];
  if (first?.answer === 'off') return [];
  const ways = rules
    .filter((one) => one !== first && one.answer !== 'off')
    .map(({ missing }) => inWords([...(first?.missing ?? []), ...missing]));
  return [...new Set(ways)];
}

const GROUP_WORDS: Readonly<Record<string, string>> = {
  ldap: 'in LDAP group',
  phabricator: 'in Phabricator project',
  gerrit: 'in Gerrit group',
  user: 'the user',
};

/** What is missing, in words: `ldap:wmf or ldap:nda` is `in LDAP group wmf or in LDAP group nda`. */
const inWords = (missing: readonly string[]): string =>
  missing
    .map((one) => (missing.length > 1 && one.includes(' or ') ? `(${one})` : one))
    .join(' and ')
    .replaceAll(/\b(ldap|phabricator|gerrit|user):/g, (_, source: string) => `${GROUP_WORDS[source]} `);
