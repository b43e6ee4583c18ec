import { readFileSync, writeFileSync } from 'node:fs';
import { jobs } from '../src/jobs/registry.ts';
import type { Setting, SettingsSpec } from '../src/platform/settings.ts';

/** README.md, and the part of it between `<!-- settings -->` marks, which `node test/readme.ts` writes anew. */
export const README = new URL('../README.md', import.meta.url);
export const MARKED = /(<!-- settings -->\n)([\s\S]*?)(<!-- \/settings -->)/;

type Row = readonly [name: string, settings: readonly Setting<unknown>[]];

/** A default too long for a column of a table stands below it. */
const LONG = 70;
const isLong = ({ defaultText }: Setting<unknown>) => (defaultText ?? '').length > LONG;

function defaultOf(setting: Setting<unknown>): string {
  if (setting.required) return '**required**';
  if (isLong(setting)) return 'below';
  return setting.defaultText ? `\`${setting.defaultText}\`` : '';
}

function line([name, settings]: Row): string {
  const defaults = [...new Set(settings.map(defaultOf))].join('; ');
  const [setting] = settings;
  return `| \`${name}\` | ${defaults} | ${setting?.description}${setting?.secret ? ' (secret)' : ''} |`;
}

function table(title: string, specs: readonly SettingsSpec[], names: readonly string[]): string {
  const rows = names.map((name): Row => [name, specs.flatMap((spec) => spec[name] ?? [])]);
  const long = rows.flatMap(([name, settings]) =>
    settings.filter(isLong).map(({ defaultText }) => `${name}: \`${defaultText}\``),
  );
  const head = [`### ${title}`, '', '| variable | default | what it says |', '| --- | --- | --- |'];
  return [...head, ...rows.map(line), '', ...long.flatMap((one) => [one, ''])].join('\n');
}

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
