import { readFileSync, writeFileSync } from 'node:fs';
import { jobs } from '../src/jobs.ts';
import type { Setting, SettingsSpec } from '../src/runtime/settings.ts';

/** README.md, and the part of it between `<!-- settings -->` marks, which `node test/readme.ts` writes anew. */
export const README = new URL('../README.md', import.meta.url);
export const MARKED = /(<!-- settings -->\n)([\s\S]*?)(<!-- \/settings -->)/;

const defaultOf = ({ fallback, required }: Setting<unknown>) =>
  required ? '**required**' : fallback ? `\`${fallback}\`` : '';

const row = (name: string, settings: readonly Setting<unknown>[]) => {
  const defaults = [...new Set(settings.map(defaultOf))].join('; ');
  const [setting] = settings;
  return `| \`${name}\` | ${defaults} | ${setting?.about}${setting?.secret ? ' (secret)' : ''} |`;
};

const table = (title: string, specs: readonly SettingsSpec[], names: readonly string[]) =>
  [
    `### ${title}`,
    '',
    '| variable | default | what it says |',
    '| --- | --- | --- |',
    ...names.map((name) =>
      row(
        name,
        specs.flatMap((spec) => spec[name] ?? []),
      ),
    ),
    '',
  ].join('\n');

/** The tables of every setting with its default: those that all jobs have, then each job's own. */
export function settingsTables(): string {
  const specs = jobs.map(({ settings }) => settings);
  const [first = {}] = specs;
  const shared =
    jobs.length > 1 ? Object.keys(first).filter((name) => specs.every((spec) => name in spec)) : [];
  const own = jobs.map(({ name, settings }) =>
    table(
      `\`${name}\``,
      [settings],
      Object.keys(settings).filter((one) => !shared.includes(one)),
    ),
  );
  const order = jobs.map(({ name }) => `\`${name}\``).join(', then ');
  return [table(`Both functions (where defaults differ: ${order})`, specs, shared), ...own].join('\n');
}

if (import.meta.main) {
  writeFileSync(
    README,
    readFileSync(README, 'utf8').replace(MARKED, (_, start, __, end) => `${start}${settingsTables()}${end}`),
  );
}
