/** Evaluates a policy for a person: the role, and the answer of each rule. */

import { rankIn } from '../engine/role-order.ts';
import type { NamedLeaf } from './conditions.ts';
import type { DatedPolicy } from './dated-policy.ts';
import {
  type Answer,
  evaluateCondition,
  type Finding,
  type Membership,
  type Sentence,
  type Sources,
  sentenceOf,
  sentenceText,
} from './evaluate-condition.ts';
import type { Gate, Policy, Rule } from './policy.ts';

/** The answer of one rule (or of the gate) for one person: why, the groups that led to a yes, and what is missing for one. */
export interface RuleEvaluation {
  readonly rule: number;
  readonly description: string | null;
  readonly answer: Answer;
  readonly because: string;
  readonly groups: readonly string[];
  readonly missing: readonly string[];
  /** What people should know about a no. */
  readonly remarks: readonly string[];
}

/** The role that the policy gives a person, with the rule, a sentence and the groups that led to it. */
export interface RoleDecision {
  readonly role: string;
  readonly rule: number;
  readonly because: string;
  readonly groups: readonly string[];
  /** Why the role is not known: a source that was not read could give more. `role` is then what is certain. */
  readonly unknown: string | null;
}

/** A decision with the answer of each rule: the gate first, then the rules in the order of the document, then the expired ones. */
export interface Evaluation extends RoleDecision {
  readonly answers: readonly RuleEvaluation[];
}

/** What a policy decides for a person, and the answer of each rule. The gate is first; then the highest role wins, and of equal ones the first. */
export const evaluate = (policy: DatedPolicy, person: Membership): Evaluation => ({
  ...decideRole(policy, person),
  answers: [
    ...conclusionFor(policy, person.sources)
      .evaluated.map((one) => answerFor(one, person.uid))
      .map((one) => withRefusal(one, policy, person.refusal)),
    ...policy.expired.map(expiredAnswer),
  ],
});

/** The answer about somebody who has nothing whatever the rules say: the gate's, or without a gate each yes, is a no for that reason. */
const withRefusal = (one: RuleEvaluation, { gate }: Policy, refusal: string | undefined): RuleEvaluation =>
  refusal !== undefined && (gate === 'none' ? one.answer === 'yes' : one.rule === gate.rule)
    ? { ...one, answer: 'no', because: refusal, groups: [] }
    : one;

/** The decision alone, without the answers that it is made from. */
export function decideRole(policy: DatedPolicy, { uid, refusal, sources }: Membership): RoleDecision {
  const { role, rule, sentence, groups, unknown } =
    refusal === undefined ? conclusionFor(policy, sources).decision : refused(policy, refusal);
  return { role, rule, because: sentenceText(sentence, uid), groups, unknown };
}

/** One rule, or the gate, with what was found. */
interface EvaluatedRule<R extends Gate = Gate> {
  readonly rule: R;
  readonly finding: Finding;
}

/** A decision for all people about whom the sources say the same. */
interface Decision extends Omit<RoleDecision, 'because'> {
  readonly sentence: Sentence;
}

interface Conclusion {
  readonly evaluated: readonly EvaluatedRule[];
  readonly decision: Decision;
}

/** A cache of conclusions by policy and by what the sources say: thousands of people are in the same groups. */
const conclusions = new WeakMap<DatedPolicy, WeakMap<Sources, Conclusion>>();

function conclusionFor(policy: DatedPolicy, sources: Sources): Conclusion {
  const known = conclusions.get(policy) ?? new WeakMap<Sources, Conclusion>();
  conclusions.set(policy, known);
  const found = known.get(sources) ?? conclude(policy, sources);
  known.set(sources, found);
  return found;
}

function conclude(policy: DatedPolicy, sources: Sources): Conclusion {
  const evaluateRule = <R extends Gate>(rule: R): EvaluatedRule<R> => ({
    rule,
    finding: evaluateCondition(rule.when, sources),
  });
  const gate = policy.gate === 'none' ? undefined : evaluateRule(policy.gate);
  const rules = policy.rules.map(evaluateRule);
  const evaluated = [...(gate ? [gate] : []), ...rules];
  if (gate && gate.finding.answer !== 'yes') return { evaluated, decision: gateDecision(policy, gate) };
  return { evaluated, decision: decide(policy, rules, gate) };
}

const nothing = ({ order }: Policy, rule: number, sentence: Sentence): Decision => ({
  role: order[0] ?? '',
  rule,
  sentence,
  groups: [],
  unknown: null,
});

const refused = (policy: Policy, text: string): Decision =>
  nothing(policy, policy.gate === 'none' ? policy.otherwise.rule : policy.gate.rule, {
    isAboutPerson: false,
    text,
  });

function gateDecision(policy: Policy, { rule, finding }: EvaluatedRule): Decision {
  const sentence = sentenceOf(finding);
  const unknown = finding.answer === 'failed' ? sentence.text : null;
  return { ...nothing(policy, rule.rule, sentence), unknown };
}

function decide(
  policy: Policy,
  rules: readonly EvaluatedRule<Rule>[],
  gate: EvaluatedRule | undefined,
): Decision {
  const rank = rankIn(policy.order);
  const [best] = rules
    .filter(({ finding }) => finding.answer === 'yes')
    .toSorted((a, b) => rank(b.rule.role) - rank(a.rule.role));
  const undecided = rules.find(
    ({ rule, finding }) => finding.answer === 'failed' && rank(rule.role) > (best ? rank(best.rule.role) : 0),
  );
  const unknown = undecided ? `rule ${undecided.rule.rule}: ${sentenceOf(undecided.finding).text}` : null;
  if (!best) {
    const sentence = { isAboutPerson: true, text: 'matches no rule' };
    return { ...nothing(policy, policy.otherwise.rule, sentence), unknown };
  }
  const groups = [...new Set([...groupsOf(best.finding), ...(gate ? groupsOf(gate.finding) : [])])];
  return { role: best.rule.role, rule: best.rule.rule, sentence: sentenceOf(best.finding), groups, unknown };
}

const groupsOf = ({ facts }: Finding) => facts.filter(({ state }) => state === 'yes').map(nameOf);

const nameOf = ({ leaf, name }: NamedLeaf) => `${leaf}:${name}`;

const answerFor = ({ rule, finding }: EvaluatedRule, uid: string): RuleEvaluation => ({
  rule: rule.rule,
  description: rule.description ?? null,
  answer: finding.answer,
  because: sentenceText(sentenceOf(finding), uid),
  groups: finding.answer === 'yes' ? groupsOf(finding) : [],
  missing: finding.missing,
  remarks: finding.facts.flatMap(({ state, detail }) =>
    state === 'no' && detail?.worthReporting ? [detail.because] : [],
  ),
});

const expiredAnswer = ({ rule, description, expires }: Rule): RuleEvaluation => ({
  rule,
  description: description ?? null,
  answer: 'off',
  because: `the rule expired on ${expires}`,
  groups: [],
  missing: [],
  remarks: [],
});

/** The decision on an account whose person no directory knows. */
export const noMatch = ({ order, otherwise }: Policy): RoleDecision => ({
  role: order[0] ?? '',
  rule: otherwise.rule,
  because: 'no person of the policy’s LDAP groups has this address',
  groups: [],
  unknown: null,
});
