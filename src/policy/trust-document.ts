/** Reads a document of trust: who is trusted. */

import { z } from 'zod';
import type { Source } from './conditions.ts';
import type { Policy } from './policy.ts';
import { ruleFaults, ruleSchemas, toGate, Version } from './rule-schema.ts';
import { readDocument } from './yaml-document.ts';

const SOURCES: readonly Source[] = ['ldap', 'phabricator', 'gerrit'];

/** The role that a rule of trust gives, and the order in which a policy of trust has its two roles. */
export const TRUSTED = 'trusted';
const ORDER = ['untrusted', TRUSTED];

/** A description is published on a wiki as the kind of trust, so it has no character of wikitext. */
const PublishedText = z
  .string()
  .regex(
    /^[^[\]{}|<>&#~'\p{Cc}]+$/u,
    'text without [ ] { } | < > & # ~ or apostrophes, since it is published',
  );

/** The document, strict about unknown keys or not. */
function documentOf(object: typeof z.object) {
  const { condition, gate, ruleKeys } = ruleSchemas(SOURCES, object);
  const Rule = object({
    ...ruleKeys,
    description: PublishedText.optional().describe(
      'the kind of trust; reports and the public audit log show it',
    ),
    when: condition.describe('for whom the rule says yes'),
    trust: z.literal(true).describe('what the rule gives'),
  });
  return object({
    version: Version,
    gate: gate.default('none'),
    rules: z.array(Rule).min(1).describe('who is trusted; the first rule that says yes decides'),
  });
}

const schema = {
  strict: z.lazy(() => documentOf(z.strictObject as typeof z.object)),
  loose: z.lazy(() => documentOf(z.object)),
};
type DocumentContent = z.infer<typeof schema.loose>;

/** The JSON Schema of a document of trust, for editors. */
export const trustJsonSchema = () => z.toJSONSchema(schema.strict, { io: 'input' });

/** Reads a document of trust as a policy of two roles. Throws one error that lists all faults. */
export const parseTrust = (text: string): Policy =>
  toPolicy(
    readDocument(text, schema, (content) => {
      const { gate, rules } = toPolicy(content);
      return ruleFaults(gate, rules);
    }),
  );

/** A policy in which every rule gives trust. No rule has the number of `otherwise`. */
export function toPolicy({ gate, rules }: Pick<DocumentContent, 'gate' | 'rules'>): Policy {
  const numbers = rules.map(({ rule }) => rule);
  const own = toGate(gate, numbers);
  return {
    order: ORDER,
    gate: own,
    rules: rules.map(({ trust: _, ...rule }) => ({ ...rule, role: TRUSTED })),
    otherwise: { rule: Math.max(...numbers, own === 'none' ? 0 : own.rule) + 1 },
    mayBeEmpty: [],
  };
}
