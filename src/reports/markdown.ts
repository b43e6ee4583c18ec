import { printable } from '../platform/printable.ts';
import type { Report } from './report.ts';
import {
  approveCommands,
  changeGroups,
  linesOf,
  otherNotes,
  pendingNotes,
  reasonOf,
  resultOf,
  stampOf,
  targetOf,
} from './view.ts';

/** The report for a comment in Phabricator or GitLab: a summary, tables of changes, details folded. */
export function renderMarkdown(given: Report): string {
  const report = printable(given);
  const { run, summary, objections, planHash } = report;
  const parts = [
    `**${escaped(run.job)}: ${escaped(report.outcome)}** · ${escaped(summary.sentence)}`,
    `${escaped(stampOf(report))} · ${escaped(targetOf(report))} · run ${code(run.id)}`,
    ...objections.map(({ message }) => `- ⚠ ${escaped(message)}`),
    approval(report),
    ...changeGroups(report).map((group) => {
      const rows = linesOf(group).map((line) =>
        'change' in line
          ? [
              line.change.label || line.change.account,
              line.change.move,
              reasonOf(line.change),
              resultOf(line.change),
            ]
          : [`${line.count} ×`, '', line.reason, ''],
      );
      return `### ${group.title} (${group.changes.length})\n\n${table(['Account', 'Access', 'Why', 'Result'], rows)}`;
    }),
    ...folded(report),
    planHash === null ? '' : `Plan ${code(planHash)}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** What most readers skip. */
function folded(report: Report): readonly string[] {
  const { needsPerson } = report;
  return [
    details(
      `Needs a person (${needsPerson.length})`,
      ['Account', 'Reason', 'Due', 'Why'],
      needsPerson.map(({ label, account, reason, due, because }) => [
        label || (account ?? ''),
        reason,
        due ?? '',
        because,
      ]),
    ),
    details(
      `Not signed in yet (${pendingNotes(report).length})`,
      ['Account', 'Why'],
      pendingNotes(report).map(({ label, because }) => [label, because]),
    ),
    details(
      `Notes (${otherNotes(report).length})`,
      ['Kind', 'About', 'What'],
      otherNotes(report).map(({ kind, label, because }) => [kind, label, because]),
    ),
    details(
      `Drift (${report.drift.length})`,
      ['Kind', 'About', 'What'],
      report.drift.map(({ kind, label, because }) => [kind, label, because]),
    ),
    details(
      'Sources and limits',
      ['Name', 'Found', 'Allowed, or version'],
      [
        ...report.sources.map(({ name, entries, version, asOf }) => [
          name,
          `${entries} entries`,
          [version, asOf].filter((part) => part !== null).join(', '),
        ]),
        ...report.limits.map(({ name, found, allowed }) => [name, `${found}`, `${allowed}`]),
      ],
    ),
  ];
}

function approval(report: Report): string {
  const commands = approveCommands(report);
  return commands ? `To carry out exactly this plan:\n\n\`\`\`\n${commands.terminal}\n\`\`\`` : '';
}

/** A text without any mark-up of its own, on one line. Characters that Markdown or HTML would obey become references. */
const escaped = (text: string): string =>
  text.replaceAll('\n', ' ').replace(/[\\`*_{}[\]<>()#+!|~&@:$^-]/g, (char) => `&#${char.charCodeAt(0)};`);

const code = (text: string): string => `\`${text.replaceAll('`', "'")}\``;

const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n');

const details = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : `<details><summary>${escaped(title)}</summary>\n\n${table(head, rows)}\n\n</details>`;
