import { describe, expect, test } from 'vitest';
import { compare, ours } from './compare-with-ruby.ts';
import { askRuby, hasRuby, keptAnswers } from './ruby-answers.ts';
import { CONSTRUCTS } from './yaml-constructs.ts';

describe('puppet reads the file with Ruby: what is read is read alike, and all else is refused', () => {
  const answers = keptAnswers();

  test('the table has an answer for each construct, and no other', () => {
    expect(Object.keys(answers)).toEqual(Object.keys(CONSTRUCTS));
  });

  test.each(Object.entries(CONSTRUCTS))('%s', (title, text) => {
    expect([null, answers[title]]).toContainEqual(ours(text));
  });

  test('what the real file uses is read and not refused', () => {
    const { read } = compare(CONSTRUCTS, answers);
    expect(read.length).toBeGreaterThan(45);
    for (const title of [
      'a list that closes at the indent of the key above',
      'a list by its alias inside another',
      'a merge key',
      'a merge key, the key before it',
      'a merge key of a list',
      'a user by its alias',
      'a plain text over lines',
      'lines that end with CR LF',
    ])
      expect(read).toContain(title);
  });

  test.runIf(hasRuby() || process.env.CI)('the table is what the Ruby of this machine answers', () => {
    expect(askRuby(CONSTRUCTS)).toEqual(answers);
  });
});
