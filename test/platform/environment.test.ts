import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadEnvironmentFile } from '../../src/platform/environment.ts';
import { SettingsError } from '../../src/platform/errors.ts';
import { describeSettings } from '../../src/platform/setting-values.ts';
import { optional, readSettings, text } from '../../src/platform/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'environment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'settings.env');
const load = (content: string) => {
  writeFileSync(path, content);
  return loadEnvironmentFile(path);
};
const spec = { FIRST_NAME: optional(text, 'a name'), SECOND_NAME: optional(text, 'a name') };
const read = (content: string) =>
  readSettings(spec, load(content), { crossChecks: () => [], known: Object.keys(spec) });

describe('a file with settings', () => {
  test('has a byte order mark cut from its start', () => {
    expect(read('\ufeffFIRST_NAME=ann\n').FIRST_NAME).toBe('ann');
  });

  test.each([
    ['abc#def', /^FIRST_NAME: found a value that # cuts short \(.*line 1\), allowed: quotes around it$/],
    ['abc#', /cuts short/],
    ['a b#c # d', /cuts short/],
  ])('with a value that a # cuts short is refused: %s', (value, fault) => {
    expect(() => read(`FIRST_NAME=${value}\n`)).toThrow(SettingsError);
    try {
      read(`FIRST_NAME=${value}\n`);
    } catch (error) {
      expect((error as SettingsError).faults).toEqual([expect.stringMatching(fault)]);
      expect(String(error)).not.toContain('abc');
    }
  });

  test.each([
    ['"abc#def"', 'abc#def'],
    ["'abc#def'", 'abc#def'],
    ['abc # a comment', 'abc'],
    ['abc', 'abc'],
  ])('may have a # in quotes, and a comment behind a space: %s', (value, expected) => {
    expect(read(`FIRST_NAME=${value}\n`).FIRST_NAME).toBe(expected);
  });

  test('stands beneath the environment of the process, and names itself as the source', () => {
    process.env['SECOND_NAME'] = 'of the process';
    try {
      const environment = load('FIRST_NAME=of the file\nSECOND_NAME=cut#short\n');
      expect(
        describeSettings({ settings: spec }, environment).map(({ value, from }) => [value, from]),
      ).toEqual([
        ['of the file', path],
        ['of the process', 'environment'],
      ]);
      expect(read('SECOND_NAME=cut#short\n').SECOND_NAME).toBe('of the process');
    } finally {
      delete process.env['SECOND_NAME'];
    }
  });

  test('that cannot be read is refused', () => {
    expect(() => loadEnvironmentFile(join(folder, 'nowhere'))).toThrow(
      /--env-file: found a path that cannot be read/,
    );
  });
});
