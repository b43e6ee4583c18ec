/** The answer of `explain`, for machines and for people. */

import type { ExplainedDecision, Explanation, Match } from '../engine/explain.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, htmlTable, section } from './html-page.ts';
import { fitted } from './layout.ts';
import { code, table } from './markdown-table.ts';
import type { Format } from './render.ts';
import type { Describe, Report } from './report.ts';
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

/** How an explanation is written: how a change of access is described, and the width of a text. */
export interface ExplanationStyle {
  readonly describe: Describe;
  readonly width?: number | undefined;
}

/** An explanation in one of its representations. A page and Markdown begin with what the next run does, a text ends with it. */
export function renderExplanation(given: ExplanationReport, format: Format, style: ExplanationStyle): string {
  if (format === 'json') return jsonText(given);
  const answer = printable(given);
  if (format === 'markdown') return markdown(answer, style);
  return format === 'html' ? html(answer, style) : fitted(text(answer, style), style.width);
}

function text(answer: ExplanationReport, style: ExplanationStyle): string {
  const { who, matches, run } = answer;
  const head = `${run.job}  explain ${who}\n${stampOf(run)}`;
  if (matches.length === 0) return `${head}\n\n${nobody(answer)}\n`;
  const blocks = matches.map((match) => {
    const facts = factsOf(match, run).map(({ title, rows }) => textSection(title, aligned(rows)));
    const decided = textSection(NEXT_RUN, decisionLines(match.decision, style));
    const parts = [titleOf(match), ...facts, decided, textSection(ADVICE, match.advice)];
    return parts.filter((part) => part !== '').join('\n\n');
  });
  return `${[head, ...blocks].join('\n\n')}\n`;
}

function markdown(answer: ExplanationReport, style: ExplanationStyle): string {
  const { who, matches, run } = answer;
  const head = [`**${run.job}: explain** ${code(who)}`, stampOf({ ...run, id: code(run.id) })];
  if (matches.length === 0) return `${[...head, nobody(answer, code)].join('\n\n')}\n`;
  const blocks = matches.flatMap((match) => [
    `### ${code(titleOf(match))}`,
    list(NEXT_RUN, decisionLines(match.decision, style)),
    list(ADVICE, match.advice),
    ...factsOf(match, run).map(({ title, columns, rows }) =>
      rows.length === 0
        ? ''
        : `#### ${title}\n\n${table(
            columns,
            rows.map((row) => row.map(code)),
          )}`,
    ),
  ]);
  return `${[...head, ...blocks].filter((part) => part !== '').join('\n\n')}\n`;
}

const list = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `#### ${title}\n\n${lines.map((line) => `- ${code(line)}`).join('\n')}`;

function html(answer: ExplanationReport, style: ExplanationStyle): string {
  const { who, matches, run } = answer;
  const blocks = matches.map((match) => {
    const [decided = '', ...more] = decisionLines(match.decision, style).map(escapeHtml);
    return [
      `<h2>${escapeHtml(titleOf(match))}</h2>`,
      `<p class="sentence">${[decided, ...more].join('<br>')}</p>`,
      ...match.advice.map((line) => `<p>${escapeHtml(line)}</p>`),
      ...factsOf(match, run).map(({ title, columns, rows }) =>
        section(
          title,
          htmlTable(
            columns,
            rows.map((row) => row.map(escapeHtml)),
          ),
        ),
      ),
    ].join('\n');
  });
  const found = matches.length === 0 ? `<p class="sentence">${escapeHtml(nobody(answer))}</p>` : '';
  const head = `<h1>${escapeHtml(run.job)}: explain ${escapeHtml(who)}</h1><p class="soft">${escapeHtml(stampOf(run))}</p>`;
  return htmlPage(`explain ${who}`, `<main>${head}${found}\n${blocks.join('\n')}</main>`);
}

const NEXT_RUN = 'The next run';
const ADVICE = 'What to do';

const stampOf = ({ startedAt, id }: Report['run']): string => `${timeText(startedAt)}, run ${id}`;

const nobody = ({ nearest }: ExplanationReport, mark = (name: string) => name): string =>
  `Nobody has this name. ${nearest.length > 0 ? `The nearest names: ${nearest.map(mark).join(', ')}` : 'No name is near it.'}`;

/** What decided about one account, as tables. */
interface Facts {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const factsOf = (match: Match, run: Report['run']): readonly Facts[] => [
  {
    title: 'What the sources say',
    columns: ['Source', 'It says'],
    rows: match.sources.map((one) => [one.source, `${one.says}${readAt(one, run)}`]),
  },
  {
    title: 'Rules',
    columns: ['Rule', 'Answer', 'Why'],
    rows: match.rules.map((rule) => [`${rule.rule}`, rule.answer, ruleText(rule)]),
  },
  { title: 'Access', columns: ['When', 'Access'], rows: accessRows(match) },
];

/** The version and the age of a source, in parentheses. */
function readAt(source: Match['sources'][number], run: Report['run']): string {
  const { version, asOf } = sourceFacts({ ...source, entries: 0 }, { run });
  const facts = [version, asOf === '' ? '' : `as of ${asOf}`].filter((fact) => fact !== '');
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}

const textSection = (title: string, lines: readonly string[]) =>
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

const accessRows = ({ current, effective, desired }: Match): Facts['rows'] => [
  ['now', accessText(current)],
  ['in effect', accessText(effective)],
  ['by the rules', accessText(desired)],
];

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
