import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { jobs } from '../src/jobs/registry.ts';
import { SettingsError } from '../src/platform/errors.ts';
import { EXAMPLE, exampleText, MARKED, pageOf, settingsTable } from './settings-pages.ts';

test.each(jobs)(
  'the table of settings of $name is that of the code (node test/settings-pages.ts writes it anew)',
  (job) => {
    expect(MARKED.exec(readFileSync(pageOf(job), 'utf8'))?.[2]).toBe(settingsTable(job));
  },
);

describe('.env.example', () => {
  const text = readFileSync(EXAMPLE, 'utf8');

  test('is what the settings in the code say', () => {
    expect(text).toBe(exampleText());
  });

  test('names every setting once, and only what is required without a #', () => {
    const first = Object.fromEntries(jobs.toReversed().flatMap(({ settings }) => Object.entries(settings)));
    for (const [name, { required }] of Object.entries(first)) {
      const found = text.split('\n').filter((line) => line.replace(/^#/, '').startsWith(`${name}=`));
      expect(found, name).toHaveLength(1);
      expect(found[0]?.startsWith('#'), name).toBe(!required);
    }
  });

  test('asks for what is required, where it is copied and not filled in', () => {
    for (const job of jobs) {
      const needed = Object.keys(job.settings).filter((name) => job.settings[name]?.required);
      let faults: readonly string[] = [];
      try {
        job.prepare(parseEnv(text), Object.keys(job.settings));
      } catch (error) {
        if (error instanceof SettingsError) faults = error.errors.map((fault) => fault.split(':')[0] ?? '');
      }
      expect(needed.filter((name) => !faults.includes(name))).toEqual([]);
    }
  });

  test('has the defaults of the code where every # before a value is taken away', () => {
    const values = parseEnv(text.replaceAll(/^#([A-Z][A-Z_]*=)/gm, '$1'));
    const [first] = jobs;
    for (const [name, { defaultText }] of Object.entries(first?.settings ?? {}))
      if (defaultText) expect(values[name], name).toBe(defaultText);
  });
});
