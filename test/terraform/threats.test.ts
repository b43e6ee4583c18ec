import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { terraformFile } from './signals.ts';

const page = terraformFile('THREATS.md');
const folder = join(import.meta.dirname, '../../terraform');

/** The rows of all tables: what is tried, what stops it, and the test that shows it. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| attempt |'))
  .map((line) => line.slice(2, -2).split(' | '));

const SOURCES = [
  'LDAP',
  'data.yaml',
  'GrowthBook',
  'GitLab, Phabricator and Gerrit',
  'The wiki',
  'The scheduler, and whoever can call the function',
  'The environment',
  'The bucket of reports',
  'The log',
  'A dependency',
];

/** Whether a test file declares a test of this title. */
function declares(text: string, title: string): boolean {
  const quoted = ["'", '`', '"'].map((quote) => `${quote}${title.replaceAll(quote, `\\${quote}`)}${quote}`);
  return quoted.some((one) => text.includes(one));
}

describe('THREATS.md', () => {
  it('has a table for everything that somebody might control', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(SOURCES);
    for (const part of page.split(/^## /m).slice(1)) expect(part).toContain('\n| --- | --- | --- |\n');
    expect(rows.length).toBeGreaterThan(40);
  });

  it.each(rows)('%s: names a test that exists', (_, stops, test) => {
    expect(stops).not.toBe('');
    const [, title = '', path = ''] = /^\[(.+)\]\(([^)]+)\)$/.exec(test ?? '') ?? [];
    const file = join(folder, path);
    expect(existsSync(file), path).toBe(true);
    expect(declares(readFileSync(file, 'utf8'), title), `${path} has no test "${title}"`).toBe(true);
  });
});
