import { printable } from '../platform/printable.ts';
import {
  escapeHtml as esc,
  foldedList,
  htmlPage,
  htmlTable,
  type ListEntry,
  listEntry,
  searchBox,
  section,
} from './html-page.ts';
import type { Report, ReportedChange, UnchangedAccount } from './report.ts';
import {
  approveCommands,
  changeGroups,
  errorBeside,
  needText,
  otherNotes,
  pendingNotes,
  reasonOf,
  resultOf,
  sourceFacts,
  stampOf,
  targetOf,
} from './report-sections.ts';

/** The report as one page for a browser: a refused plan's objections come first, then what changes and why. */
export function renderHtml(given: Report, unchanged: readonly UnchangedAccount[] = []): string {
  const report = printable(given);
  const { run, outcome, needsPerson, drift } = report;
  const body = [
    '<main>',
    headOf(report),
    `<div class="pair">${section('Sources', sources(report))}${section('Limits', limits(report))}</div>`,
    search(report, unchanged),
    ...changeGroups(report).map(({ kind, title, changes }) =>
      section(`${title} (${changes.length})`, changes.map(changeEntry).map(listEntry).join(''), kind),
    ),
    section(`Needs a person (${needsPerson.length})`, needsPerson.map(needsEntry).map(listEntry).join('')),
    folded('Not signed in yet', pendingNotes(report).map(noteEntry)),
    folded(
      'Drift',
      drift.map(({ label, kind, because }) => ({ label, fact: kind, text: because })),
    ),
    folded('Notes', otherNotes(report).map(noteEntry)),
    folded('Everyone else', printable(unchanged).map(unchangedEntry)),
    '</main>',
  ];
  return htmlPage(`${run.job}: ${outcome}`, body.filter((part) => part !== '').join('\n'));
}

function headOf(report: Report): string {
  const { run, outcome, exitCode, summary, approved, planHash } = report;
  const facts = [
    stampOf(report),
    `${run.mode}${run.dryRun ? ', dry run' : ''}`,
    targetOf(report),
    ...(run.only === null ? [] : [`only ${run.only}`]),
    ...(run.undo === null ? [] : [`undo of run ${run.undo}`]),
    ...(run.facts === null ? [] : [`on the facts of run ${run.facts}`]),
    `${run.durationMs} ms`,
    `run ${run.id}`,
    `exit code ${exitCode}`,
    ...(planHash === null ? [] : [`plan ${planHash}`]),
  ];
  return [
    `<h1>${esc(run.job)} <span class="badge${exitCode === 0 ? '' : ' bad'}">${esc(outcome)}</span></h1>`,
    objections(report),
    `<p class="sentence${exitCode === 0 ? '' : ' bad'}">${esc(summary.sentence)}</p>`,
    approved === null
      ? ''
      : `<p class="soft">Approved ${esc(approved.hash)}, because: ${esc(approved.reason)}</p>`,
    `<p class="soft">${facts
      .filter((fact) => fact !== '')
      .map(esc)
      .join(' · ')}</p>`,
  ].join('\n');
}

function objections(report: Report): string {
  const commands = approveCommands(report);
  const found = report.objections.map(
    ({ message, overridable }) =>
      `<p class="objection">${esc(message)}${overridable ? '' : ' <strong>This cannot be overridden.</strong>'}</p>`,
  );
  const error = errorBeside(report);
  const other = error === null ? '' : `<p class="objection">${esc(error)}</p>`;
  const how = commands
    ? `<p>To carry out exactly this plan:</p>${[commands.terminal, commands.curl]
        .filter((line) => line !== null)
        .map((line) => `<pre>${esc(line)}</pre>`)
        .join('')}`
    : '';
  return `${found.join('')}${other}${how}`;
}

const search = ({ changes, notes, needsPerson }: Report, unchanged: readonly UnchangedAccount[]): string =>
  changes.length + notes.length + needsPerson.length + unchanged.length === 0 ? '' : searchBox;

function changeEntry(change: ReportedChange): ListEntry {
  const { label, account, project, move, groups, tried = [] } = change;
  const result = resultOf(change);
  return {
    label: label || account,
    fact: `${move}${result === '' ? '' : ` · ${result}`}`,
    text: reasonOf(change),
    more: [
      `Account ${account}${project === undefined ? '' : `, project ${project}`}`,
      ...(groups.length > 0 ? [`Groups: ${groups.join(', ')}`] : []),
      ...(tried.length > 0
        ? [`Rules: ${tried.map(({ rule, answer }) => `${rule} ${answer}`).join(', ')}`]
        : []),
    ],
  };
}

const needsEntry = (one: Report['needsPerson'][number]): ListEntry => ({
  label: one.label || (one.account ?? ''),
  fact: `${one.reason}${one.due === null ? '' : `, desired: ${one.due}`}`,
  text: needText(one),
});

const noteEntry = ({ kind, label, because }: Report['notes'][number]): ListEntry => ({
  label,
  fact: kind === 'pending-sign-in' ? '' : kind,
  text: because,
});

const unchangedEntry = (one: UnchangedAccount): ListEntry => ({
  label: one.label || one.account,
  fact: one.project ?? '',
  text: reasonOf(one),
});

const folded = (title: string, entries: readonly ListEntry[]): string =>
  section(
    `${title} (${entries.length})`,
    foldedList(entries, entries.length === 1 ? 'Show it' : `Show all ${entries.length}`),
  );

const limits = ({ limits: all }: Report): string =>
  htmlTable(
    ['Limit', 'Used', 'Left'],
    all.map(({ name, found, allowed }) => {
      const left = allowed - found;
      const isOver = left < 0;
      const used = `<meter min="0" max="${Math.max(found, allowed, 1)}" low="${allowed}" high="${allowed}" optimum="0" value="${found}" aria-label="${esc(name)}"></meter> ${found} of ${allowed}`;
      const rest = isOver ? `<strong class="revoke">${-left} too many</strong>` : `${left} left`;
      return [esc(name), used, rest];
    }),
  );

const sources = (report: Report): string =>
  htmlTable(
    ['Source', 'Read', 'Version', 'As of'],
    report.sources.map((source) => {
      const { entries, version, asOf } = sourceFacts(source, report);
      return [
        esc(source.name),
        `${entries} in ${source.durationMs} ms`,
        esc(version) || 'none',
        esc(asOf) || 'not known',
      ];
    }),
  );
