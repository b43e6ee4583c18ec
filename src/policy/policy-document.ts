/** Reads a policy document, of version 1 or 2. */

import { z } from 'zod';
import { messageOf } from '../platform/errors.ts';
import { type Condition, exactlyOneOf, leavesOf, Name, type Source } from './conditions.ts';
import type { Policy, ProjectPolicy } from './policy.ts';
import { duplicates, RuleNumber, ruleFaults, ruleSchemas, toGate, Version } from './rule-schema.ts';
import { readContent, readDocument, yamlContent } from './yaml-document.ts';

const SOURCES: readonly Source[] = ['ldap', 'posix'];

/** The document, strict about unknown keys or not. */
function documentOf(object: typeof z.object) {
  const { condition, gate, ruleKeys } = ruleSchemas(SOURCES, object);
  const Rule = object({
    ...ruleKeys,
    when: condition.optional().describe('for whom the rule says yes'),
    ldap: Name.optional().describe('version 1: the LDAP group; version 2 says `when`'),
    anyPosix: z.array(Name).min(1).optional().describe('version 1: and one of these POSIX groups'),
    role: Name.describe('the role that the rule gives, one of `order`'),
  })
    .superRefine(exactlyOneOf(['when', 'ldap']))
    .superRefine(({ when, anyPosix }, context) => {
      if (when && anyPosix) context.addIssue('anyPosix belongs to version 1 (allowed beside ldap only)');
    })
    .meta({ oneOf: [{ required: ['when'] }, { required: ['ldap'] }] });
  return object({
    version: Version,
    order: z
      .array(Name)
      .min(2)
      .describe('all roles, lowest first; the highest role of the matching rules wins'),
    gate,
    rules: z.array(Rule).min(1).describe('who has which role'),
    otherwise: object({ rule: RuleNumber }).describe('the number of "no rule says yes", which gives nothing'),
    mayBeEmpty: z.array(Name).default([]).describe('groups that may be missing or without members'),
  });
}

const schema = {
  strict: z.lazy(() => documentOf(z.strictObject as typeof z.object)),
  loose: z.lazy(() => documentOf(z.object)),
};
type DocumentContent = z.infer<typeof schema.loose>;

const checkContent = (content: DocumentContent) => [
  ...duplicateGroups(content),
  ...faultsIn(toPolicy(content)),
];

/** Reads a policy document of version 1 or 2. Throws one error that lists all faults. */
export const parsePolicy = (text: string): Policy => toPolicy(readDocument(text, schema, checkContent));

const projectSchema = {
  strict: z.strictObject({ project: Name, policy: z.unknown() }),
  loose: z.object({ project: Name, policy: z.unknown() }),
};

/** The JSON Schema of a policy document, or of a list of projects with their policies, for editors. */
export function policyJsonSchema() {
  const projects = z.array(z.strictObject({ project: Name, policy: schema.strict })).min(1);
  return z.toJSONSchema(z.union([schema.strict, projects]), { io: 'input' });
}

/** Reads one policy, or a list of `{project, policy}`. Throws one error with all faults of the first policy that has any. */
export function parsePolicies(text: string): Policy | readonly ProjectPolicy[] {
  const content = yamlContent(text);
  if (!Array.isArray(content)) return toPolicy(readContent(content, schema, checkContent));
  const projects = content.map((one): ProjectPolicy => {
    const { project, policy } = readContent(one, projectSchema, () => []);
    return { project, policy: policyOf(project, policy) };
  });
  const twice = duplicates(projects.map(({ project }) => project));
  if (projects.length > 0 && twice.length === 0) return projects;
  const fault = twice.length > 0 ? `project ${twice.join(', ')} occurs twice` : 'the list is empty';
  throw new Error(`a policy document: ${fault}`);
}

function policyOf(project: string, content: unknown): Policy {
  try {
    return toPolicy(readContent(content, schema, checkContent));
  } catch (error) {
    throw new Error(`project ${project}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes a policy of a document: `ldap` and `anyPosix` of version 1 become `when`, as in version 2. */
function toPolicy({ order, gate, rules, otherwise, mayBeEmpty }: DocumentContent): Policy {
  return {
    order,
    gate: toGate(gate, [otherwise.rule, ...rules.map(({ rule }) => rule)]),
    rules: rules.map(({ when, ldap, anyPosix, ...rule }) => ({
      ...rule,
      when: when ?? versionOne(ldap, anyPosix),
    })),
    otherwise,
    mayBeEmpty,
  };
}

function versionOne(ldap: string | undefined, anyPosix: readonly string[] | undefined): Condition {
  const group = { ldap };
  return anyPosix ? { all: [group, { any: anyPosix.map((posix) => ({ posix })) }] } : group;
}

/** In version 1 a group can be in one rule only. */
const duplicateGroups = ({ rules }: DocumentContent): readonly string[] =>
  duplicates(rules.map(({ ldap }) => ldap))
    .filter((group) => group !== undefined)
    .map((group) => `rules: group ${group} occurs twice`);

function faultsIn({ order, gate, rules, otherwise, mayBeEmpty }: Policy): readonly string[] {
  const conditions = [...(gate === 'none' ? [] : [gate]), ...rules].map(({ when }) => when);
  const groups = new Set(conditions.flatMap(leavesOf).map(({ name }) => name));
  return [
    ...(order[0] === 'noaccess' ? [] : [`order: begins with ${order[0]} (allowed: noaccess)`]),
    ...(order.includes('readonly') ? [] : ['order: readonly is missing']),
    ...duplicates(order).map((role) => `order: ${role} occurs twice`),
    ...ruleFaults(gate, rules, [otherwise.rule]),
    ...rules
      .filter(({ role }) => !order.includes(role))
      .map(({ rule, role }) => `rule ${rule}: role ${role} is not in order (allowed: ${order.join(', ')})`),
    ...duplicates(mayBeEmpty).map((group) => `mayBeEmpty: group ${group} occurs twice`),
    ...mayBeEmpty
      .filter((group) => !groups.has(group))
      .map((group) => `mayBeEmpty: no rule names group ${group}`),
  ];
}
