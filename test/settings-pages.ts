import { readFileSync, writeFileSync } from 'node:fs';
import type { Job } from '../src/jobs/define-job.ts';
import { jobs } from '../src/jobs/registry.ts';
import { fileVariable } from '../src/platform/find-setting.ts';
import type { Setting, SettingsSpec } from '../src/platform/settings.ts';

/** A job's own page, and the part of it that `node test/settings-pages.ts` writes anew. */
export const pageOf = ({ name }: Job): URL => new URL(`../src/jobs/${name}/README.md`, import.meta.url);
export const MARKED = /(<!-- settings -->\n)([\s\S]*?)(<!-- \/settings -->)/;

/** Settings of all jobs, to be copied to `.env`. */
export const EXAMPLE = new URL('../.env.example', import.meta.url);

type Row = readonly [name: string, setting: Setting<unknown>];

/** A default that is too long for a column is below the table. */
const LONG = 70;
const isLong = ({ defaultText }: Setting<unknown>) => (defaultText ?? '').length > LONG;

function defaultOf(setting: Setting<unknown>): string {
  if (setting.required) return '**required**';
  if (isLong(setting)) return 'below';
  return setting.defaultText ? `\`${setting.defaultText}\`` : '';
}

const line = ([name, setting]: Row): string =>
  `| \`${name}\` | ${defaultOf(setting)} | ${setting.description}${setting.secret ? ` (secret; or \`${fileVariable(name)}\`)` : ''} |`;

/** The table of every setting of a job with its default: its own first, then those that all jobs have. */
export function settingsTable(job: Job): string {
  const shared = sharedNames();
  const rows = Object.entries(job.settings).toSorted(
    ([a], [b]) => Number(shared.includes(a)) - Number(shared.includes(b)),
  );
  const long = rows
    .filter(([, setting]) => isLong(setting))
    .flatMap(([name, { defaultText }]) => [`${name}: \`${defaultText}\``, '']);
  return [
    '',
    '| variable | default | what it says |',
    '| --- | --- | --- |',
    ...rows.map(line),
    '',
    ...long,
  ].join('\n');
}

function sharedNames(): readonly string[] {
  const [first = {}, ...others] = jobs.map(({ settings }) => settings);
  return Object.keys(first).filter((name) => others.every((spec) => name in spec));
}

const quoted = (value: string) => (/[\s#"']/.test(value) ? `'${value}'` : value);

const exampleLines = (spec: SettingsSpec, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const setting = spec[name];
    if (!setting) return [];
    const assignment = `${name}=${quoted(setting.required ? '' : (setting.defaultText ?? ''))}`;
    const about = setting.description.replaceAll('`', '');
    return [
      `# ${about}${setting.secret ? ` (or ${fileVariable(name)})` : ''}`,
      setting.required ? assignment : `#${assignment}`,
    ];
  });

/** The text of `.env.example`. A required setting has no `#` before it; fill in or remove the part of each job. */
export function exampleText(): string {
  const shared = sharedNames();
  const [first] = jobs;
  const own = jobs.flatMap(({ name, settings }) => [
    '',
    `### ${name}`,
    '',
    ...exampleLines(
      settings,
      Object.keys(settings).filter((one) => !shared.includes(one)),
    ),
  ]);
  return [
    '# Copy this file to .env, and fill in what the job needs that you run. Values with spaces or # need quotes.',
    '# node test/settings-pages.ts writes this file from the settings in the code.',
    '',
    `### ${jobs.map(({ name }) => name).join(' and ')} (defaults are those of the first)`,
    '',
    ...exampleLines(first?.settings ?? {}, shared),
    ...own,
    '',
  ].join('\n');
}

if (import.meta.main) {
  for (const job of jobs) {
    const page = readFileSync(pageOf(job), 'utf8');
    writeFileSync(
      pageOf(job),
      page.replace(MARKED, (_, start, __, end) => `${start}${settingsTable(job)}${end}`),
    );
  }
  writeFileSync(EXAMPLE, exampleText());
}
