import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCOPES } from './scopes.ts';
import { type MutationReport, missingIn, percentOf, scoresOf } from './score.ts';

const at = (line: number, from: number, to: number) => ({
  start: { line, column: from },
  end: { line, column: to },
});
const REPORT: MutationReport = {
  files: {
    'src/a.ts': {
      source: 'const a = 1;\nconst b = 2;',
      mutants: [
        { mutatorName: 'X', replacement: '3', status: 'Killed', location: at(1, 11, 12) },
        { mutatorName: 'X', replacement: '4', status: 'Timeout', location: at(1, 11, 12) },
        { mutatorName: 'X', replacement: '5', status: 'Survived', location: at(1, 11, 12) },
        { mutatorName: 'X', replacement: '6', status: 'NoCoverage', location: at(2, 11, 12) },
        { mutatorName: 'X', replacement: '7', status: 'Ignored', location: at(2, 11, 12) },
      ],
    },
  },
};
const known = { file: 'src/a.ts', from: '1', to: '5', reason: 'a test' };

test('what no test noticed survives, whether a test ran it or not; what was ignored does not count', () => {
  const { scores } = scoresOf(REPORT, []);
  expect(scores).toEqual([
    { file: 'src/a.ts', killed: 2, equivalent: 0, survivors: ['src/a.ts:1 X: 5', 'src/a.ts:2 X: 6'] },
  ]);
  expect(percentOf(2, 2)).toBe(50);
});

test('an entry with a line is about that line alone', () => {
  const listedWith = (line: string) => scoresOf(REPORT, [{ ...known, line }]).scores[0]?.equivalent;
  expect([listedWith('const a = 1;'), listedWith('const b = 2;')]).toEqual([1, 0]);
});

test('a listed survivor counts apart; an entry that no survivor matches is found, of measured files alone', () => {
  const gone = { ...known, to: '3' };
  const elsewhere = { ...known, file: 'src/b.ts' };
  const { scores, stale } = scoresOf(REPORT, [known, gone, elsewhere]);
  expect(scores[0]).toMatchObject({ equivalent: 1, survivors: ['src/a.ts:2 X: 6'] });
  expect(stale).toEqual([gone]);
});

test('a pattern that no file of the report matches is found', () => {
  expect(missingIn(REPORT, ['src/*.ts', 'src/a.ts', '!src/c.ts'])).toEqual([]);
  expect(missingIn(REPORT, ['src/a.ts', 'src/b.ts', 'other/*.ts'])).toEqual(['src/b.ts', 'other/*.ts']);
});

test.each(Object.entries(SCOPES))('%s names files that are there, one in each pattern', (_, { mutate }) => {
  for (const pattern of mutate.filter((one) => !one.startsWith('!')))
    expect(globSync(pattern), pattern).not.toEqual([]);
  expect(mutate.join()).not.toMatch(/[{}]/);
});
