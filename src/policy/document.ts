import { parseDocument } from 'yaml';
import { z } from 'zod';
import { canonicalJson } from '../platform/canonical-json.ts';
import {
  type Condition,
  conditionKeys,
  conditionSchema,
  exactlyOneOf,
  leavesOf,
  Name,
  populationOf,
  type Source,
} from './conditions.ts';

/** Which conditions lead to which role. `order` ranks roles, lowest first; everybody else has the role that is first in it. */
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

/** One rule. From 00:00 UTC on the day `expires` it counts as absent. */
export interface Rule extends Gate {
  readonly role: string;
  readonly expires?: string | undefined;
  readonly reason?: string | undefined;
}

const SOURCES: readonly Source[] = ['ldap', 'posix'];
const CONDITION_KEYS = [...SOURCES, 'user', 'any', 'all', 'not'];
const RuleNumber = z.int().positive().describe('the number that reports and logs show');
const Text = z.string().min(1);

/** The document, strict about unknown keys or not. */
function documentOf(object: typeof z.object) {
  const condition = conditionSchema(SOURCES, object);
  const Gate = object({
    rule: RuleNumber.optional(),
    description: Text.optional(),
    when: condition.optional(),
    ...conditionKeys(SOURCES, () => condition),
  })
    .superRefine(exactlyOneOf(['when', ...CONDITION_KEYS]))
    .meta({ oneOf: ['when', ...CONDITION_KEYS].map((key) => ({ required: [key] })) });
  const Rule = object({
    rule: RuleNumber,
    description: Text.optional().describe('what the rule is for; reports show it'),
    when: condition.optional().describe('for whom the rule says yes'),
    ldap: Name.optional().describe('version 1: the LDAP group; version 2 says `when`'),
    anyPosix: z.array(Name).min(1).optional().describe('version 1: and one of these POSIX groups'),
    role: Name.describe('the role that the rule gives, one of `order`'),
    expires: z.iso.date().optional().describe('from this day on (00:00 UTC) the rule counts as absent'),
    reason: Text.optional().describe('why the rule exists, for a rule that expires'),
  })
    .superRefine(exactlyOneOf(['when', 'ldap']))
    .superRefine(({ when, anyPosix }, context) => {
      if (when && anyPosix)
        context.addIssue({
          code: 'custom',
          message: 'anyPosix belongs to version 1 (allowed beside ldap only)',
        });
    })
    .meta({ oneOf: [{ required: ['when'] }, { required: ['ldap'] }] });
  return object({
    version: z.literal([1, 2]).optional().describe('the version of the language; nothing depends on it'),
    order: z
      .array(Name)
      .min(2)
      .describe('all roles, lowest first; the highest role of the matching rules wins'),
    gate: z
      .union([z.literal('none'), Gate])
      .describe('`none`, or the condition without which no rule gives anything'),
    rules: z.array(Rule).min(1).describe('who has which role'),
    otherwise: object({ rule: RuleNumber }).describe('the number of "no rule says yes", which gives nothing'),
    mayBeEmpty: z.array(Name).default([]).describe('groups that may be missing or without members'),
  });
}

const Document = documentOf(z.object);
const StrictDocument = documentOf(z.strictObject as typeof z.object);
type DocumentContent = z.infer<typeof Document>;

/** The JSON Schema of a policy document, for editors. */
export const policyJsonSchema = () => z.toJSONSchema(StrictDocument, { io: 'input' });

/** Reads a policy document of version 1 or 2. Throws one error with all its faults. */
export function parsePolicy(text: string): Policy {
  const content = yamlContent(text);
  const shape = StrictDocument.safeParse(content);
  const read = Document.safeParse(content);
  const policy = read.success ? toPolicy(read.data) : undefined;
  const faults = [
    ...(shape.error?.issues ?? []).flatMap(faultsIn),
    ...(read.success ? duplicateGroups(read.data) : []),
    ...(policy ? errorsIn(policy) : []),
  ];
  if (!policy || faults.length > 0) throw new Error(`a policy document: ${[...new Set(faults)].join(', ')}`);
  return policy;
}

function yamlContent(text: string): unknown {
  const document = parseDocument(text);
  const broken = document.errors.map(({ message }) => message.split('\n')[0] ?? message);
  if (broken.length > 0) throw new Error(`a policy document: ${broken.join(', ')}`);
  const content: unknown = document.toJS();
  try {
    JSON.stringify(content);
  } catch {
    throw new Error('a policy document: an alias stands inside its own anchor');
  }
  return content;
}

