import { normalizeDn } from '../../directories/ldap/dn.ts';
import type { LdapPerson } from '../../directories/ldap/groups-and-people.ts';
import type { Membership } from '../../directories/phabricator/project-members.ts';
import type { RuleAnswer } from '../../engine/model.ts';

/** What the operator trusts: the names of LDAP groups, and of the project and the group elsewhere. */
export interface Trust {
  readonly organisations: readonly string[];
  readonly toolforge: string;
  readonly project: string;
  readonly group: string;
}

/** A source that need not be there. Its word is keyed by a person's DN; who is not among the keys was not asked. */
export type OptionalSource = 'off' | 'failed' | ReadonlyMap<string, Membership>;

/** What the sources say. `groups` maps an LDAP group's name to its members' normalised DNs. */
export interface Evidence {
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly phabricator: OptionalSource;
  readonly gerrit: OptionalSource;
}

/** One rule's question about a person, and the answer. `told` where a no has a reason worth telling. */
export interface RuleEvaluation extends RuleAnswer {
  readonly question: string;
  readonly because: string;
  readonly groups: readonly string[];
  readonly worthReporting?: boolean;
}

/** The kinds of trust, by rule: all that the public learns of why. */
export const TRUST_KINDS: Readonly<Record<number, string>> = {
  1: 'organisation',
  2: 'Toolforge',
  3: 'Trusted-Contributors in Phabricator',
  4: 'Trusted-Contributors in Gerrit',
};

type Ask = (person: LdapPerson, evidence: Evidence, trust: Trust) => RuleEvaluation;

const RULES: readonly Ask[] = [
  (person, evidence, { organisations }) => inLdap(1, person, { names: organisations, evidence }),
  (person, evidence, { toolforge }) => inLdap(2, person, { names: [toolforge], evidence }),
  (person, { phabricator }, { project }) =>
    inOtherSystem(3, person, { place: 'phabricator', name: project, found: phabricator }),
  (person, { gerrit }, { group }) =>
    inOtherSystem(4, person, { place: 'gerrit', name: group, found: gerrit }),
];

/** The rules' questions about a person, in order, up to the first yes. */
export function evaluateRules(
  person: LdapPerson,
  evidence: Evidence,
  trust: Trust,
): readonly RuleEvaluation[] {
  const asked: RuleEvaluation[] = [];
  for (const ask of RULES) {
    const question = ask(person, evidence, trust);
    asked.push(question);
    if (question.answer === 'yes') break;
  }
  return asked;
}

/** Every rule's answer about a person. Rules after the first yes were not asked. */
export function explainRules(
  person: LdapPerson,
  evidence: Evidence,
  trust: Trust,
): readonly RuleEvaluation[] {
  const asked = evaluateRules(person, evidence, trust);
  const yes = asked.find(({ answer }) => answer === 'yes');
  const rest = RULES.slice(asked.length).map((ask): RuleEvaluation => {
    const { rule, question } = ask(person, evidence, trust);
    return { rule, question, answer: 'off', because: `not asked: rule ${yes?.rule} says yes`, groups: [] };
  });
  return [...asked, ...rest];
}

/** Whether LDAP alone answers for a person, so that nobody else is asked. */
export const isDecidedByLdap = (person: LdapPerson, evidence: Evidence, trust: Trust): boolean =>
  evaluateRules(person, evidence, trust).some(({ rule, answer }) => rule <= 2 && answer === 'yes');

/** Whether Phabricator or what comes before it answers for a person. */
export const isDecidedBeforeGerrit = (person: LdapPerson, evidence: Evidence, trust: Trust): boolean =>
  evaluateRules(person, evidence, trust).some(({ rule, answer }) => rule <= 3 && answer === 'yes');

function inLdap(
  rule: number,
  person: LdapPerson,
  { names, evidence }: { names: readonly string[]; evidence: Evidence },
): RuleEvaluation {
  const dn = normalizeDn(person.dn);
  const found = names.filter((name) => evidence.groups.get(name)?.has(dn));
  const groups = found.map((name) => `ldap:${name}`);
  const question = `is ${person.uid} in LDAP ${names.join(' or ')}?`;
  const isIn = found.length > 0;
  const because = `${person.uid} is ${isIn ? '' : 'not '}in LDAP ${(isIn ? found : names).join(', ')}`;
  return { rule, question, answer: isIn ? 'yes' : 'no', because, groups };
}

const PLACES = { phabricator: 'Phabricator', gerrit: 'Gerrit' } as const;

function inOtherSystem(
  rule: number,
  person: LdapPerson,
  { place, name, found }: { place: keyof typeof PLACES; name: string; found: OptionalSource },
): RuleEvaluation {
  const question = `is ${person.uid} in ${PLACES[place]} ${name}?`;
  const about = { rule, question, groups: [] };
  if (found === 'off') return { ...about, answer: 'off', because: `${PLACES[place]} is off` };
  const membership = found === 'failed' ? undefined : found.get(person.dn);
  if (!membership) return { ...about, answer: 'failed', because: `${PLACES[place]} did not answer` };
  const { isMember, because, worthReporting } = membership;
  if (!isMember) return { ...about, answer: 'no', because, ...(worthReporting ? { worthReporting } : {}) };
  return { ...about, answer: 'yes', because, groups: [`${place}:${name}`] };
}
