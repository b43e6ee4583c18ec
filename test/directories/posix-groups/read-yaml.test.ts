import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../src/directories/posix-groups/yaml-block.ts';
import type { YamlNode } from '../../../src/directories/posix-groups/yaml-types.ts';
import { SourceError } from '../../../src/platform/errors.ts';

/**
 * A node as a value: a plain text as itself, one in quotes as `'…'`, one that is not decoded as `~…`, nothing as null;
 * a mapping as pairs in an object of `map`, an alias as an object of what it means.
 */
function shown(node: YamlNode): unknown {
  if (node.kind === 'alias') return { alias: shown(node.to) };
  if (node.kind === 'list') return node.items.map(shown);
  if (node.kind === 'map') return { map: node.entries.map(([key, value]) => [shown(key), shown(value)]) };
  if (!node.exact) return `~${node.text}`;
  return node.quoted ? `'${node.text}'` : node.text;
}
const read = (text: string) => shown(readYaml(text));
const map = (...pairs: readonly (readonly [unknown, unknown])[]) => ({ map: pairs });

/** The line of each node, inside out: of the keys and values of a mapping too. */
function linesOf(node: YamlNode): readonly unknown[] {
  if (node.kind === 'list') return [node.line, ...node.items.map(linesOf)];
  if (node.kind === 'map')
    return [node.line, ...node.entries.map(([key, value]) => [key.line, linesOf(value)])];
  return [node.line];
}

