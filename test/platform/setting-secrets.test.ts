import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeSettings } from '../../src/platform/effective-settings.ts';
import { SettingsError } from '../../src/platform/errors.ts';
import { secretsIn } from '../../src/platform/setting-secrets.ts';
import {
  type Environment,
  integer,
  optional,
  readSettings,
  required,
  secret,
  text,
} from '../../src/platform/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (content: string) => {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
};

const spec = {
  KEY: secret(required(text, 'a key')),
  PASSWORD: { ...secret(optional(text, 'a password')), keepsSpaces: true },
  COUNT: integer(1, 9)('a number', '5'),
  NAME: optional(text, 'a name'),
};
const read = (environment: Environment) =>
  readSettings(spec, environment, { crossChecks: () => [], known: Object.keys(spec) });
function faultsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
}

describe('NAME_FILE beside a secret', () => {
  test('names the file that has it, whose last line end is cut', () => {
    expect(read({ KEY_FILE: fileWith('the-key\n') }).KEY).toBe('the-key');
    expect(read({ KEY: 'k', PASSWORD_FILE: fileWith(' pass word \r\n') }).PASSWORD).toBe(' pass word ');
  });

  test('is refused beside the secret itself', () => {
    expect(faultsOf({ KEY: 'k', KEY_FILE: fileWith('the-key') })).toEqual([
      'KEY_FILE: found beside KEY, allowed: one of the two',
    ]);
  });

  test('is refused where it cannot be read, without what may be the secret itself', () => {
    expect(faultsOf({ KEY_FILE: '/nowhere/hunter2' })).toEqual([
      'KEY_FILE: found a path that cannot be read (ENOENT), allowed: a file with the secret',
    ]);
    expect(faultsOf({ KEY_FILE: folder })).toEqual([
      'KEY_FILE: found a path that cannot be read (EISDIR), allowed: a file with the secret',
    ]);
  });

  test('is refused where the file is empty', () => {
    expect(faultsOf({ KEY_FILE: fileWith('\n') })).toEqual([
      'KEY: found nothing, allowed: a value that is not empty (or leave the variable out)',
    ]);
  });

  test('is cut out of whatever leaves the process', () => {
    expect(secretsIn(spec, { KEY_FILE: fileWith('the-key-in-a-file\n') })).toEqual(['the-key-in-a-file']);
  });

  test('is nothing for what is no secret', () => {
    expect(read({ KEY: 'k', NAME_FILE: fileWith('ann') }).NAME).toBeUndefined();
  });
});

describe('a secret in the wrong variable is never printed', () => {
  test.each(['glpat-abc123', 'secret_abc123', 'api-abc123def', 'xx glpat-abc123'])('%s', (value) => {
    const faults = faultsOf({ KEY: 'k', COUNT: value });
    expect(faults).toEqual([
      `COUNT: found ${value.length} characters that look like a secret, allowed: a whole number from 1 to 9`,
    ]);
  });

  test.each(['glpat-abcdefgh12345678', 'secret_admin_abcdefgh12345678', 'api-abcdefghijklmnopqrstuvwxyz12'])(
    'nor anything that a server echoes of it: %s',
    (value) => {
      expect(secretsIn(spec, { NAME: `x ${value}` })).toEqual([value]);
    },
  );

  test.each(['https://api-gateway.example.org/v1', 'api-users', 'secret_project', 'api-host1.example.org'])(
    '%s is no secret',
    (value) => {
      expect(secretsIn(spec, { NAME: value })).toEqual([]);
    },
  );

  test('that is equal to the secret of another variable, however short', () => {
    expect(faultsOf({ KEY: 'hunter', COUNT: 'hunter' }).join()).not.toContain('hunter');
    expect(faultsOf({ KEY_FILE: fileWith('hunter\n'), COUNT: 'hunter' }).join()).not.toContain('hunter');
  });
});

test('the settings in effect say where each comes from, and show no secret', () => {
  const environment = { KEY_FILE: fileWith('the-key-in-a-file'), PASSWORD: ' two ', NAME: 'ann' };
  expect(describeSettings({ settings: spec }, environment)).toEqual([
    { name: 'KEY', value: '17 characters', from: 'file (KEY_FILE)', isSecret: true },
    { name: 'PASSWORD', value: '5 characters', from: 'environment', isSecret: true },
    { name: 'COUNT', value: '5', from: 'default', isSecret: false },
    { name: 'NAME', value: 'ann', from: 'environment', isSecret: false },
  ]);
  expect(describeSettings({ settings: spec }, { KEY_FILE: '/nowhere' }).map(({ from }) => from)).toEqual([
    'file (KEY_FILE)',
    'not set',
    'default',
    'not set',
  ]);
  expect(
    JSON.stringify(describeSettings({ settings: spec }, { KEY: 'hunter2', NAME: 'hunter2' })),
  ).not.toContain('hunter2');
});

test('certificates that nobody checks are refused', () => {
  expect(faultsOf({ KEY: 'k', NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
    expect.stringMatching(/^NODE_TLS_REJECT_UNAUTHORIZED: found 0/),
  ]);
  expect(faultsOf({ KEY: 'k', NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toEqual([]);
});
