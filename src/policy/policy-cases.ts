/** Checks example cases against a policy document. */

import { z } from 'zod';
import { messageOf } from '../platform/errors.ts';
import { foundAndAllowed } from '../platform/schema-faults.ts';
import { LEAVES, type Leaf, Name, SOURCES, type Source } from './conditions.ts';
import { type DatedPolicy, policyAt } from './dated-policy.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { Sources } from './evaluate-condition.ts';
import { groupsNamed } from './named-groups.ts';
import type { Policy, ProjectPolicy } from './policy.ts';
import { parsePolicies } from './policy-document.ts';
import { parseTrust, TRUSTED } from './trust-document.ts';
import { yamlContent } from './yaml-document.ts';

const Groups = z.array(Name).default([]);

const Case = z
  .strictObject({
    name: z.string().min(1).optional().describe('what the case shows'),
    uid: Name.default('somebody').describe('the user name'),
    ldap: Groups,
    posix: Groups,
    phabricator: Groups,
    gerrit: Groups,
    disabled: z.boolean().default(false).describe('disabled in LDAP, or absent in data.yaml'),
    on: z.iso.date().optional().describe('the day on which the policy is asked'),
    project: Name.optional().describe('the project, where the policy is a list of projects'),
    role: Name.optional().describe('the role that the policy has to give'),
    trust: z.boolean().optional().describe('whether the policy has to trust'),
    rule: z.int().nonnegative().optional().describe('the number of the rule that has to decide'),
  })
  .refine(
    ({ role, trust }) => (role === undefined) !== (trust === undefined),
    'exactly one of role and trust',
  );
type Case = z.output<typeof Case>;

const Cases = z.array(Case).min(1);

/** The result of one case. `found` is in the words of the case. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly found: string;
  readonly because: string;
  /** The answer of each rule, the gate first. */
  readonly answers: readonly Pick<Evaluation['answers'][number], 'rule' | 'answer' | 'because' | 'missing'>[];
}

/** What a policy document gives: roles, or trust in accounts. */
type PolicyKind = 'role' | 'trust';

interface NamedPolicy {
  readonly kind: PolicyKind;
  /** By project; a policy without projects has the key undefined. */
  readonly policies: readonly { readonly project: string | undefined; readonly policy: Policy }[];
}

/**
 * Checks examples against a policy document of either job. `now` is in milliseconds since 1970.
 * Throws one error with all faults of the policy or of the cases.
 */
export function testPolicy(policyText: string, casesText: string, now: number): readonly CaseResult[] {
  const named = readPolicy(policyText);
  const checked = readCases(casesText).map((one) => checkCase(one, named, now));
  const faults = checked.flatMap((one, index) => one.faults.map((fault) => `case ${index + 1}: ${fault}`));
  if (faults.length > 0) throw new Error(faults.join('; '));
  return checked.flatMap(({ results }) => results);
}

function checkCase(one: Case, { kind, policies }: NamedPolicy, now: number) {
  const found = policies.find(({ project }) => project === one.project);
  if (found)
    return { faults: faultsOf(one, kind, found.policy), results: [resultOf(one, found.policy, now)] };
  const allowed = policies.map(({ project }) => project ?? 'none').join(', ');
  return { faults: [`project: found ${cut(one.project ?? 'none')}, allowed: ${allowed}`], results: [] };
}

function readPolicy(text: string): NamedPolicy {
  const content = yamlContent(text);
  if (isTrust(content))
    return { kind: 'trust', policies: [{ project: undefined, policy: parseTrust(text) }] };
  const found = parsePolicies(text);
  const policies = isList(found) ? found : [{ project: undefined, policy: found }];
  return { kind: 'role', policies };
}

const isList = (found: Policy | readonly ProjectPolicy[]): found is readonly ProjectPolicy[] =>
  Array.isArray(found);

