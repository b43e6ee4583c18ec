import type { Condition } from './conditions.ts';

/** A policy: which conditions give which role. `order` ranks roles, lowest first; who matches no rule gets its first role. */
export interface Policy {
  readonly order: readonly string[];
  readonly gate: 'none' | Gate;
  readonly rules: readonly Rule[];
  readonly otherwise: { readonly rule: number };
  readonly mayBeEmpty: readonly string[];
}

/** The condition without which no rule gives anything. `rule` is the number that reports show. */
export interface Gate {
  readonly rule: number;
  readonly description?: string | undefined;
  readonly when: Condition;
}

/** One rule. From 00:00 UTC of the day `expires` on it counts as absent. */
export interface Rule extends Gate {
  readonly role: string;
  readonly expires?: string | undefined;
  readonly reason?: string | undefined;
}

/** The policy of one project, if one run manages several projects. */
export interface ProjectPolicy {
  readonly project: string;
  readonly policy: Policy;
}