describe('a mapping or list in lines', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['one key', 'a: b\n', map(['a', 'b'])],
    ['two keys', 'a: b\nc: d\n', map(['a', 'b'], ['c', 'd'])],
    ['no end of the last line', 'a: b', map(['a', 'b'])],
    ['keys inside', 'a:\n  b: c\n  d: e\nf: g\n', map(['a', map(['b', 'c'], ['d', 'e'])], ['f', 'g'])],
    ['keys inside of keys', 'a:\n b:\n  c: d\ne: f\n', map(['a', map(['b', map(['c', 'd'])])], ['e', 'f'])],
    ['keys without values', 'a:\nb:\n', map(['a', null], ['b', null])],
    ['a last key without a value', 'a: b\nc:', map(['a', 'b'], ['c', null])],
    ['a list', '- a\n- b\n', ['a', 'b']],
    ['a list of one without its item', '-', [null]],
    ['items without values', '-\n- a\n-\n', [null, 'a', null]],
    ['a list below its key', 'a:\n  - b\n  - c\n', map(['a', ['b', 'c']])],
    ['a list below its key at the same indent', 'a:\n- b\n- c\nd: e\n', map(['a', ['b', 'c']], ['d', 'e'])],
    ['lists in lists', '- - a\n  - b\n- - - c\n', [['a', 'b'], [['c']]]],
    ['a list on the line below its dash', '-\n  - a\n- b\n', [['a'], 'b']],
    ['a mapping behind a dash', '- a: b\n  c: d\n- e: f\n', [map(['a', 'b'], ['c', 'd']), map(['e', 'f'])]],
    ['a text on the line below its key', 'a:\n  b\n', map(['a', 'b'])],
    ['a text on the line below its dash', '-\n a\n', ['a']],
    ['a dash inside a text', 'a: b - c\n', map(['a', 'b - c'])],
    ['a dash without a space', 'a: -b\n-c: d\n', map(['a', '-b'], ['-c', 'd'])],
    ['a dash before a tab', '-  \ta\n', ['a']],
    ['nothing', '', null],
    ['nothing but comments', '# a\n\n  # b\n', null],
    ['a text alone', 'a b\n', 'a b'],
    ['comments', '# a\na: b # c\n  # d\nc: #e\n  d\n', map(['a', 'b'], ['c', 'd'])],
    ['a comment at the end', 'a: b #', map(['a', 'b'])],
    ['a comment behind a tab', 'a: b\t# c\n', map(['a', 'b'])],
    ['empty lines', '\na: b\n\n\nc: d\n\n', map(['a', 'b'], ['c', 'd'])],
    ['spaces at the end of lines', 'a: b  \nc:  \n  d\t\n', map(['a', 'b'], ['c', 'd'])],
    ['a tab behind a colon', 'a:\tb\n', map(['a', 'b'])],
    ['spaces before a colon', 'a : b\n', map(['a', 'b'])],
    ['a colon inside a key', 'a:b: c\n', map(['a:b', 'c'])],
    ['lines that end with CR LF', 'a:\r\n  - b\r\nc: d\r\n', map(['a', ['b']], ['c', 'd'])],
    ['the start of a document', '---\na: b\n', map(['a', 'b'])],
    ['the start of a document behind a comment', '# x\n--- # y\na: b\n', map(['a', 'b'])],
    ['a text of three dashes and more', '---a: b\n', map(['---a', 'b'])],
    ['a dash before a comma', 'a: -, b\n', map(['a', '-, b'])],
    ['dots and dashes inside a line', 'a: --- b\nc: ... d\n', map(['a', '--- b'], ['c', '... d'])],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('a plain text', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['over lines is joined by spaces', 'a: b\n  c\n   d\ne: f\n', map(['a', 'b c d'], ['e', 'f'])],
    ['over an empty line', 'a: b\n\n  c\n', map(['a', 'b c'])],
    [
      'ends at a line that is not further in',
      'a:\n  b: c\n  d: e\n',
      map(['a', map(['b', 'c'], ['d', 'e'])]),
    ],
    ['ends before a comment', 'a: b\n  # c\nd: e\n', map(['a', 'b'], ['d', 'e'])],
    ['of a list over lines', '- a\n  b\n- c\n', ['a b', 'c']],
    ['may hold a sharp', 'a: b#c\n', map(['a', 'b#c'])],
    ['may hold a colon', 'a: b:c ::d\n', map(['a', 'b:c ::d'])],
    ['may hold brackets and commas', 'a: b, [c] {d}\n', map(['a', 'b, [c] {d}'])],
    ['may hold what it may not begin with', 'a: b?&*!|>\'"%@`\n', map(['a', 'b?&*!|>\'"%@`'])],
    ['ends at the end of the text', 'a: b\n  c', map(['a', 'b c'])],
    ['ends at the end of the text behind an empty line', 'a: b\n\n', map(['a', 'b'])],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('a text in quotes', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['of both kinds', 'a: "b"\nc: \'d\'\n', map(['a', "'b'"], ['c', "'d'"])],
    ['without anything in it', 'a: ""\nb: \'\'\n', map(['a', "''"], ['b', "''"])],
    ['as a key', '"a b": c\n\'d\' : e\n', map(["'a b'", 'c'], ["'d'", 'e'])],
    ['with a doubled apostrophe', "a: 'b''c'\n", map(['a', "'b'c'"])],
    [
      'with two quotes of the other kind',
      'a: \'b""c\'\nd: "e\'\'f"\n',
      map(['a', '\'b""c\''], ['d', "'e''f'"]),
    ],
    ['with a backslash between apostrophes', "a: 'b\\c'\n", map(['a', "'b\\c'"])],
    ['with what a plain text may not hold', 'a: "b: c # d, [e]"\n', map(['a', "'b: c # d, [e]'"])],
    ['over lines, which are joined', 'a: "b  \n  c"\nd: e\n', map(['a', "'b c'"], ['d', 'e'])],
    ['with spaces at its ends on one line', 'a: " b "\n', map(['a', "' b '"])],
    ['with an escape is not decoded', 'a: "b\\nc"\nd: e\n', map(['a', '~b\\nc'], ['d', 'e'])],
    ['with an escaped quote', 'a: "b\\"c"\n', map(['a', '~b\\"c'])],
    [
      'with each short escape',
      'a: "\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\\\N\\_\\L\\P"\n',
      map(['a', '~\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\\\N\\_\\L\\P']),
    ],
    ['with each long escape', 'a: "\\x41\\u0041\\U00000041"\n', map(['a', '~\\x41\\u0041\\U00000041'])],
    [
      'with the characters around the surrogates',
      'a: "\\ud7ff\\ue000\\U0010ffff"\n',
      map(['a', '~\\ud7ff\\ue000\\U0010ffff']),
    ],
    ['with an escaped end of a line', 'a: "b\\\n  c"\nd: e\n', map(['a', '~b\\ c'], ['d', 'e'])],
    ['with a comment behind it', "a: 'b' # c\n", map(['a', "'b'"])],
    ['as an item', '- "a"\n- \'b\'\n', ["'a'", "'b'"]],
    ['as a key of a mapping behind a dash', '- "a": b\n', [map(["'a'", 'b'])]],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('a text block is passed over', () => {
  const followed = (value: unknown = '~') => map(['a', value], ['b', 'c']);
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['of one line', 'a: |\n  x\nb: c\n', followed()],
    ['folded', 'a: >\n  x\nb: c\n', followed()],
    ['with what looks like YAML', 'a: |\n  x: [\n  - "\n  # y\n  &z\nb: c\n', followed()],
    ['with lines further in', 'a: |\n  x\n     y\n  z\nb: c\n', followed()],
    ['with empty lines', 'a: |\n\n  x\n\n\n  y\n\nb: c\n', followed()],
    ['with nothing', 'a: |\nb: c\n', followed()],
    ['with empty lines alone', 'a: |\n\n\nb: c\n', followed()],
    ['at the end of the text', 'b: c\na: |\n  x', map(['b', 'c'], ['a', '~'])],
    ['with nothing at the end of the text', 'b: c\na: |', map(['b', 'c'], ['a', '~'])],
    ['with a comment in its header', 'a: | # y\n  x\nb: c\n', followed()],
    ['with a comment behind a tab', 'a: |\t# y\n  x\nb: c\n', followed()],
    ['with a comment that ends the text', 'b: c\na: | # y', map(['b', 'c'], ['a', '~'])],
    ['with spaces behind its header', 'a: |  \n  x\nb: c\n', followed()],
    ['with a sign', 'a: |-\n  x\nb: c\n', followed()],
    ['with the other sign', 'a: >+\n  x\nb: c\n', followed()],
    ['with an indent', 'a: |2\n    x\n  y\nb: c\n', followed()],
    ['with an indent and a sign', 'a: |-2\n    x\n  y\nb: c\n', followed()],
    ['with a sign behind the indent', 'a: |2+\n    x\n  y\nb: c\n', followed()],
    ['with an indent of one', 'a: |1\n  x\n y\nb: c\n', followed()],
    ['with a tab inside its lines', 'a: |\n  x\n  \ty\nb: c\n', followed()],
    ['of a list', '- |\n  x\n- c\n', ['~', 'c']],
    ['with an empty line of spaces that are as many', 'a: |\n  \n  x\nb: c\n', followed()],
    ['with an empty line further in behind its first', 'a: |\n  x\n      \n  y\nb: c\n', followed()],
    ['inside of a key', 'a:\n  d: |\n    x\n  e: f\nb: c\n', followed(map(['d', '~'], ['e', 'f']))],
    [
      'inside of a key, with an indent',
      'a:\n  d: |2\n     x\n    y\n  e: f\nb: c\n',
      followed(map(['d', '~'], ['e', 'f'])),
    ],
    ['alone', '|\n x\n', '~'],
    ['alone with an empty line of spaces', '|\n   \n', '~'],
    ['alone with an indent', '|1\n x\n', '~'],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('and is no name', () => {
    expect(readYaml('|\n x\n')).toEqual({ kind: 'scalar', text: '', quoted: true, exact: false, line: 1 });
  });
});

describe('brackets', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['empty', 'a: []\nb: {}\n', map(['a', []], ['b', map()])],
    ['a list', '[a, b]', ['a', 'b']],
    ['a list with a comma at its end', '[a, b,]', ['a', 'b']],
    ['a list over lines', 'a: [b,\nc,\n d\n]\ne: f\n', map(['a', ['b', 'c', 'd']], ['e', 'f'])],
    ['a list with comments', '[a, # x\n b # y\n, c]', ['a', 'b', 'c']],
    ['lists in lists', '[[], [a, [b]]]', [[], ['a', ['b']]]],
    ['a list in quotes', '["a", \'b\']', ["'a'", "'b'"]],
    ['texts over lines', '[a\n b, c]', ['a b', 'c']],
    ['a colon inside a text', '[a:b, c::d]', ['a:b', 'c::d']],
    ['a sharp inside a text', '[a#b, c]', ['a#b', 'c']],
    ['a dash inside a text', '[-a, b-]', ['-a', 'b-']],
    ['a mapping', '{a: b, c: d}', map(['a', 'b'], ['c', 'd'])],
    ['a mapping with a comma at its end', '{a: b,}', map(['a', 'b'])],
    ['a mapping over lines', '{a: b,\nc:\n d\n}', map(['a', 'b'], ['c', 'd'])],
    ['keys without values', '{a: , b: }', map(['a', null], ['b', null])],
    ['keys without colons', '{a, b: c, d}', map(['a', null], ['b', 'c'], ['d', null])],
    ['keys in quotes', '{"a":b, \'c\': d, "e" : f}', map(["'a'", 'b'], ["'c'", 'd'], ["'e'", 'f'])],
    [
      'mappings in lists and lists in mappings',
      '[{a: [b]}, {c: {d: e}}]',
      [map(['a', ['b']]), map(['c', map(['d', 'e'])])],
    ],
    ['spaces and tabs', '[ a\t,\tb ]  ', ['a', 'b']],
    ['a tab first in a line', '[a,\n\tb]', ['a', 'b']],
    ['a tab first in the line of a value', '{a:\n\tb}', map(['a', 'b'])],
    ['an ending bracket inside quotes', '["]", a]', ["']'", 'a']],
    ['behind a dash', '- [a]\n- {b: c}\n', [['a'], map(['b', 'c'])]],
    ['as a value below its key', 'a:\n  [b]\n', map(['a', ['b']])],
    ['with a comment behind them', 'a: [b] # c\n', map(['a', ['b']])],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('anchors and aliases', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['of a text', 'a: &x b\nc: *x\n', map(['a', 'b'], ['c', { alias: 'b' }])],
    ['of a text in quotes', 'a: &x "b"\nc: *x\n', map(['a', "'b'"], ['c', { alias: "'b'" }])],
    ['of a list', 'a: &x [b]\nc: [*x, *x]\n', map(['a', ['b']], ['c', [{ alias: ['b'] }, { alias: ['b'] }]])],
    [
      'of a mapping',
      'a: &x {b: c}\nd: {e: *x}\n',
      map(['a', map(['b', 'c'])], ['d', map(['e', { alias: map(['b', 'c']) }])]),
    ],
    ['of a list in lines', 'a: &x\n  - b\nc: *x\n', map(['a', ['b']], ['c', { alias: ['b'] }])],
    [
      'of a mapping in lines',
      'a: &x\n  b: c\nd: *x\n',
      map(['a', map(['b', 'c'])], ['d', { alias: map(['b', 'c']) }]),
    ],
    ['of a text block', 'a: &x |\n  b\nc: *x\n', map(['a', '~'], ['c', { alias: '~' }])],
    ['of nothing', 'a: &x\nc: *x\n', map(['a', null], ['c', { alias: null }])],
    ['of nothing at the end', 'a: b\nc: &x', map(['a', 'b'], ['c', null])],
    [
      'of nothing in brackets',
      '[&x , *x, {a: &y }, [&z ]]',
      [null, { alias: null }, map(['a', null]), [null]],
    ],
    ['of items', '- &x a\n- *x\n', ['a', { alias: 'a' }]],
    [
      'in brackets',
      '[&x a, *x, &y [b], *y, &z {c: d}, *z]',
      ['a', { alias: 'a' }, ['b'], { alias: ['b'] }, map(['c', 'd']), { alias: map(['c', 'd']) }],
    ],
    ['in brackets without spaces', '[&x [],*x,*x]', [[], { alias: [] }, { alias: [] }]],
    ['in braces without spaces', '{a: &x b, c: *x}', map(['a', 'b'], ['c', { alias: 'b' }])],
    ['of nothing right before a comma', '[&x, *x]', [null, { alias: null }]],
    ['over a line that begins with a tab', '[&x\n\ta, *x]', ['a', { alias: 'a' }]],
    ['over a line in brackets', '[&x\n a, *x]', ['a', { alias: 'a' }]],
    ['with each character of a name', 'a: &aZ0_- b\nc: *aZ0_-\n', map(['a', 'b'], ['c', { alias: 'b' }])],
    [
      'set twice: the last one',
      'a: &x b\nc: &x d\ne: *x\n',
      map(['a', 'b'], ['c', 'd'], ['e', { alias: 'd' }]),
    ],
    ['at the end of the text', 'a: &x b\nc: *x', map(['a', 'b'], ['c', { alias: 'b' }])],
    ['with a comment behind them', 'a: &x b # y\nc: *x # z\n', map(['a', 'b'], ['c', { alias: 'b' }])],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('a list may be named inside itself', () => {
    const list = readYaml('&x [*x]');
    if (list.kind !== 'list') throw new Error('no list');
    expect(list.items[0]).toEqual({ kind: 'alias', to: list, line: 1 });
  });
});

test('each node has its line', () => {
  expect(
    linesOf(
      readYaml(
        '# x\na:\n  - b\n  -\n    c: d\ne: "f\n  g"\nh: [i,\n j, {k: l,\n m: n}]\no: |\n  x\n\np:\nq: *r\n'.replace(
          '*r',
          'r',
        ),
      ),
    ),
  ).toEqual([
    2,
    [2, [3, [3], [5, [5, [5]]]]],
    [6, [6]],
    [8, [8, [8], [9], [9, [9, [9]], [10, [10]]]]],
    [11, [11]],
    [14, [14]],
    [15, [15]],
  ]);
  expect(linesOf(readYaml('a: &x\n\n  b\nc:\n  *x\nd: &y\ne: "f\\\n g"\nh: i\n'))).toEqual([
    1,
    [1, [3]],
    [4, [5]],
    [6, [6]],
    [7, [7]],
    [9, [9]],
  ]);
  expect(linesOf(readYaml('[a,\n\n b, {c:\n , d\n: e}]\n'.replace(', d\n: e', ', d')))).toEqual([
    1,
    [1],
    [3],
    [3, [3, [4]], [4, [4]]],
  ]);
});

describe('a file is refused, with its line', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a tab before a key', 'a:\n\tb: c\n', '2: a tab in the indentation'],
    ['a tab behind spaces', 'a:\n  \tb: c\n', '2: a tab in the indentation'],
    ['a tab before the next line of a text', 'a: b\n \tc\n', '2: a tab in the indentation'],
    ['a tab right behind a dash', '-\ta\n', '1: a tab in the indentation'],
    ['a tab before a block', 'a: |\n\tb\n', '2: a tab in the indentation'],
    ['a tab inside the indent of a block', 'a: |\n  b\n \tc\n', '3: a tab in the indentation'],
    ['a line further in', 'a: "b"\n  c: d\n', '2: indented further than what it belongs to'],
    ['a line further in, of a list', '- "a"\n  - b\n', '2: indented further than what it belongs to'],
    ['a line less far in', 'a:\n    b: c\n  d: e\n', '3: indented further than what it belongs to'],
    ['a line before the first', '  a: b\nc: d\n', '2: text that belongs to nothing before it (indentation?)'],
    ['a mapping behind a key', 'a: b: c\n', '1: text behind a value (found ": c")'],
    ['a list behind a key', 'a: - b\n', '1: a list that begins behind something else'],
    ['a list behind an anchor', 'a: &x - b\n', '1: a list that begins behind something else'],
    ['a mapping behind an anchor', 'a:\n  &x b: c\n', '2: text behind a value (found ": c")'],
    [
      'a key without a space',
      'a: b\nc:d\n',
      '2: no key of a mapping (found no colon with a space behind it)',
    ],
    ['a text among keys', 'a: b\nc\n', '2: no key of a mapping (found no colon with a space behind it)'],
    ['a dash among keys', 'a: b\n- c\n', '2: a text that begins with "-"'],
    ['a key among dashes', '- a\nb: c\n', '2: text that belongs to nothing before it (indentation?)'],
    ['a list less far in than its key', 'a:\n  b:\n- c\n', '3: a text that begins with "-"'],
    ['a comma behind an alias', 'a: &x b\nc: *x, d\n', '2: the name of an anchor or alias ends with ","'],
    ['a key in quotes without a space', '"a":b\n', '1: text behind a value (found ":b")'],
    [
      'a colon that begins a line in brackets',
      '[a\n:b]',
      '2: between brackets: found ":", allowed: a comma or ]',
    ],
    ['quotes behind quotes', 'a: "b""c"\n', '1: text behind a value (found ""c"")'],
    ['an alias of nothing behind an escape', 'a: "b\\nc"\nd: *x\n', '2: the alias *x of nothing'],
    ['an alias of nothing behind an escaped line', 'a: "b\\\n c"\nd: *x\n', '3: the alias *x of nothing'],
    ['a tab that begins the first line of a block', 'a: |\n  \tb\n', '2: a tab in the indentation'],
    ['text behind quotes', 'a: "b" c\n', '1: text behind a value (found "c")'],
    [
      'text behind brackets',
      'a: [b] c d e f g h i j k l m\n',
      '1: text behind a value (found "c d e f g h i j k l ")',
    ],
    [
      'text behind brackets, to the end of its line',
      'a: [b] c\nd: e\n',
      '1: text behind a value (found "c")',
    ],
    ['text behind an alias', 'a: &x b\nc: *x d\n', '2: text behind a value (found "d")'],
    ['a comment right behind brackets', 'a: [b]#c\n', '1: a comment needs a space before it'],
    ['a comment right behind quotes', 'a: "b"#c\n', '1: a comment needs a space before it'],
    ['a comment right behind a comma', '[a,#b\n c]', '1: a comment needs a space before it'],
    ['a key over two lines', '"a\n b": c\n', '2: text behind a value (found ": c")'],
    ['a key that is too long', `"${'a'.repeat(1023)}": b\n`, '1: text behind a value (found ": b")'],
    ['a second document', 'a: b\n---\nc: d\n', '2: more than one document'],
    ['a second document behind the first mark', '---\na: b\n---\n', '3: more than one document'],
    ['a mark that is indented', '  ---\n', '1: more than one document'],
    ['the end of a document', 'a: b\n...\n', '2: more than one document'],
    ['the end of a document without a line end', 'a: b\n...', '2: more than one document'],
    ['a mark inside quotes', 'a: "b\n--- c"\n', '2: more than one document'],
    ['text behind the mark of a document', '---\tx: y\n', '1: more than one document'],
    ['text behind the start of a document', '--- a\n', '1: text behind a value (found "a")'],
    ['a directive', '%YAML 1.1\n---\na: b\n', '2: more than one document'],
    ['a directive alone', '%YAML 1.1\n', '1: a text that begins with "%"'],
    ...['?', ':', ',', ']', '}', '!', '%', '@', '`'].map((char): readonly [string, string, string] => [
      `a text that begins with ${char}`,
      `a: b\nc: ${char}x\n`,
      `2: a text that begins with "${char}"`,
    ]),
    ['a comment for a text in brackets', '{#a: b}', '1: a comment needs a space before it'],
    ['a dash alone in brackets', '[-, a]', '1: a text that begins with "-"'],
    ['a dash with a space in brackets', '[- a]', '1: a text that begins with "-"'],
    ['a dash at the end of brackets', '[-]', '1: a text that begins with "-"'],
    ['a comma first', '[, a]', '1: a text that begins with ","'],
    ['two commas', '[a,, b]', '1: a text that begins with ","'],
    ['a comma first in braces', '{, a}', '1: a text that begins with ","'],
    ['a block in brackets', '[|]', '1: a text that begins with "|"'],
    ['a colon without a space before a bracket', '[a:]', '1: a colon without a space'],
    ['a colon without a space before a comma', '[a:,b]', '1: a colon without a space'],
    ['a colon without a space before a question mark', '[a:?b]', '1: a colon without a space'],
    ['a colon without a space before a brace', '{a:}', '1: a colon without a space'],
    ['a pair in brackets', '[a: b]', '1: between brackets: found ":", allowed: a comma or ]'],
    ['no comma behind quotes', '["a" "b"]', '1: between brackets: found """, allowed: a comma or ]'],
    ['a brace for a bracket', '[a\n}', '2: between brackets: found "}", allowed: a comma or ]'],
    ['a bracket for a brace', '{a: b]', '1: between brackets: found "]", allowed: a comma or }'],
    ['a bracket that is not closed', 'a: [b,\nc\n', '1: a bracket is not closed (no ])'],
    ['a brace that is not closed', 'a:\n {b: c\n', '2: a bracket is not closed (no })'],
    ['quotes that are not closed', 'a: b\nc: "d\ne\n', '2: a text without its closing "'],
    ['apostrophes that are not closed', "a: 'b''\n", "1: a text without its closing '"],
    ['an escape that is none', 'a: "b\\z"\n', '1: an unknown escape'],
    ['an escape that is too short', 'a: "\\x4"\n', '1: an unknown escape'],
    ['an escape of a surrogate', 'a: "\\ud800"\n', '1: an unknown escape'],
    ['an escape of the last surrogate', 'a: "\\udfff"\n', '1: an unknown escape'],
    ['an escape beyond the last character', 'a: "\\U00110000"\n', '1: an unknown escape'],
    ['an alias of nothing', 'a: *x\n', '1: the alias *x of nothing'],
    ['an alias before its anchor', 'a: *x\nb: &x c\n', '1: the alias *x of nothing'],
    ['an alias without a name', 'a: * x\n', '1: an anchor or alias without a name'],
    ['an anchor without a name', 'a: &\n', '1: an anchor or alias without a name'],
    [
      'a name that ends with something else',
      'a: &x.y b\n',
      '1: the name of an anchor or alias ends with "."',
    ],
    ['a name that ends with a comma', 'a: &x, b\n', '1: the name of an anchor or alias ends with ","'],
    ['two anchors', 'a: &x &y b\n', '1: a text that begins with "&"'],
    ['an anchor before an alias', 'a: &x b\nc: &y *x\n', '2: a text that begins with "*"'],
    ['an anchor before an alias in brackets', '[&x a, &y *x]', '1: a text that begins with "*"'],
    ['a header of a block that is none', 'a: |x\n  b\n', '1: a text block with a wrong header'],
    ['a header of a block with two signs', 'a: |-+\n  b\n', '1: a text block with a wrong header'],
    ['a header of a block with a zero', 'a: |0\n  b\n', '1: a text block with a wrong header'],
    ['text behind the header of a block', 'a: | b\n  c\n', '1: text behind the header of a text block'],
    ['a comment right behind the header of a block', 'a: |#b\n  c\n', '1: a text block with a wrong header'],
    [
      'an empty line of a block further in than its first',
      'a: |\n   \n  b\n',
      '3: an empty line that is indented further',
    ],
    [
      'a line of a block less far in than its indent says',
      'a: |4\n  b\n',
      '2: indented further than what it belongs to',
    ],
    ['a control character', 'a: b\n# \u0007\n', '2: a character that no line may have (U+0007)'],
    ['a carriage return alone', 'a: b\rc: d\n', '1: a character that no line may have (U+000D)'],
    ['a byte order mark', '\ufeffa: b\n', '1: a character that no line may have (U+FEFF)'],
    ['a line separator', 'a:\n b\u2028\n', '2: a character that no line may have (U+2028)'],
    ['a next line', 'a: b\u0085\n', '1: a character that no line may have (U+0085)'],
  ];
  test.each(cases)('%s', (_, text, message) => {
    const reading = () => readYaml(text);
    expect(reading).toThrow(new SourceError(`data.yaml: does not parse: line ${message}`));
    expect(reading).toThrow(SourceError);
  });

  test.each([
    ['brackets', (n: number) => '['.repeat(n) + ']'.repeat(n), 50],
    ['braces', (n: number) => '{a: '.repeat(n) + '}'.repeat(n), 50],
    ['keys', (n: number) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), 51],
    ['dashes', (n: number) => `${'- '.repeat(n)}a\n`, 50],
    ['brackets below a key', (n: number) => `a: ${'['.repeat(n)}${']'.repeat(n)}`, 49],
  ])('%s in each other, deeper than allowed', (_, nested, most) => {
    expect(() => readYaml(nested(most))).not.toThrow();
    expect(() => readYaml(nested(most + 1))).toThrow('nested too deep (allowed 50)');
  });

  test('a key of the most characters is read', () => {
    expect(read(`"${'a'.repeat(1022)}": b\n`)).toEqual(map([`'${'a'.repeat(1022)}'`, 'b']));
  });
});
