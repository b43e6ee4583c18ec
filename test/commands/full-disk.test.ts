import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Report } from '../../src/reports/report.ts';
import { emptyFolder } from '../muster.ts';

const PROGRAM = new URL('../../src/muster.cjs', import.meta.url).pathname;
const run = (redirection: string) =>
  spawnSync(
    'sh',
    ['-c', `"$NODE" -- "$PROGRAM" growthbook-roles apply --yes --json --sandbox ${redirection}`],
    {
      cwd: emptyFolder(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE: process.execPath, PROGRAM },
      encoding: 'utf8',
    },
  );

test('a log that cannot be written ends no run between two writes, and the process fails in the end', () => {
  const { stdout, status } = run('2>/dev/full');
  const { changes } = JSON.parse(stdout) as Report;
  expect(changes.map(({ result }) => result)).toEqual(Array(12).fill('applied'));
  expect(status).toBe(1);
});

test('a report that cannot be written fails the process, without a stack trace', () => {
  const { stderr, status } = run('>/dev/full');
  expect(status).toBe(1);
  expect(stderr).toContain('"outcome":"applied"');
  expect(stderr).not.toContain('    at ');
});
