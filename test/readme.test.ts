import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MARKED, README, settingsTables } from './readme.ts';

const text = readFileSync(README, 'utf8');

test('the tables of settings are those of the code (node test/readme.ts writes them anew)', () => {
  expect(MARKED.exec(text)?.[2]).toBe(settingsTables());
});

test('every link within the repository leads somewhere', () => {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(links.length).toBeGreaterThan(3);
  for (const link of links.filter((one) => !one.startsWith('http'))) {
    if (link.startsWith('#')) expect(headings).toContain(link.slice(1));
    else expect(existsSync(new URL(link, README)), link).toBe(true);
  }
});
