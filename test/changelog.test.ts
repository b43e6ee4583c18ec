import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHANGELOG, changelogOf, UNRELEASED } from './changelog.ts';

test('lists what users notice by kind, what they must act on first, with the part that it is about', () => {
  const subjects = [
    'feat(terraform)!: a module',
    'fix(ldap): an empty page ends nothing',
    'test: more of it',
    'feat: explain',
    'perf(jobs): linear',
    'no conventional commit',
    'refactor!: other names of settings',
  ];
  expect(changelogOf(subjects)).toBe(`### To act on

- **terraform**: a module
- other names of settings

### Added

- explain

### Fixed

- **ldap**: an empty page ends nothing

### Faster

- **jobs**: linear
`);
});

test('is empty without commits', () => {
  expect(changelogOf([])).toBe('');
});

test('CHANGELOG.md has a part that the script writes, in the form that it writes', () => {
  const [, , unreleased = ''] = UNRELEASED.exec(readFileSync(CHANGELOG, 'utf8')) ?? [];
  const lines = unreleased.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).toMatch(/^(### (To act on|Added|Fixed|Faster)|- .+)$/);
});
