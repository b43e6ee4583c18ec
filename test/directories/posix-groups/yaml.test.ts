import { describe, expect, test } from 'vitest';
import { posixGroups } from '../../../src/directories/posix-groups/data-yaml.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { type Answers, askRuby, hasRuby, keptAnswers } from './ruby-answers.ts';
import { CONSTRUCTS } from './yaml-constructs.ts';

const query = { minUsers: 0, groups: ['deployment'], mayBeEmpty: ['deployment'] };
/** Who is in the group; null where the file is refused. */
function ours(text: string): readonly string[] | null {
  try {
    return [...(posixGroups(text, query).membersOf.get('deployment') ?? [])].toSorted();
  } catch (error) {
    if (error instanceof SourceError) return null;
    throw error;
  }
}

/** Read as Ruby reads it, or refused. */
function compare(texts: Readonly<Record<string, string>>, answers: Answers) {
  const found = Object.entries(texts).map(([title, text]) => ({
    title,
    ours: ours(text),
    ruby: answers[title],
  }));
  const different = found.filter(
    (one) => one.ours !== null && JSON.stringify(one.ours) !== JSON.stringify(one.ruby),
  );
  return { different, read: found.filter((one) => one.ours !== null).map(({ title }) => title) };
}

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

  test.runIf(hasRuby() || process.env.CI)('over thousands of files with a few characters changed', () => {
    const texts = Object.fromEntries(mutations(4000).map((text, n) => [n, text]));
    const { different, read } = compare(texts, askRuby(texts));
    expect(different).toEqual([]);
    expect(read.length).toBeGreaterThan(300);
  });
});

const PIECES = [
  ...[
    ' ',
    '  ',
    '\n',
    ': ',
    ':',
    '- ',
    '-',
    '#',
    ' #x',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '|\n',
  ],
  ...[
    '>\n',
    '|2\n',
    '    <<: *gone\n',
    '<<: {ensure: absent}\n',
    '? ',
    '\t',
    '\n\n',
    'ann',
    'no',
    '~',
    'absent',
  ],
  ...[
    '---\n',
    '...\n',
    '%',
    '\\',
    '\r\n',
    '    - ann\n',
    '  - bob\n',
    '      - x: y\n',
    '1.5',
    '[a: b]',
    '{a: b}',
  ],
  ...[
    '  # note\n',
    '\n    x: |\n      text: [\n     more\n',
    '\n    y: "two\n   lines"\n',
    '    z: a\n      b\n',
  ],
];

/** Files of the table with one to three pieces put in, taken out or repeated: always the same ones. */
function mutations(count: number): readonly string[] {
  let state = 1;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const base = Object.values(CONSTRUCTS).filter((text) => ours(text) !== null);
  return Array.from({ length: count }, () => {
    let text = base[random(base.length)] ?? '';
    for (let change = random(2); change >= 0; change -= 1) {
      const at = random(text.length + 1);
      const cut = random(4);
      const piece = PIECES[random(PIECES.length)] ?? '';
      text =
        cut === 3
          ? text.slice(0, at) + text.slice(at + 1 + random(3))
          : text.slice(0, at) + piece + text.slice(at);
    }
    return text;
  });
}
