import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const text = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Every page of the repository, by its path. */
const pages = globSync(['*.md', '.github/*.md', '{src,test,terraform}/**/*.md'], { cwd: ROOT });

/** The address of a heading, as GitLab and GitHub make it. */
const anchorsOf = (page: string) =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('the pages are found at all', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', '.github/CONTRIBUTING.md', 'src/README.md']),
  );
});

test.each(pages)('every link of %s within the repository leads somewhere', (page) => {
  const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)];
  for (const [, link = ''] of links.filter(([, one = '']) => !/^(https?|mailto):/.test(one))) {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
    expect(existsSync(file), `${page}: ${link}`).toBe(true);
    if (anchor) expect(anchorsOf(readFileSync(file, 'utf8')), `${page}: ${link}`).toContain(anchor);
  }
});

test('each command of README.md that asks fake servers can be typed as it is', () => {
  const commands = text
    .split('\n')
    .filter((line) => line.startsWith('npm run') && line.includes('--sandbox'));
  expect(commands.length).toBeGreaterThan(0);
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  for (const command of commands) {
    const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: ROOT, env, encoding: 'utf8' });
    expect([command, status, stdout.includes('growthbook-roles  planned')]).toEqual([command, 0, true]);
  }
});

test('README.md has at most 350 lines', () => {
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(350);
});

test('every script that CONTRIBUTING.md names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const page = readFileSync(join(ROOT, '.github/CONTRIBUTING.md'), 'utf8');
  const named = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(8);
  for (const name of named) expect(scripts).toHaveProperty([name]);
});
