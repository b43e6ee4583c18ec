import { printable } from '../platform/printable.ts';
import { code, table } from './markdown-table.ts';
import type { Report } from './report.ts';
import {
  approveCommands,
  changeGroups,
  errorBeside,
  linesOf,
  needText,
  otherNotes,
  pendingNotes,
  reasonOf,
  resultOf,
  sourceFacts,
  stampOf,
  targetOf,
} from './report-sections.ts';

/** The report for a comment in Phabricator or GitLab: a summary, tables of changes, details folded. */
export function renderMarkdown(given: Report): string {
  const report = printable(given);
  const { run, summary, outcome, approved, planHash } = report;
  const parts = [
    `**${run.job}: ${outcome}** · ${summary.sentence}`,
    [`${stampOf(report)}`, run.mode, code(targetOf(report)), `run ${code(run.id)}`]
      .filter((part) => part !== '')
      .join(' · '),
    run.only === null ? '' : `Only ${code(run.only)}`,
    run.undo === null ? '' : `Undo of run ${code(run.undo)}`,
    run.facts === null ? '' : `On the facts of run ${code(run.facts)}`,
    objections(report),
    approval(report),
    approved === null ? '' : `Approved ${code(approved.hash)}, because: ${code(approved.reason)}`,
    ...changeTables(report),
    ...folded(report),
    planHash === null ? '' : `Plan ${code(planHash)}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function objections(report: Report): string {
  const error = errorBeside(report);
  return [
    ...report.objections.map(
      ({ message, overridable }) => `- ⚠ ${code(message)}${overridable ? '' : ' (cannot be overridden)'}`,
    ),
    ...(error === null ? [] : [`- ⚠ ${code(error)}`]),
  ].join('\n');
}

const changeTables = (report: Report): readonly string[] =>
  changeGroups(report).map((group) => {
    const rows = linesOf(group).map((line) =>
      'change' in line
        ? [
            code(line.change.label || line.change.account),
            code(line.change.move),
            code(reasonOf(line.change)),
            code(resultOf(line.change)),
          ]
        : [`${line.count} ×`, '', code(line.reason), ''],
    );
    return `### ${group.title} (${group.changes.length})\n\n${table(['Account', 'Access', 'Why', 'Result'], rows)}`;
  });

/** The details, folded: sources, limits, notes. */
function folded(report: Report): readonly string[] {
  const { needsPerson, drift, sources, limits } = report;
  return [
    details(
      `Needs a person (${needsPerson.length})`,
      ['Account', 'Reason', 'Desired', 'Why'],
      needsPerson.map((one) => [
        code(one.label || (one.account ?? '')),
        one.reason,
        code(one.due ?? ''),
        code(needText(one)),
      ]),
    ),
    details(
      `Not signed in yet (${pendingNotes(report).length})`,
      ['Account', 'Why'],
      pendingNotes(report).map(({ label, because }) => [code(label), code(because)]),
    ),
    details(
      `Notes (${otherNotes(report).length})`,
      ['Kind', 'About', 'What'],
      otherNotes(report).map(({ kind, label, because }) => [code(kind), code(label), code(because)]),
    ),
    details(
      `Drift (${drift.length})`,
      ['Kind', 'About', 'What'],
      drift.map(({ kind, label, because }) => [code(kind), code(label), code(because)]),
    ),
    details(
      'Sources',
      ['Source', 'Entries', 'Version', 'As of'],
      sources.map((source) => {
        const { entries, version, asOf } = sourceFacts(source, report);
        return [code(source.name), entries, code(version), code(asOf)];
      }),
    ),
    details(
      'Limits',
      ['Limit', 'Found', 'Allowed'],
      limits.map(({ name, found, allowed }) => [code(name), `${found}`, `${allowed}`]),
    ),
  ];
}

function approval(report: Report): string {
  const commands = approveCommands(report);
  if (!commands) return '';
  const lines = [commands.terminal, commands.curl].filter((line) => line !== null).join('\n');
  const fence = '`'.repeat(1 + Math.max(2, ...[...lines.matchAll(/`+/g)].map(([ticks]) => ticks.length)));
  return `To carry out exactly this plan:\n\n${fence}\n${lines}\n${fence}`;
}

const details = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : `<details><summary>${title}</summary>\n\n${table(head, rows)}\n\n</details>`;