const isTrust = (content: unknown): boolean => {
  const rules = (content as { readonly rules?: unknown } | null)?.rules;
  return (
    Array.isArray(rules) && rules.some((rule) => typeof rule === 'object' && rule !== null && 'trust' in rule)
  );
};

function readCases(text: string): readonly Case[] {
  let content: unknown;
  try {
    content = yamlContent(text);
  } catch (error) {
    throw new Error(messageOf(error).replace('a policy document', 'the cases'), { cause: error });
  }
  const parsed = Cases.safeParse(content, { error: foundAndAllowed });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const [index, ...rest] = path;
    return typeof index === 'number' ? `case ${index + 1}: ${[...rest, message].join(': ')}` : message;
  });
  throw new Error(`the cases: ${faults.join('; ')}`);
}

/** The faults of a case. A group that no rule names is most likely misspelt. */
function faultsOf(one: Case, kind: PolicyKind, policy: Policy): readonly string[] {
  return [
    ...expectationFaults(one, kind, policy),
    ...SOURCES.flatMap((source) => unknownGroups(one, source, policy)),
  ];
}

function expectationFaults(one: Case, kind: PolicyKind, { order }: Policy): readonly string[] {
  const expected = one[kind];
  if (expected === undefined) return [`found ${kind === 'role' ? 'trust' : 'role'}, allowed: ${kind}`];
  if (typeof expected !== 'string' || order.includes(expected)) return [];
  return [`role: found ${cut(expected)}, allowed: ${order.join(', ')}`];
}

/** A name in the form for errors. */
const cut = (name: string): string => name.slice(0, 100);

function unknownGroups(one: Case, source: Source, policy: Policy): readonly string[] {
  const named = groupsNamed(policy, source);
  return one[source]
    .filter((group) => !named.includes(group))
    .map(
      (group) =>
        `${source}: found ${cut(group)}, allowed: ${named.join(', ') || 'none, since no rule names any'}`,
    );
}

function resultOf(one: Case, policy: Policy, now: number): CaseResult {
  const dated = policyAt(policy, one.on === undefined ? now : Date.parse(one.on));
  const refusal = one.disabled ? `${one.uid} is disabled` : undefined;
  const { role, rule, because, answers } = evaluate(dated, {
    uid: one.uid,
    refusal,
    sources: sourcesOf(one, dated),
  });
  const words = (given: string, number: number | undefined) =>
    number === undefined ? given : `${given} by rule ${number}`;
  const given = one.role ?? (one.trust ? TRUSTED : 'untrusted');
  const ok = role === given && (one.rule === undefined || one.rule === rule);
  return {
    name: one.name ?? nameOf(one),
    ok,
    expected: words(given, one.rule),
    found: words(role, ok && one.rule === undefined ? undefined : rule),
    because,
    answers: answers.map(({ rule: number, answer, because: why, missing }) => ({
      rule: number,
      answer,
      because: why,
      missing,
    })),
  };
}

/** `ada, in ldap:growthbook-admin and posix:deployment`. */
function nameOf(one: Case): string {
  const groups = SOURCES.flatMap((source) => one[source].map((group) => `${source}:${group}`));
  const place = one.project === undefined ? '' : ` on ${one.project}`;
  return `${one.uid}${place}, in ${groups.join(' and ') || 'no group'}`;
}

/** What the sources say about the person of a case: all groups of the policy are read, and the person is in those of the case. */
function sourcesOf(one: Case, policy: DatedPolicy): Sources {
  const inside = (leaf: Leaf) => (leaf === 'user' ? [one.uid] : one[leaf]);
  return Object.fromEntries(
    LEAVES.map((leaf) => {
      return [leaf, { asked: new Set(groupsNamed(policy, leaf)), in: new Set(inside(leaf)) }];
    }),
  );
}

/** The JSON Schema of a file of cases, for editors. */
export const casesJsonSchema = () => z.toJSONSchema(Cases, { io: 'input' });
