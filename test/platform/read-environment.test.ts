import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeSettings } from '../../src/platform/effective-settings.ts';
import { SettingsError } from '../../src/platform/errors.ts';
import { loadEnvironmentFile } from '../../src/platform/read-environment.ts';
import { optional, readSettings, text } from '../../src/platform/settings.ts';
import { processorMs } from '../processor-time.ts';

const folder = mkdtempSync(join(tmpdir(), 'environment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'settings.env');
const load = (content: string) => {
  writeFileSync(path, content);
  return loadEnvironmentFile(path);
};
/** A document may have many lines. */
const document = { ...optional(text, 'a document'), isDocument: true, parse: (value: string) => value };
const spec = { FIRST_NAME: document, SECOND_NAME: optional(text, 'a name') };
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
      expect((error as SettingsError).errors).toEqual([expect.stringMatching(fault)]);
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

  test('is used below the environment of the process, and is named as the source', () => {
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
      /--env-file .*nowhere: found a file that cannot be read: ENOENT/,
    );
  });
});

describe('a line that is no assignment is a fault that names the line and shows nothing of it', () => {
  test.each([
    ['a name alone', 'FIRST_NAME\n', 1, 'found no assignment'],
    ['a colon instead of =', '# a comment\n\nFIRST_NAME: hunter2\n', 3, 'found no assignment'],
    ['a name with a hyphen', 'MY-OTHER-VARIABLE=hunter2', 1, 'found no assignment'],
    ['a quote that is not closed', 'FIRST_NAME="hunter2\nOTHER=1\n', 1, 'found a quote " that is not closed'],
    [
      'a quote that another one closes',
      'OTHER="hunter2\nFIRST_NAME="x"\n',
      1,
      'found text after the closing quote "',
    ],
    ['text behind a quote', "FIRST_NAME='hunter2'x", 1, "found text after the closing quote '"],
  ])('%s', (_, content, line, fault) => {
    try {
      read(content);
      expect.unreachable();
    } catch (error) {
      expect((error as SettingsError).errors).toEqual([
        expect.stringContaining(`${path}, line ${line}: ${fault}`),
      ]);
      expect(String(error)).not.toContain('hunter2');
    }
  });

  test.each([
    ['export FIRST_NAME=ann', 'ann'],
    ['  FIRST_NAME = ann  # a comment\r\n', 'ann'],
    ['FIRST_NAME="-----BEGIN\nabc=\n-----END" # a comment\nSECOND_NAME=x', '-----BEGIN\nabc=\n-----END'],
  ])('%s is one', (content, expected) => {
    expect(read(content).FIRST_NAME).toBe(expected);
  });
});

test.each([
  ['of bytes that are no UTF-8', Buffer.from([0x41, 0x3d, 0xff])],
  ['with a NUL byte', Buffer.from('A=\0')],
  ['of more than 1 MiB', Buffer.alloc(2 ** 20 + 1, 'A=1\n')],
])('a file %s is refused', (_, content) => {
  writeFileSync(path, content);
  expect(() => loadEnvironmentFile(path)).toThrow(/--env-file .*: found a file that cannot be read/);
});

test('a file of 1 MiB is read in less than two seconds, whatever is in it', () => {
  for (const line of ['A="', "A='x\n", 'A=#', ' '.repeat(99), `${'a'.repeat(99)}#\n`, 'export ']) {
    const startedAt = processorMs();
    load(line.repeat(Math.floor(2 ** 20 / line.length)));
    expect(processorMs() - startedAt, line).toBeLessThan(2000);
  }
});
