import { printable } from '../platform/printable.ts';
import { CONTENT_POLICY, SCRIPT, STYLE } from './html-assets.ts';
import type { Report, ReportedChange } from './report.ts';
import {
  approveCommands,
  changeGroups,
  otherNotes,
  pendingNotes,
  reasonOf,
  resultOf,
  stampOf,
  targetOf,
} from './view.ts';

/** A text that is part of a page: nothing in it is mark-up. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const esc = escapeHtml;

/** A whole page around a body: self-contained, nothing is loaded. */
export const htmlPage = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${esc(CONTENT_POLICY)}">
<title>${esc(title)}</title><style>${STYLE}</style></head>
<body>${body}<script>${SCRIPT}</script></body></html>
`;

/** The report as one page for a browser: a refused plan's objections come first, then what changes and why. */
export function renderHtml(given: Report): string {
  const report = printable(given);
  const { run, outcome, summary, exitCode, planHash } = report;
  const body = [
    '<main>',
    `<h1>${esc(run.job)}: ${esc(outcome)}</h1>`,
    `<p class="soft wrap">${esc(stampOf(report))} · ${esc(run.mode)}${run.dryRun ? ', dry run' : ''} · ${esc(targetOf(report))} · run ${esc(run.id)}</p>`,
    `<p class="sentence wrap${exitCode === 0 ? '' : ' bad'}">${esc(summary.sentence)}</p>`,
    objections(report),
    search(report),
    ...changeGroups(report).map(
      ({ kind, title, changes }) =>
        `<section><h2 class="${kind}">${title} (${changes.length})</h2>${changes.map(changeEntry).join('')}</section>`,
    ),
    list(
      'Needs a person',
      report.needsPerson.map(({ label, account, reason, due, because }) => ({
        label: label || (account ?? ''),
        fact: `${reason}${due === null ? '' : `, due: ${due}`}`,
        text: because,
      })),
      true,
    ),
    list('Not signed in yet', pendingNotes(report).map(noteEntry), false),
    list('Notes', otherNotes(report).map(noteEntry), false),
    list(
      'Drift',
      report.drift.map(({ label, kind, because }) => ({ label, fact: kind, text: because })),
      false,
    ),
    limits(report),
    sources(report),
    `<p class="soft wrap">${planHash === null ? '' : `Plan ${esc(planHash)} · `}exit code ${exitCode}</p>`,
    '</main>',
  ];
  return htmlPage(`${run.job}: ${outcome}`, body.join('\n'));
}

function objections(report: Report): string {
  const commands = approveCommands(report);
  const found = report.objections.map(
    ({ message, overridable }) =>
      `<p class="objection wrap">${esc(message)}${overridable ? '' : ' <strong>This cannot be overridden.</strong>'}</p>`,
  );
  const error =
    report.error !== null && found.length === 0 ? `<p class="objection wrap">${esc(report.error)}</p>` : '';
  const how = commands
    ? `<p>To carry out exactly this plan:</p><pre>${esc(commands.terminal)}</pre><pre>${esc(commands.curl)}</pre>`
    : '';
  return `${found.join('')}${error}${how}`;
}

const search = ({ changes, notes }: Report): string =>
  changes.length + notes.length === 0
    ? ''
    : '<p><label for="search">Search people and reasons</label><input id="search" type="search" autocomplete="off"><span id="found" role="status" class="soft"></span></p>';

function changeEntry(change: ReportedChange): string {
  const result = resultOf(change);
  const groups =
    change.groups.length > 0 ? `<p class="soft wrap">Groups: ${esc(change.groups.join(', '))}</p>` : '';
  return `<details class="entry" data-search><summary><b>${esc(change.label || change.account)}</b> ${esc(change.move)}${result === '' ? '' : ` · ${esc(result)}`}</summary><p class="wrap">${esc(reasonOf(change))}</p>${groups}<p class="soft wrap">Account ${esc(change.account)}</p></details>`;
}

interface Entry {
  readonly label: string;
  readonly fact: string;
  readonly text: string;
}

const noteEntry = ({ kind, label, because }: Report['notes'][number]): Entry => ({
  label,
  fact: kind,
  text: because,
});

/** A list under its heading; a folded one opens by a click. */
function list(title: string, entries: readonly Entry[], isOpen: boolean): string {
  if (entries.length === 0) return '';
  const items = entries.map(
    ({ label, fact, text }) =>
      `<div class="entry" data-search><b class="wrap">${esc(label)}</b> <span class="soft">${esc(fact)}</span><p class="wrap">${esc(text)}</p></div>`,
  );
  const open = isOpen ? ' open' : '';
  return `<section><h2>${title} (${entries.length})</h2><details data-fold${open}><summary>Show all ${entries.length}</summary>${items.join('')}</details></section>`;
}

function limits({ limits: all }: Report): string {
  if (all.length === 0) return '';
  const rows = all.map(({ name, found, allowed }) => {
    const left = allowed - found;
    const bar = `<meter min="0" max="${Math.max(found, allowed, 1)}" high="${allowed}" value="${found}" aria-label="${esc(name)}">${found} of ${allowed}</meter>`;
    return `<tr><td>${esc(name)}</td><td>${bar}</td><td>${found} of ${allowed}, ${left < 0 ? `${-left} too many` : `${left} left`}</td></tr>`;
  });
  return `<section><h2>Limits</h2><table><thead><tr><th>Limit</th><th>Used</th><th>Found</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function sources({ sources: all }: Report): string {
  if (all.length === 0) return '';
  const rows = all.map(
    ({ name, entries, version, asOf, durationMs }) =>
      `<tr><td>${esc(name)}</td><td>${entries} entries</td><td>${esc(version ?? '')}</td><td>${esc(asOf === null ? '' : `as of ${asOf}`)}</td><td>${durationMs} ms</td></tr>`,
  );
  return `<section><h2>Sources</h2><table><thead><tr><th>Source</th><th>Entries</th><th>Version</th><th>Age</th><th>Time</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}
