/** The answer of `explain`, for machines and for people. */

import type { ExplainedDecision, Explanation, Match } from '../engine/explain.ts';
import { printable } from '../platform/printable.ts';
import type { Report } from './report.ts';
import { sourceFacts, timeText } from './report-sections.ts';

/** An explanation for machines. Its keys are a contract, as those of the report. */
export interface ExplanationReport extends Explanation {
  readonly run: Report['run'];
}

/** The explanation with the run that it comes from. */
export const explanationReport = ({ run }: Report, explanation: Explanation): ExplanationReport => ({
  run,
  ...explanation,
});

/** The style of an explanation: how a change of access is described. */
export interface ExplanationStyle {
  describe(from: unknown, to: unknown): string;
}

/** An explanation as people read it. */
export function renderExplanation(given: ExplanationReport, style: ExplanationStyle): string {
  const { who, matches, nearest, run } = printable(given);
  const head = `${run.job}  explain ${who}\n${timeText(run.startedAt)}, run ${run.id}`;
  if (matches.length === 0) {
    const names = nearest.length > 0 ? `The nearest names: ${nearest.join(', ')}` : 'No name is near it.';
    return `${head}\n\nNobody has this name. ${names}\n`;
  }
  return `${[head, ...matches.map((match) => renderMatch(match, style, run))].join('\n\n')}\n`;
}

function renderMatch(match: Match, style: ExplanationStyle, run: Report['run']): string {
  const { sources, rules, decision, advice } = match;
  const parts = [
    titleOf(match),
    section(
      'What the sources say',
      aligned(sources.map((one) => [one.source, `${one.says}${readAt(one, run)}`])),
    ),
    section('Rules', aligned(rules.map((rule) => [`${rule.rule}`, rule.answer, ruleText(rule)]))),
    section('Access', accessLines(match)),
    section('The next run', decisionLines(decision, style)),
    section('What to do', advice),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The version and the age of a source, in parentheses. */
function readAt(source: Match['sources'][number], run: Report['run']): string {
  const { version, asOf } = sourceFacts({ ...source, entries: 0 }, { run });
  const facts = [version, asOf === '' ? '' : `as of ${asOf}`].filter((fact) => fact !== '');
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n');

/** Rows with aligned columns; the last column has no fixed width. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(width(column)))).join('  '),
  );
}

function titleOf({ person, account, decision }: Match): string {
  const names = [
    account?.['email'] ?? account?.['username'] ?? decision?.label,
    person?.['uid'],
    account?.['id'],
  ];
  return [...new Set(names.filter((name) => name !== undefined && name !== null).map(String))].join('  ');
}

function ruleText({ description, because, missing }: Match['rules'][number]): string {
  const what = description === null ? '' : `${description}: `;
  return `${what}${because}${missing.length > 0 ? ` (missing: ${missing.map(grouped).join(' and ')})` : ''}`;
}

/** Puts one of several alternatives in parentheses. */
const grouped = (one: string, _index: number, all: readonly string[]) =>
  one.includes(' or ') && all.length > 1 ? `(${one})` : one;

function accessLines({ current, effective, desired }: Match): readonly string[] {
  return aligned([
    ['now', accessText(current)],
    ['in effect', accessText(effective)],
    ['by the rules', accessText(desired)],
  ]);
}

/** Access in a target's form as text: words as they are, fields as `name value`. */
export function accessText(access: unknown): string {
  if (access === null || access === undefined) return 'nothing';
  if (typeof access !== 'object') return String(access);
  if (Array.isArray(access)) return access.length === 0 ? 'nothing' : access.map(accessText).join(', ');
  return Object.entries(access)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`)
    .join(', ');
}

function decisionLines(
  decision: ExplainedDecision | null,
  { describe }: ExplanationStyle,
): readonly string[] {
  if (!decision) return ['changes nothing: there is no account, and no rule gives anything'];
  const { kind, from, to, because, rule, hindrance } = decision;
  const move =
    from === null || to === null || kind === 'unchanged' || kind === 'skipped'
      ? ''
      : ` ${describe(from, to)}`;
  const number = rule === null ? '' : `rule ${rule}: `;
  return [
    `${kind}${move}: ${number}${because}`,
    ...(hindrance === null || hindrance === because ? [] : [`hindered: ${hindrance}`]),
  ];
}
