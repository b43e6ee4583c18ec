/** The answer of `settings`, for machines and for people. */

import type { EffectiveSetting } from '../platform/effective-settings.ts';
import { jsonText, printable } from '../platform/printable.ts';
import { escapeHtml, htmlPage, htmlTable, section } from './html-page.ts';
import { entryLines, wrapped } from './layout.ts';
import { code, table } from './markdown-table.ts';
import type { Format } from './render.ts';

/** The settings of a job for machines; no secret is in them. */
export interface SettingsReport {
  readonly job: string;
  readonly settings: readonly EffectiveSetting[];
  /** What is wrong with them. */
  readonly faults: readonly string[];
}

/** Settings under one heading. */
interface Group {
  readonly title: string;
  readonly settings: readonly EffectiveSetting[];
}

/** The settings in effect and where each comes from. `width` is that of the terminal. */
export function renderSettings(given: SettingsReport, format: Format, width = 200): string {
  if (format === 'json') return jsonText(given);
  const report = printable(given);
  if (format === 'markdown') return markdown(report);
  return format === 'html' ? page(report) : text(report, width);
}

function groupsOf(settings: readonly EffectiveSetting[]): readonly Group[] {
  const unset = ['default', 'not set'];
  return [
    { title: 'Set', settings: settings.filter(({ from }) => !unset.includes(from)) },
    { title: 'Defaults', settings: settings.filter(({ from }) => from === 'default') },
    { title: 'Not set', settings: settings.filter(({ from }) => from === 'not set') },
  ].filter((group) => group.settings.length > 0);
}

const originOf = ({ from }: EffectiveSetting) => (['default', 'not set'].includes(from) ? '' : from);

const sentenceOf = (faults: readonly string[]) =>
  faults.length === 0 ? 'These settings can be used' : 'These settings cannot be used';

function text({ job, settings, faults }: SettingsReport, width: number): string {
  const lines = groupsOf(settings).flatMap((group) => {
    const entries = group.settings.map((one) => ({ label: one.name, fact: originOf(one), text: one.value }));
    return [group.title, ...entryLines(entries, { width, paint: (value) => value }), ''];
  });
  const wrong = faults.length === 0 ? [] : ['Errors', ...faults.flatMap((one) => wrapped(one, width, 2)), ''];
  return `${[`${job}  settings`, '', ...lines, ...wrong, sentenceOf(faults)].join('\n')}\n`;
}

const HEAD = ['Setting', 'Value', 'From'];

function markdown({ job, settings, faults }: SettingsReport): string {
  const rows = settings.map(({ name, value, from }) => [name, value, from].map(code));
  const wrong = faults.map((fault) => `- ${code(fault)}`);
  return `${[`**${job}: settings** · ${sentenceOf(faults)}`, ...wrong, table(HEAD, rows)].join('\n\n')}\n`;
}

function page({ job, settings, faults }: SettingsReport): string {
  const tables = groupsOf(settings).map((group) =>
    section(
      group.title,
      htmlTable(
        HEAD,
        group.settings.map(({ name, value, from }) => [name, value, from].map(escapeHtml)),
      ),
    ),
  );
  const wrong = faults.map((fault) => `<p>${escapeHtml(fault)}</p>`).join('');
  const head = `<h1>${escapeHtml(job)}: settings</h1><p>${sentenceOf(faults)}</p>`;
  return htmlPage(`settings ${job}`, `<main>${head}${section('Errors', wrong)}${tables.join('')}</main>`);
}
