import { rankIn } from '../engine/role-order.ts';
import { type Condition, type Leaf, leavesOf, populationOf } from './conditions.ts';
import type { Policy } from './policy.ts';

const conditionsOf = ({ gate, rules }: Policy): readonly Condition[] =>
  [...(gate === 'none' ? [] : [gate]), ...rules].map(({ when }) => when);

/** The groups of one source (or the users) that a policy names, once each. */
export const groupsNamed = (policy: Policy, leaf: Leaf): readonly string[] => [
  ...new Set(
    conditionsOf(policy)
      .flatMap(leavesOf)
      .filter((one) => one.leaf === leaf)
      .map(({ name }) => name),
  ),
];

/** The same of several policies together. */
export const groupsNamedByAny = (policies: readonly Policy[], leaf: Leaf): readonly string[] => [
  ...new Set(policies.flatMap((policy) => groupsNamed(policy, leaf))),
];

/** The groups and users to whom the policy can give anything, by source. Nobody else has to be read. */
export function populationNamed({ gate, rules }: Policy, leaf: Leaf): readonly string[] {
  const gates = gate === 'none' ? [] : [gate.when];
  const needed = rules.flatMap(({ when }) => populationOf({ all: [when, ...gates] }) ?? []);
  return [...new Set(needed.filter((one) => one.leaf === leaf).map(({ name }) => name))];
}

/** The highest role that a rule gives. */
export function highestRole({ order, rules }: Policy): string {
  const rank = rankIn(order);
  return rules.map(({ role }) => role).reduce((a, b) => (rank(b) > rank(a) ? b : a), order[0] ?? '');
}
