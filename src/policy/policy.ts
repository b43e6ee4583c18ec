import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { rankIn } from '../engine/role-order.ts';

const Name = z.string().min(1);
const RuleNumber = z.int().positive();

/** The document, strict about unknown keys or not. */
const documentOf = (object: typeof z.object) =>
  object({
    order: z.array(Name).min(2),
    gate: object({ rule: RuleNumber, posix: Name }),
    rules: z
      .array(object({ rule: RuleNumber, ldap: Name, anyPosix: z.array(Name).min(1).optional(), role: Name }))
      .min(1),
    otherwise: object({ rule: RuleNumber }),
    mayBeEmpty: z.array(Name).default([]),
  });

const Document = documentOf(z.object);
const StrictDocument = documentOf(z.strictObject as typeof z.object);

/** Which groups lead to which role on the project. `order` ranks roles, lowest first. */
export type Policy = z.infer<typeof Document>;

/** Wikimedia's policy, from the file beside this one. */
export const defaultPolicy = (): Policy =>
  parsePolicy(readFileSync(new URL('../jobs/growthbook-roles/policy.yaml', import.meta.url), 'utf8'));

/** Reads a policy document. Throws one error with all its faults. */
export function parsePolicy(text: string): Policy {
  const document = parseDocument(text);
  const broken = document.errors.map(({ message }) => message.split('\n')[0] ?? message);
  if (broken.length > 0) throw new Error(`a policy document: ${broken.join(', ')}`);
  const content: unknown = document.toJS();
  const shape = StrictDocument.safeParse(content);
  const policy = Document.safeParse(content);
  const faults = [
    ...(shape.error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.') || 'the document'}: ${message}`,
    ),
    ...(policy.success ? errorsIn(policy.data) : []),
  ];
  if (!policy.success || faults.length > 0) throw new Error(`a policy document: ${faults.join(', ')}`);
  return policy.data;
}

function errorsIn(policy: Policy): readonly string[] {
  const { order, gate, rules, otherwise, mayBeEmpty } = policy;
  const groups = new Set([...ldapGroups(policy), ...posixGroupNames(policy)]);
  return [
    ...(order[0] === 'noaccess' ? [] : [`order: begins with ${order[0]} (allowed: noaccess)`]),
    ...(order.includes('readonly') ? [] : ['order: lacks readonly']),
    ...duplicates(order).map((role) => `order: ${role} stands twice`),
    ...duplicates([gate.rule, otherwise.rule, ...rules.map(({ rule }) => rule)]).map(
      (rule) => `rule ${rule} stands twice`,
    ),
    ...duplicates(rules.map(({ ldap }) => ldap)).map((group) => `rules: group ${group} stands twice`),
    ...rules.flatMap(({ rule, anyPosix = [] }) =>
      duplicates(anyPosix).map((group) => `rule ${rule}: group ${group} stands twice`),
    ),
    ...rules
      .filter(({ role }) => !order.includes(role))
      .map(({ rule, role }) => `rule ${rule}: role ${role} is not in order (allowed: ${order.join(', ')})`),
    ...duplicates(mayBeEmpty).map((group) => `mayBeEmpty: group ${group} stands twice`),
    ...mayBeEmpty
      .filter((group) => !groups.has(group))
      .map((group) => `mayBeEmpty: no rule names group ${group}`),
  ];
}

const duplicates = <T>(values: readonly T[]): readonly T[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];

/** The LDAP groups that a policy names. */
export const ldapGroups = ({ rules }: Policy): readonly string[] => rules.map(({ ldap }) => ldap);

/** The POSIX groups that a policy names, once each. */
export const posixGroupNames = ({ gate, rules }: Policy): readonly string[] => [
  ...new Set([gate.posix, ...rules.flatMap(({ anyPosix = [] }) => anyPosix)]),
];

/** The highest role that a rule gives. */
export function highestRole({ order, rules }: Policy): string {
  const rank = rankIn(order);
  return rules.map(({ role }) => role).reduce((a, b) => (rank(b) > rank(a) ? b : a));
}

/** What the policy looks at in one person. */
export interface Candidate {
  readonly uid: string;
  readonly disabled: boolean;
  /** `ensure: absent` in `data.yaml`. */
  readonly absent: boolean;
  readonly ldap: ReadonlySet<string>;
  readonly posix: ReadonlySet<string>;
}

/** The role that someone is due, with the rule, a sentence and the groups that led to it. */
export interface RoleDecision {
  readonly role: string;
  readonly rule: number;
  readonly because: string;
  readonly groups: readonly string[];
}

/** The ruling on a person: the gate first, then the highest role of the matching rules. */
export function evaluate(policy: Policy, person: Candidate): RoleDecision {
  const { gate, otherwise, rules, order } = policy;
  const none = (number: number, because: string): RoleDecision => ({
    role: 'noaccess',
    rule: number,
    because,
    groups: [],
  });
  if (person.disabled) return none(gate.rule, `${person.uid} is disabled in LDAP`);
  if (person.absent) return none(gate.rule, `${person.uid} is ensure: absent in data.yaml`);
  if (!person.posix.has(gate.posix)) return none(gate.rule, `${person.uid} is not in POSIX ${gate.posix}`);
  const rank = rankIn(order);
  const [best] = rules
    .flatMap((one) => matchRule(one, person))
    .toSorted((a, b) => rank(b.role) - rank(a.role));
  if (!best) return none(otherwise.rule, `${person.uid} matches no rule`);
  return { ...best, groups: [...best.groups, `posix:${gate.posix}`] };
}

function matchRule(one: Policy['rules'][number], person: Candidate): readonly RoleDecision[] {
  if (!person.ldap.has(one.ldap)) return [];
  const posix = one.anyPosix?.filter((group) => person.posix.has(group));
  if (posix?.length === 0) return [];
  const and = posix ? ` and in POSIX ${posix.join(', ')}` : '';
  const because = `${person.uid} is in LDAP ${one.ldap}${and}`;
  const groups = [`ldap:${one.ldap}`, ...(posix ?? []).map((group) => `posix:${group}`)];
  return [{ role: one.role, rule: one.rule, because, groups }];
}

/** The ruling on a member whom no directory knows. */
export const noMatch = ({ otherwise }: Policy): RoleDecision => ({
  role: 'noaccess',
  rule: otherwise.rule,
  because: 'no person of the policy’s LDAP groups has this address',
  groups: [],
});
