import { describe, expect, test } from 'vitest';
import { isTextForRuby } from '../../../src/directories/posix-groups/ruby-text.ts';
import { readYaml } from '../../../src/directories/posix-groups/yaml-block.ts';
import { createMapReader, duplicateKeys, textIn } from '../../../src/directories/posix-groups/yaml-maps.ts';
import type { YamlMap, YamlNode } from '../../../src/directories/posix-groups/yaml-types.ts';
import { SourceError } from '../../../src/platform/errors.ts';

const text = (value: string, line = 1) =>
  ({ kind: 'scalar', text: value, quoted: false, exact: true, line }) as const;
const mapOf = (entries: YamlMap['entries'], line = 1): YamlMap => ({ kind: 'map', entries, line });
function mapIn(yaml: string): YamlMap {
  const node = readYaml(yaml);
  if (node.kind !== 'map') throw new Error('no mapping');
  return node;
}
/** The value of the key `x` in a file: its keys, each with its text. */
function entries(yaml: string) {
  const { entriesOf } = createMapReader();
  const value = entriesOf(mapIn(yaml)).get('x');
  if (value?.kind !== 'map') throw new Error('x is no mapping');
  return [...entriesOf(value)].map(([key, node]) => [key, node.kind === 'scalar' ? node.text : node.kind]);
}

describe('a text is one for Ruby', () => {
  test.each(['ann', 'y', 'n', 'on1', '20after4', '1.2.3', '0o9', '-', 'a:b', '1_a', 'nan', '=', ':'])(
    '%j',
    (value) => {
      expect([isTextForRuby(value), textIn(text(value))]).toEqual([true, value]);
    },
  );

  test.each([
    '',
    '~',
    'null',
    'NULL',
    'yes',
    'True',
    'on',
    'no',
    'FALSE',
    'off',
    '7',
    '-7',
    '1_0',
    '1,0',
    '1.5',
    '.5',
    '1e3',
    '0x1f',
    '0b1',
    '0o7',
    '12:30',
    '2024-01-31',
    ':a',
    '.inf',
    '-.INF',
    '.nan',
  ])('not %j, unless it is in quotes', (value) => {
    expect([isTextForRuby(value), textIn(text(value))]).toEqual([false, undefined]);
    expect(textIn({ ...text(value), quoted: true })).toBe(value);
  });

  test('not nothing', () => {
    expect(textIn({ ...text(''), text: null })).toBeUndefined();
    expect(textIn({ ...text(''), text: null, quoted: true })).toBeUndefined();
  });

  test('and is refused where it was not decoded', () => {
    expect(() => textIn({ ...text('a', 7), exact: false })).toThrow(
      new SourceError('data.yaml: does not parse: line 7: a name with escapes or in a text block'),
    );
  });
});

