/** The schema of what both kinds of policy have: rules, gate and version. */

import { z } from 'zod';
import { canonicalJson } from '../platform/canonical-json.ts';
import {
  type Condition,
  conditionKeys,
  conditionSchema,
  exactlyOneOf,
  leavesOf,
  populationOf,
  type Source,
} from './conditions.ts';
import type { Gate } from './policy.ts';

/** What both kinds of policy are made of, over these sources. `object` makes it strict about unknown keys or not. */
export function ruleSchemas(sources: readonly Source[], object: typeof z.object) {
  const condition = conditionSchema(sources, object);
  const keys = ['when', ...sources, 'user', 'any', 'all', 'not'];
  const gate = object({
    rule: RuleNumber.optional(),
    description: Text.optional(),
    when: condition.optional(),
    ...conditionKeys(sources, () => condition),
  })
    .superRefine(exactlyOneOf(keys))
    .meta({ oneOf: keys.map((key) => ({ required: [key] })) });
  return {
    condition,
    gate: z
      .union([z.literal('none'), gate])
      .describe('`none`, or the condition without which no rule gives anything'),
    ruleKeys: {
      rule: RuleNumber,
      description: Text.optional().describe('what the rule is for; reports show it'),
      expires: z.iso.date().optional().describe('from this day on (00:00 UTC) the rule counts as absent'),
      reason: Text.optional().describe('why the rule exists, for a rule that expires'),
    },
  };
}

const Text = z.string().min(1);

/** The number of a rule, as reports and logs show it. */
export const RuleNumber = z.int().positive().describe('the number that reports and logs show');

/** The version of the language. Nothing depends on it yet. */
export const Version = z
  .literal([1, 2])
  .optional()
  .describe('the version of the language; nothing depends on it');

type GateContent = Condition & {
  readonly rule?: number | undefined;
  readonly description?: string | undefined;
  readonly when?: Condition | undefined;
};

/** The gate in the form of policies. One without a number is rule 1, or rule 0 where another rule has that number. */
export function toGate(gate: 'none' | GateContent, numbers: readonly number[]): 'none' | Gate {
  if (gate === 'none') return gate;
  const { rule = numbers.includes(1) ? 0 : 1, description, when, ...condition } = gate;
  return { rule, ...(description ? { description } : {}), when: when ?? condition };
}

/** The errors that rules of both kinds of policy can have. `others` are numbers in other places of the document. */
export function ruleFaults(
  gate: 'none' | Gate,
  rules: readonly Gate[],
  others: readonly number[] = [],
): readonly string[] {
  const gates = gate === 'none' ? [] : [gate];
  const numbers = [...[...gates, ...rules].map(({ rule }) => rule), ...others];
  const isForAnybody = ({ when }: Gate) =>
    populationOf({ all: [...gates.map((one) => one.when), when] }) === undefined;
  return [
    ...duplicates(numbers).map((rule) => `rule ${rule} occurs twice`),
    ...[...gates, ...rules].flatMap(({ rule, when }) =>
      doubles(when).map((name) => `rule ${rule}: ${name} occurs twice`),
    ),
    ...rules
      .filter(isForAnybody)
      .map(
        ({ rule }) =>
          `rule ${rule}: is true for people in no group (allowed: a condition that needs a group or a user)`,
      ),
  ];
}

/** The values that occur twice in one list of a condition. */
function doubles(condition: Condition): readonly string[] {
  const inner = condition.any ?? condition.all ?? (condition.not ? [condition.not] : []);
  return [
    ...duplicates(inner.map(canonicalJson)).map((text) => nameOf(JSON.parse(text) as Condition)),
    ...inner.flatMap(doubles),
  ];
}

function nameOf(condition: Condition): string {
  const names = leavesOf(condition).map(({ leaf, name }) => `${leaf === 'user' ? 'user' : 'group'} ${name}`);
  return names.length === 1 ? names.join() : 'a condition';
}

/** The values that occur more than once, each once. */
export const duplicates = <T>(values: readonly T[]): readonly T[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
