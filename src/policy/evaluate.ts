import { rankIn } from '../engine/role-order.ts';
import { type Answer, checkCondition, type Membership, sentenceOf } from './check-condition.ts';
import type { NamedLeaf } from './conditions.ts';
import type { Gate, Policy, Rule } from './document.ts';

/** A policy on one day: `expired` rules count as absent, and are listed so that people can be told. */
export interface DatedPolicy extends Policy {
  readonly expired: readonly Rule[];
  /** Rules in force that expire within seven days. */
  readonly expiring: readonly Rule[];
}

const DAY_MS = 86_400_000;
const DAYS_OF_NOTICE = 7;

/** The policy as it is at a time, in milliseconds since 1970. */
export function policyAt(policy: Policy, now: number): DatedPolicy {
  const hasExpired = (at: number) => (rule: Rule) =>
    rule.expires !== undefined && Date.parse(rule.expires) <= at;
  const expired = policy.rules.filter(hasExpired(now));
  const rules = policy.rules.filter((rule) => !expired.includes(rule));
  return { ...policy, rules, expired, expiring: rules.filter(hasExpired(now + DAYS_OF_NOTICE * DAY_MS)) };
}

/** The answer of one rule (or of the gate) for one person: why, the groups that led to a yes, and what is missing for one. */
export interface RuleEvaluation {
  readonly rule: number;
  readonly description: string | null;
  readonly answer: Answer;
  readonly because: string;
  readonly groups: readonly string[];
  readonly missing: readonly string[];
}

/** The role that someone is due, with the rule, a sentence and the groups that led to it. */
export interface RoleDecision {
  readonly role: string;
  readonly rule: number;
  readonly because: string;
  readonly groups: readonly string[];
  /** Why the role is not known: what was not read could give more. Then `role` is what is certain. */
  readonly unknown: string | null;
}

/** A decision with the answer of each rule: the gate first, then the rules by where they stand, then the expired ones. */
export interface Evaluation extends RoleDecision {
  readonly answers: readonly RuleEvaluation[];
}

/** What a policy decides of a person, and each rule's answer. The gate comes before all; then the highest role wins, and of equals the first. */
export function evaluate(policy: DatedPolicy, person: Membership): Evaluation {
  const gate = policy.gate === 'none' ? undefined : answerOf(policy.gate, person);
  const rules = policy.rules.map((rule) => ({ ...answerOf(rule, person), role: rule.role }));
  const answers = [...(gate ? [gate] : []), ...rules, ...policy.expired.map(expiredAnswer)];
  return { ...decide(policy, person, { gate, rules }), answers };
}

interface Answers {
  readonly gate: RuleEvaluation | undefined;
  readonly rules: readonly (RuleEvaluation & { readonly role: string })[];
}

function decide(policy: Policy, person: Membership, { gate, rules }: Answers): RoleDecision {
  const lowest = policy.order[0] ?? '';
  const none = (rule: number, because: string, unknown: string | null = null): RoleDecision => ({
    role: lowest,
    rule,
    because,
    groups: [],
    unknown,
  });
  if (person.refusal !== undefined) return none(gate?.rule ?? policy.otherwise.rule, person.refusal);
  if (gate && gate.answer !== 'yes') {
    return none(gate.rule, gate.because, gate.answer === 'failed' ? gate.because : null);
  }
  const rank = rankIn(policy.order);
  const best = highest(
    rules.filter(({ answer }) => answer === 'yes'),
    rank,
  );
  const doubtful = rules.find(
    ({ answer, role }) => answer === 'failed' && rank(role) > (best ? rank(best.role) : 0),
  );
  const unknown = doubtful ? `rule ${doubtful.rule}: ${doubtful.because}` : null;
  if (!best) return none(policy.otherwise.rule, `${person.uid} matches no rule`, unknown);
  const groups = [...new Set([...best.groups, ...(gate?.groups ?? [])])];
  return { role: best.role, rule: best.rule, because: best.because, groups, unknown };
}

const highest = <T extends { readonly role: string }>(
  rules: readonly T[],
  rank: (role: string) => number,
): T | undefined =>
  rules.reduce<T | undefined>(
    (best, one) => (best && rank(best.role) >= rank(one.role) ? best : one),
    undefined,
  );

function answerOf({ rule, description, when }: Gate, person: Membership): RuleEvaluation {
  const finding = checkCondition(when, person);
  const { answer, facts, missing } = finding;
  return {
    rule,
    description: description ?? null,
    answer,
    because: sentenceOf(finding, person.uid),
    groups: answer === 'yes' ? facts.filter(({ state }) => state === 'yes').map(nameOf) : [],
    missing,
  };
}

const nameOf = ({ leaf, name }: NamedLeaf) => `${leaf}:${name}`;

const expiredAnswer = ({ rule, description, expires }: Rule): RuleEvaluation => ({
  rule,
  description: description ?? null,
  answer: 'off',
  because: `the rule expired on ${expires}`,
  groups: [],
  missing: [],
});

/** The decision on an account whose person no directory knows. */
export const noMatch = ({ order, otherwise }: Policy): RoleDecision => ({
  role: order[0] ?? '',
  rule: otherwise.rule,
  because: 'no person of the policy’s LDAP groups has this address',
  groups: [],
  unknown: null,
});