describe('a mapping', () => {
  const cases: readonly (readonly [string, string, readonly (readonly [string, string | null])[]])[] = [
    [
      'has its keys in their order',
      'x: {b: 1, a: 2}',
      [
        ['b', '1'],
        ['a', '2'],
      ],
    ],
    ['has the last of equal keys', 'x: {a: 1, a: 2}', [['a', '2']]],
    [
      'has no key that is no text',
      'x: {7: 1, no: 2, a: 3, "7": 4}',
      [
        ['a', '3'],
        ['7', '4'],
      ],
    ],
    [
      'has what it merges',
      'x: {<<: {a: 1}, b: 2}',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['has a key behind a merge key rather than a merged one', 'x: {<<: {a: 1}, a: 2}', [['a', '2']]],
    ['has a merged key rather than one before the merge key', 'x: {a: 2, <<: {a: 1}}', [['a', '1']]],
    [
      'has the first of merged lists',
      'x: {<<: [{a: 1}, {a: 2, b: 3}]}',
      [
        ['a', '1'],
        ['b', '3'],
      ],
    ],
    ['merges an alias of a mapping', 'y: &y {a: 1}\nx: {<<: *y}', [['a', '1']]],
    [
      'merges a list of aliases',
      'y: &y {a: 1}\nx: {<<: [*y, {b: 2}]}',
      [
        ['b', '2'],
        ['a', '1'],
      ],
    ],
    ['does not merge the alias of a list', 'y: &y [{a: 1}]\nx: {<<: *y}', [['<<', 'alias']]],
    ['does not merge a text', 'x: {<<: a}', [['<<', 'a']]],
    [
      'does not merge nothing',
      'x: {<<: , a: 1}',
      [
        ['<<', null],
        ['a', '1'],
      ],
    ],
    ['does not merge a list with a text', 'x: {<<: [{a: 1}, b]}', [['<<', 'list']]],
    ['merges an empty list', 'x: {<<: [], a: 1}', [['a', '1']]],
    ['merges in quotes too', 'x: {"<<": {a: 1}}', [['a', '1']]],
    [
      'merges what is merged',
      'x: {<<: {<<: {a: 1}, b: 2}}',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
  ];
  test.each(cases)('%s', (_, yaml, expected) => {
    expect(entries(yaml)).toEqual(expected);
  });

  test('is resolved once, and known to be', () => {
    const { entriesOf, resolved } = createMapReader();
    const [inner, other] = [mapOf([[text('a'), text('1')]]), mapOf([])];
    const outer = mapOf([[text('<<'), inner]]);
    expect(entriesOf(outer)).toBe(entriesOf(outer));
    expect([resolved.has(outer), resolved.has(inner), resolved.has(other)]).toEqual([true, true, false]);
  });

  test('may not merge itself', () => {
    const { entriesOf } = createMapReader();
    expect(() => entriesOf(mapIn('&x {a: {b: c},\n <<: *x}'))).toThrow(
      new SourceError('data.yaml: does not parse: line 1: a mapping that merges itself'),
    );
  });

  test('may merge what merges, twenty deep and no more', () => {
    const chain = (count: number): YamlNode =>
      Array.from({ length: count }, (_, n) => n + 2).reduce<YamlMap>(
        (inner, line) => mapOf([[text('<<'), inner]], line),
        mapOf([[text('a'), text('1')]], 1),
      );
    const reading = (count: number) => () => createMapReader().entriesOf(chain(count) as YamlMap);
    expect([...reading(20)()].map(([key]) => key)).toEqual(['a']);
    expect(reading(21)).toThrow(
      new SourceError('data.yaml: does not parse: line 1: merge keys of merge keys (allowed 20)'),
    );
  });

  test('may copy a million entries and no more, all mappings together', () => {
    const large = mapOf(Array.from({ length: 250_000 }, (_, n) => [text(`k${n}`), text('1')] as const));
    const using = (line: number) => mapOf([[text('<<'), large]], line);
    const { entriesOf } = createMapReader();
    for (const line of [1, 2, 3, 4]) expect(entriesOf(using(line)).size).toBe(250_000);
    const one = mapOf([[text('<<'), mapOf([[text('a'), text('1')]])]], 5);
    expect(() => entriesOf(one)).toThrow(
      new SourceError(
        'data.yaml: does not parse: line 5: merge keys that copy too much (allowed 1000000 entries)',
      ),
    );
  });
});

describe('keys that are there twice', () => {
  const found = (yaml: string) => duplicateKeys(readYaml(yaml)).map(({ key, line }) => `${key} ${line}`);
  test.each([
    ['are none in other mappings', 'a: {b: 1}\nc: {b: 1}\n', []],
    ['are found with the line of the second', 'a: 1\nb: 2\na: 3\n', ['a 3']],
    ['are found each further time', 'a: 1\na: 2\na: 3\n', ['a 2', 'a 3']],
    [
      'are found in lists and in mappings, in the order of the file',
      'x: [{a: 1,\n a: 2}]\ny:\n  b: {c: 1, c: 2}\nx: 1\n',
      ['a 2', 'c 4', 'x 5'],
    ],
    ['are found where one is in quotes', 'a: 1\n"a": 2\n', ['a 2']],
    ['are not the same as a number in quotes', '7: 1\n"7": 2\n', []],
    ['are not two numbers', '7: 1\n8: 2\n', []],
    ['are found of numbers', '7: 1\n7: 2\n', ['7 2']],
    ['are found of nothing in quotes', '"": 1\n\'\': 2\n', [' 2']],
    ['are no merge keys', '<<: {a: 1}\n<<: {a: 2}\n', []],
    ['are not looked for behind an alias again', 'x: &x {a: 1, a: 2}\ny: *x\n', ['a 1']],
  ])('%s', (_, yaml, expected) => {
    expect(found(yaml)).toEqual(expected);
  });

  test('are named with their mapping', () => {
    const map = mapIn('a: 1\na: 2\n');
    expect(duplicateKeys(map)).toEqual([{ map, key: 'a', line: 2 }]);
  });
});
