import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFolder, muster } from '../muster.ts';

const NOWHERE = { LDAP_SERVERS: 'ldap://127.0.0.1:1' };
const commandOf = (name: 'plan' | 'record', file: string) =>
  name === 'plan' ? ['growthbook-roles', 'plan', '--out', file] : ['growthbook-roles', 'record', file];

describe.each(['plan', 'record'] as const)('the file that %s writes', (name) => {
  test.each([
    ['in a folder that is not there', 'nowhere/x.json', 'ENOENT'],
    ['that is a folder', 'folder', 'folder, a folder'],
    ['below a file', 'file/x.json', 'ENOTDIR'],
  ])('is refused before anything is read: one %s', async (_, file, found) => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'file'), '');
    const { code, stderr } = await muster([...commandOf(name, file), '--sandbox'], { cwd });
    expect([code, stderr.trim().split('\n').length]).toEqual([4, 1]);
    expect(stderr).toContain('the file cannot be written (found ');
    expect(stderr).toContain(found);
    expect(readdirSync(cwd).toSorted()).toEqual(['file', 'folder']);
  });

  test('is as it was where the run fails', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'kept.json'), 'earlier');
    const { code } = await muster(commandOf(name, 'kept.json'), { cwd, environment: NOWHERE });
    expect(code).toBe(4);
    // A plan that was not made is written too, so that nobody takes an earlier one for it.
    if (name === 'record') expect(readFileSync(join(cwd, 'kept.json'), 'utf8')).toBe('earlier');
    else expect(readFileSync(join(cwd, 'kept.json'), 'utf8')).toContain('invalid-settings');
  });
});

test('a recording is for its owner alone', async () => {
  const cwd = emptyFolder();
  expect((await muster(['growthbook-roles', 'record', 'x.json', '--sandbox'], { cwd })).code).toBe(0);
  expect(statSync(join(cwd, 'x.json')).mode & 0o777).toBe(0o600);
});

test('--json is refused beside another form, and is the same as that form', async () => {
  const plan = ['growthbook-roles', 'plan', '--sandbox'];
  const { code, stderr } = await muster([...plan, '-o', 'text', '--json']);
  expect([code, stderr]).toEqual([
    4,
    'muster: --json: found --output text beside it (allowed: one of the two)\n',
  ]);
  const both = await muster([...plan, '-o', 'json', '--json']);
  expect(JSON.parse(both.stdout).outcome).toBe('planned');
});
