/** Evaluates a condition for one person, and keeps the facts that the answer comes from. */

import { type Condition, type Leaf, leavesOf } from './conditions.ts';
import { SOURCE_NAMES } from './source-labels.ts';

/** `off`: not asked, because of the settings or an expired rule. `failed`: the answer is not known. Neither is ever a yes. */
export type Answer = 'yes' | 'no' | 'off' | 'failed';

/** What a source says about one person: the groups that it was asked about, and those that the person is in. */
export interface LeafMembership {
  readonly asked: ReadonlySet<string>;
  readonly in: ReadonlySet<string>;
  /** What the source says about the person and a group, if it is more than yes or no. */
  readonly details?: ReadonlyMap<string, Detail>;
}

/** What a source says, as a sentence. `worthReporting` is true if a no has a reason that people should know. */
export interface Detail {
  readonly because: string;
  readonly worthReporting?: boolean;
}

/** What the sources say about one person. A source that is not among the keys was not read. */
export interface Membership {
  readonly uid: string;
  /** Why the person gets nothing whatever the rules say: disabled, or absent. */
  readonly refusal?: string | undefined;
  readonly sources: Sources;
}

/** What each source says; people in the same groups can share one of these. */
export type Sources = Readonly<Partial<Record<Leaf, LeafMembership | 'off' | 'failed'>>>;

/** One group or user that an answer comes from. */
export interface Fact {
  readonly leaf: Leaf;
  readonly name: string;
  readonly state: Answer;
  readonly detail?: Detail;
}

/** The answer to a condition, and the facts that it comes from. `missing` lists what a no needs to become a yes: all of it. */
export interface Finding {
  readonly answer: Answer;
  readonly facts: readonly Fact[];
  readonly missing: readonly string[];
}

/**
 * Whether a condition is true for a person. With `wanted` false: whether it is not true.
 *
 * | inside         | any    | all    | not    |
 * | -------------- | ------ | ------ | ------ |
 * | yes            | yes    |        | no     |
 * | no             |        | no     | yes    |
 * | failed         | failed, unless one is yes | failed, unless one is no | failed |
 * | off            | off, unless one is yes or failed | off, unless one is no or failed | off |
 */
export function evaluateCondition(condition: Condition, sources: Sources, wanted = true): Finding {
  if (condition.not) return evaluateCondition(condition.not, sources, !wanted);
  const inner = condition.any ?? condition.all;
  if (!inner) return evaluateLeaf(condition, sources, wanted);
  const findings = inner.map((one) => evaluateCondition(one, sources, wanted));
  const isAny = (condition.any !== undefined) === wanted;
  const order = isAny ? ANY : ALL;
  const answer = order.find((candidate) => findings.some((one) => one.answer === candidate)) ?? 'failed';
  const deciding = findings.filter((one) => one.answer === answer);
  const facts = deciding.flatMap((one) => one.facts);
  if (answer !== 'no') return { answer, facts, missing: [] };
  const missing = isAny
    ? [deciding.map((one) => alternative(one.missing)).join(' or ')]
    : deciding.flatMap((one) => one.missing);
  return { answer, facts, missing };
}

/** The answer of a combination is the first of these that one of its parts has. */
const ANY: readonly Answer[] = ['yes', 'failed', 'off', 'no'];
const ALL: readonly Answer[] = ['no', 'failed', 'off', 'yes'];

const alternative = (missing: readonly string[]) =>
  missing.length > 1 ? `(${missing.join(' and ')})` : missing.join();

function evaluateLeaf(condition: Condition, sources: Sources, wanted: boolean): Finding {
  const [named] = leavesOf(condition);
  if (!named) return { answer: 'failed', facts: [], missing: [] };
  const { leaf, name } = named;
  const source = sources[leaf];
  const state = stateOf(source, name);
  const detail = typeof source === 'object' ? source.details?.get(name) : undefined;
  const facts = [{ leaf, name, state, ...(detail ? { detail } : {}) }];
  if (state === 'off' || state === 'failed') return { answer: state, facts, missing: [] };
  if ((state === 'yes') === wanted) return { answer: 'yes', facts, missing: [] };
  return { answer: 'no', facts, missing: [`${wanted ? '' : 'not '}${leaf}:${name}`] };
}

function stateOf(source: Sources[Leaf], name: string): Answer {
  if (source === 'off') return 'off';
  if (source === undefined || source === 'failed' || !source.asked.has(name)) return 'failed';
  return source.in.has(name) ? 'yes' : 'no';
}

/** A sentence about a person, or about a source. */
export interface Sentence {
  readonly isAboutPerson: boolean;
  readonly text: string;
}

/** A sentence about one person. */
export const sentenceText = ({ isAboutPerson, text }: Sentence, uid: string): string =>
  isAboutPerson ? `${uid} ${text}` : text;

/** The facts of a finding as one sentence. */
export function sentenceOf({ facts }: Pick<Finding, 'facts'>): Sentence {
  const [first] = facts;
  if (first?.state === 'off')
    return { isAboutPerson: false, text: `${namesOf(facts)}: not asked, the source is off` };
  if (first?.state === 'failed')
    return { isAboutPerson: false, text: `${namesOf(facts)}: not read, so the answer is not known` };
  const plain = facts.filter(({ detail }) => detail === undefined);
  const more = facts.map(({ detail }) => detail?.because).filter((text) => text !== undefined);
  if (plain.length === 0) return { isAboutPerson: false, text: more.join('; ') };
  const text = `is ${groupFacts(plain).map(phraseOf).join(' and ')}`;
  return { isAboutPerson: true, text: [text, ...more].join('; ') };
}

const namesOf = (facts: readonly Fact[]) =>
  groupFacts(facts)
    .map(({ leaf, names }) => `${SOURCE_NAMES[leaf]} ${names.join(', ')}`)
    .join(', ');

/** Facts that fit into one phrase. */
interface FactGroup extends Pick<Fact, 'leaf' | 'state'> {
  readonly names: readonly string[];
}

function groupFacts(facts: readonly Fact[]): readonly FactGroup[] {
  const groups: (FactGroup & { readonly names: string[] })[] = [];
  for (const { leaf, state, name } of facts) {
    const last = groups.at(-1);
    if (last?.leaf === leaf && last.state === state) last.names.push(name);
    else groups.push({ leaf, state, names: [name] });
  }
  return groups;
}

function phraseOf({ leaf, state, names }: FactGroup): string {
  const not = state === 'yes' ? '' : 'not ';
  const kind = leaf === 'user' ? 'the user' : `in ${SOURCE_NAMES[leaf]}`;
  return `${not}${kind} ${names.join(', ')}`;
}
