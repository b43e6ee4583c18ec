/** Evaluates whether a person is trusted, and which sources have to be asked for that. */

import { normalizeDn } from '../../directories/ldap/dn.ts';
import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Membership } from '../../directories/phabricator/project-members.ts';
import { sameName } from '../../directories/same-name.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { type Evaluation, evaluate, type RuleEvaluation } from '../../policy/evaluate.ts';
import {
  evaluateCondition,
  type Finding,
  type LeafMembership,
  type Sources,
} from '../../policy/evaluate-condition.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import { TRUSTED } from '../../policy/trust-document.ts';

/** The optional sources. */
export type OptionalName = 'phabricator' | 'gerrit';

/** The answers of an optional source, by group and by a person's DN. The source was not asked about a person without a key. */
export type OptionalSource = 'off' | 'failed' | ReadonlyMap<string, ReadonlyMap<string, Membership>>;

/** What the sources say. `groups` maps an LDAP group's name to its members' normalised DNs. */
export interface Evidence {
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly phabricator: OptionalSource;
  readonly gerrit: OptionalSource;
}

/** What the policy decides for a person, and the answer of each rule. */
export const evaluateTrust = (person: LdapPerson, evidence: Evidence, policy: DatedPolicy): Evaluation =>
  evaluate(policy, { uid: person.uid, sources: sourcesOf(person, evidence, policy) });

/** Whether the policy trusts the person. */
export const isTrusted = ({ role }: Evaluation): boolean => role === TRUSTED;

/** The rules that were tried: those in force, for a trusted person up to the first yes. */
export function rulesTried(evaluation: Evaluation, { expired }: DatedPolicy): readonly RuleEvaluation[] {
  const inForce = evaluation.answers.slice(0, evaluation.answers.length - expired.length);
  if (!isTrusted(evaluation)) return inForce;
  return inForce.slice(0, inForce.findIndex(({ rule }) => rule === evaluation.rule) + 1);
}

/**
 * Whether an optional source has to be asked about a person: the gate or a rule before the first yes depends on its answer.
 * A source that failed or is off is not asked again.
 */
export function needsAnswer(
  person: LdapPerson,
  evidence: Evidence,
  { policy, source }: { readonly policy: DatedPolicy; readonly source: OptionalName },
): boolean {
  const sources = sourcesOf(person, evidence, policy);
  const from = sources[source];
  if (typeof from !== 'object') return false;
  const isWaiting = ({ facts }: Finding) =>
    facts.some(({ leaf, name }) => leaf === source && !from.asked.has(name));
  const gate = policy.gate === 'none' ? undefined : evaluateCondition(policy.gate.when, sources);
  if (gate?.answer === 'no' || gate?.answer === 'off') return false;
  if (gate && isWaiting(gate)) return true;
  const rules = policy.rules.map(({ when }) => evaluateCondition(when, sources));
  const firstYes = rules.findIndex(({ answer }) => answer === 'yes');
  return (firstYes < 0 ? rules : rules.slice(0, firstYes)).some(isWaiting);
}

function sourcesOf(person: LdapPerson, evidence: Evidence, policy: DatedPolicy): Sources {
  const users = groupsNamed(policy, 'user');
  return {
    ldap: ldapMembership(person, evidence.groups),
    phabricator: optionalMembership(person, evidence.phabricator),
    gerrit: optionalMembership(person, evidence.gerrit),
    user: { asked: new Set(users), in: new Set(users.filter((uid) => sameName(uid, person.uid))) },
  };
}

function ldapMembership({ dn }: LdapPerson, groups: Evidence['groups']): LeafMembership {
  const key = normalizeDn(dn);
  const own = [...groups].filter(([, members]) => members.has(key)).map(([name]) => name);
  return { asked: new Set(groups.keys()), in: new Set(own) };
}

function optionalMembership({ dn }: LdapPerson, source: OptionalSource): LeafMembership | 'off' | 'failed' {
  if (source === 'off' || source === 'failed') return source;
  const details = new Map<string, Membership>();
  for (const [group, people] of source) {
    const membership = people.get(dn);
    if (membership) details.set(group, membership);
  }
  const own = [...details].filter(([, { isMember }]) => isMember).map(([group]) => group);
  return { asked: new Set(details.keys()), in: new Set(own), details };
}
