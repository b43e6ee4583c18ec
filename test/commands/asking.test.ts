import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { emptyFolder } from '../muster.ts';

const PROGRAM = new URL('../../src/muster.cjs', import.meta.url).pathname;

/** Runs `apply` on a terminal of its own (script(1) is in Debian's essential package bsdutils), and answers its question. */
function applyAtTerminal(answer: string, ...args: readonly string[]) {
  const command = `"${process.execPath}" -- "${PROGRAM}" growthbook-roles apply --sandbox ${args.join(' ')}`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: emptyFolder(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', NO_COLOR: '1' },
    input: `${answer}\n`,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { text: stripVTControlCharacters(stdout), status };
}

test('at a terminal apply says what can be lost before many writes, asks, and writes nothing without a yes', () => {
  const { text, status } = applyAtTerminal('n');
  expect(text).toMatch(/can be lost\.\s+Carry out these 12 changes\? \[y\/N\]/);
  expect(text).toContain('Nothing was written: the answer was not yes.');
  expect([status, text.includes('Applied 12 of 12')]).toEqual([0, false]);
});

test('with a yes it carries the plan out', () => {
  const { text, status } = applyAtTerminal('yes');
  expect([status, text.includes('Applied 12 of 12')]).toEqual([0, true]);
});

test('before few writes nothing is said', () => {
  const { text } = applyAtTerminal('n', '--only', 'cleo');
  expect(text).toContain('Carry out this change? [y/N]');
  expect(text).not.toContain('can be lost');
});
