import { expect, test } from 'vitest';
import { compare, ours } from './compare-with-ruby.ts';
import { askRuby, hasRuby } from './ruby-answers.ts';
import { CONSTRUCTS } from './yaml-constructs.ts';

test.runIf(hasRuby() || process.env.CI)(
  'thousands of files with a few characters changed are read as Ruby reads them, or refused',
  () => {
    const texts = Object.fromEntries(mutations(4000).map((text, n) => [n, text]));
    const { different, read } = compare(texts, askRuby(texts));
    expect(different).toEqual([]);
    expect(read.length).toBeGreaterThan(300);
  },
);

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
