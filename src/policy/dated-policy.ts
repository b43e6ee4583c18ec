import type { Policy, Rule } from './policy.ts';

/** A policy on one day. `expired` rules count as absent; they are listed for explanations and notes. */
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