type Issue = z.core.$ZodIssue;

/** An issue in words. Of a union the last branch speaks: the object, not the word that may stand for it. */
function faultsIn(issue: Issue): readonly string[] {
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1) : undefined;
  if (inner) return inner.flatMap((one) => faultsIn({ ...one, path: [...issue.path, ...one.path] } as Issue));
  return [`${issue.path.join('.') || 'the document'}: ${issue.message}`];
}

/** The one form that everything works with: version 1 says in `ldap` and `anyPosix` what version 2 says in `when`. */
function toPolicy({ order, gate, rules, otherwise, mayBeEmpty }: DocumentContent): Policy {
  const numbers = [otherwise.rule, ...rules.map(({ rule }) => rule)];
  return {
    order,
    gate: gate === 'none' ? 'none' : toGate(gate, numbers.includes(1) ? 0 : 1),
    rules: rules.map(({ when, ldap, anyPosix, ...rule }) => ({
      ...rule,
      when: when ?? versionOne(ldap, anyPosix),
    })),
    otherwise,
    mayBeEmpty,
  };
}

function toGate(
  { rule, description, when, ...condition }: Exclude<DocumentContent['gate'], 'none'>,
  number: number,
): Gate {
  return { rule: rule ?? number, ...(description ? { description } : {}), when: when ?? condition };
}

function versionOne(ldap: string | undefined, anyPosix: readonly string[] | undefined): Condition {
  const group = { ldap };
  return anyPosix ? { all: [group, { any: anyPosix.map((posix) => ({ posix })) }] } : group;
}

/** In version 1 a group stands in one rule only. */
const duplicateGroups = ({ rules }: DocumentContent): readonly string[] =>
  duplicates(rules.map(({ ldap }) => ldap))
    .filter((group) => group !== undefined)
    .map((group) => `rules: group ${group} stands twice`);

function errorsIn({ order, gate, rules, otherwise, mayBeEmpty }: Policy): readonly string[] {
  const gates = gate === 'none' ? [] : [gate];
  const numbers = [...gates, otherwise, ...rules].map(({ rule }) => rule);
  const groups = new Set([...gates, ...rules].flatMap(({ when }) => leavesOf(when)).map(({ name }) => name));
  return [
    ...(order[0] === 'noaccess' ? [] : [`order: begins with ${order[0]} (allowed: noaccess)`]),
    ...(order.includes('readonly') ? [] : ['order: lacks readonly']),
    ...duplicates(order).map((role) => `order: ${role} stands twice`),
    ...duplicates(numbers).map((rule) => `rule ${rule} stands twice`),
    ...[...gates, ...rules].flatMap(({ rule, when }) =>
      doubles(when).map((name) => `rule ${rule}: ${name} stands twice`),
    ),
    ...rules
      .filter(({ role }) => !order.includes(role))
      .map(({ rule, role }) => `rule ${rule}: role ${role} is not in order (allowed: ${order.join(', ')})`),
    ...rules
      .filter(({ when }) => populationOf({ all: [...gates.map((one) => one.when), when] }) === undefined)
      .map(
        ({ rule }) =>
          `rule ${rule}: is true for people in no group (allowed: a condition that needs a group or a user)`,
      ),
    ...duplicates(mayBeEmpty).map((group) => `mayBeEmpty: group ${group} stands twice`),
    ...mayBeEmpty
      .filter((group) => !groups.has(group))
      .map((group) => `mayBeEmpty: no rule names group ${group}`),
  ];
}

/** What stands twice in one list of a condition. */
function doubles(condition: Condition): readonly string[] {
  const inner = condition.any ?? condition.all ?? (condition.not ? [condition.not] : []);
  return [
    ...duplicates(inner.map(canonicalJson)).map((text) => nameOf(JSON.parse(text) as Condition)),
    ...inner.flatMap(doubles),
  ];
}

function nameOf(condition: Condition): string {
  const [{ leaf, name } = { leaf: '', name: '' }, ...others] = leavesOf(condition);
  if (others.length > 0) return 'a condition';
  return leaf === 'user' ? `user ${name}` : `group ${name}`;
}

const duplicates = <T>(values: readonly T[]): readonly T[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
