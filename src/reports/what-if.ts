/** The answer of `what-if`, for machines and for people. */

import { membershipText } from '../engine/membership-change.ts';
import type { Alternative, Difference, WhatIf } from '../engine/what-if.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, type ListEntry, listEntry, searchBox, section } from './html-page.ts';
import { entryLines, fitted } from './layout.ts';
import { code, table } from './markdown-table.ts';
import { type Format, renderReport } from './render.ts';
import type { Describe, Report } from './report.ts';
import { changeGroups, reasonOf, stampOf, targetOf } from './report-sections.ts';
import type { TextStyle } from './text.ts';

/** The answer to a what-if question, for machines. `plan` is the report of the plan under the assumptions. */
export interface WhatIfReport extends WhatIf {
  readonly run: Report['run'];
  readonly plan: Report;
}

/** The answer, with the plan under the assumptions. */
export const whatIfReport = (plan: Report, whatIf: WhatIf): WhatIfReport => ({
  run: plan.run,
  ...whatIf,
  plan,
});

interface Style extends TextStyle {
  readonly describe: Describe;
}

/** The answer in one of its representations. */
export function renderWhatIf(given: WhatIfReport, format: Format, style: Style): string {
  if (format === 'json') return jsonText(given);
  const answer = printable(given);
  if (format === 'markdown') return markdown(answer, style);
  return format === 'html' ? html(answer, style) : text(answer, style);
}

const TITLES: Readonly<Record<Difference['direction'], string>> = {
  loses: 'Would lose access',
  gains: 'Would get access',
  differs: 'Would be decided differently',
};

interface Group {
  readonly title: string;
  readonly differences: readonly Difference[];
}

const groupsOf = ({ differences }: WhatIf): readonly Group[] =>
  (['loses', 'gains', 'differs'] as const)
    .map((direction) => ({
      title: TITLES[direction],
      differences: differences.filter((one) => one.direction === direction),
    }))
    .filter((group) => group.differences.length > 0);

const questionOf = ({ changes, policy }: WhatIf): string =>
  [...changes.map(membershipText), ...(policy === null ? [] : [`policy ${policy}`])].join(', ') || 'nothing';

function sentenceOf({ differences, stays }: WhatIf): string {
  const count = (direction: Difference['direction']) =>
    differences.filter((one) => one.direction === direction).length;
  const others = count('differs');
  return [
    `${count('loses')} would lose access, ${count('gains')} would get access`,
    ...(others > 0 ? [`${others} would be decided differently`] : []),
    `${stays.length} ${stays.length === 1 ? 'stays' : 'stay'} as now`,
  ].join(', ');
}

/** One difference as an entry of a list: the access by both ways to decide, and both reasons. */
function entryOf({ label, account, project, before, after }: Difference, { describe }: Style): ListEntry {
  const name = `${label || account}${project === undefined ? '' : ` on ${project}`}`;
  const [from, to] = [before?.access ?? null, after?.access ?? null];
  const fact = from === null || to === null ? '' : describe(from, to);
  const [now, then] = [whyOf(before), whyOf(after)];
  return { label: name, fact, text: now === then ? now : `now: ${now}. Then: ${then}` };
}

const whyOf = (alternative: Alternative | null): string =>
  alternative === null ? 'nothing is decided' : reasonOf(alternative);

function text(answer: WhatIfReport, style: Style): string {
  const { run, plan } = answer;
  const width = style.width ?? 100;
  const lines = [
    fitted(`${run.job}  what if: ${questionOf(answer)}`, style.width),
    ...groupsOf(answer).flatMap(({ title, differences }) => [
      '',
      `${title} (${differences.length})`,
      ...entryLines(
        differences.map((one) => entryOf(one, style)),
        { width, paint: (line) => line },
      ),
    ]),
    '',
    sentenceOf(answer),
    '',
    'The plan as it would be:',
    '',
  ];
  return `${lines.join('\n')}\n${renderReport(plan, 'text', style)}`;
}

function markdown(answer: WhatIfReport, style: Style): string {
  const { run, plan } = answer;
  const tables = groupsOf(answer).map(({ title, differences }) => {
    const rows = differences
      .map((one) => entryOf(one, style))
      .map(({ label, fact, text: why }) => [label, fact, why].map(code));
    return `${title}\n\n${table(['Account', 'Access now → then', 'Why'], rows)}`;
  });
  const title = `**${run.job}: what if** ${code(questionOf(answer))}`;
  return `${[title, ...tables, sentenceOf(answer), 'The plan as it would be:', renderReport(plan, 'markdown', style)].join('\n\n')}`;
}

function html(answer: WhatIfReport, style: Style): string {
  const { run, plan } = answer;
  const groups = groupsOf(answer).map(({ title, differences }) =>
    section(
      `${title} (${differences.length})`,
      differences.map((one) => listEntry(entryOf(one, style))).join(''),
    ),
  );
  const changes = changeGroups(plan).flatMap((group) =>
    group.changes.map((change) =>
      listEntry({ label: change.label || change.account, fact: change.move, text: reasonOf(change) }),
    ),
  );
  const facts = `${stampOf(plan)} · ${targetOf(plan)}`;
  const body = [
    `<main><h1>What if</h1><p>${escapeHtml(questionOf(answer))}</p><p class="soft">${escapeHtml(facts)}</p>`,
    `<p><b>${escapeHtml(sentenceOf(answer))}</b></p>`,
    searchBox,
    ...groups,
    section('The plan as it would be', `<p>${escapeHtml(plan.summary.sentence)}</p>${changes.join('')}`),
    '</main>',
  ];
  return htmlPage(`${run.job}: what if`, body.join('\n'));
}
