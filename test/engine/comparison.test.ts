import { expect, test } from 'vitest';
import { type ComparisonRules, compareDecisions } from '../../src/engine/comparison.ts';
import { decision } from '../fixtures.ts';

const rules: ComparisonRules<string> = {
  keyOf: (account) => account.toLowerCase(),
  decisionOf: ({ to }) => to ?? 'none',
  wordOf: (word) => word.toLowerCase(),
  nothing: 'none',
};
const ours = (label: string, to: string | null, over = {}) =>
  decision({ account: `id of ${label}`, label, to, because: `ours of ${label}`, ...over });
const theirs = (account: string, word: string) => ({ account, decision: word, line: 1 });

test('each account is the same, different, or known to one tool alone; nothing and no line are the same', () => {
  const compared = compareDecisions(
    [
      theirs('SAME', 'Reader'),
      theirs('other', 'Admin'),
      theirs('unknown', 'Reader'),
      theirs('unknown-nothing', 'None'),
      theirs('nothing', 'NONE'),
      theirs('loses', 'Reader'),
    ],
    [
      ours('same', 'reader'),
      ours('Other', 'reader', { project: 'prj_a', rule: 7 }),
      ours('nothing', null),
      ours('missing-nothing', 'none'),
      ours('missing', 'reader'),
      ours('loses', null, { rule: null }),
    ],
    rules,
  );
  expect(compared).toStrictEqual({
    onlyTheirs: [
      {
        account: 'unknown',
        theirs: 'reader',
        ours: null,
        rule: null,
        because: 'no account of this name was read',
      },
    ],
    onlyOurs: [{ account: 'missing', theirs: null, ours: 'reader', rule: 1, because: 'ours of missing' }],
    different: [
      {
        account: 'Other',
        project: 'prj_a',
        theirs: 'admin',
        ours: 'reader',
        rule: 7,
        because: 'ours of Other',
      },
      { account: 'loses', theirs: 'reader', ours: 'none', rule: null, because: 'ours of loses' },
    ],
    same: 4,
  });
});

test('an account without a label is shown by its id', () => {
  const { onlyOurs } = compareDecisions([], [decision({ account: 'u_1', label: '', to: 'reader' })], rules);
  expect(onlyOurs).toMatchObject([{ account: 'u_1' }]);
});
