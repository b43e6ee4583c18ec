import { describe, expect, test } from 'vitest';
import { membersOfGroup } from '../../../src/directories/posix-groups/members.ts';
import { readYaml } from '../../../src/directories/posix-groups/yaml-block.ts';
import type { YamlList, YamlNode } from '../../../src/directories/posix-groups/yaml-types.ts';
import { SourceError } from '../../../src/platform/errors.ts';

const list = (items: YamlNode[], line = 1): YamlList => ({ kind: 'list', items, line });
/** Lists in each other, so many; `line` of the innermost is their number. */
const nested = (count: number): YamlList =>
  Array.from({ length: count - 1 }, (_, n) => count - 1 - n).reduce(
    (inner, line) => list([inner], line),
    list([], count),
  );

describe('the members of a group', () => {
  test('are its names in their order, each once, with the line where it comes first', () => {
    const members = readYaml('- ann\n- [bob,\n   ann, [cid]]\n- bob\n');
    expect(membersOfGroup(members, 'g')).toEqual([
      { name: 'ann', line: 1 },
      { name: 'bob', line: 2 },
      { name: 'cid', line: 3 },
    ]);
  });

  test('are none where the key is missing', () => {
    expect(membersOfGroup(undefined, 'g')).toEqual([]);
  });

  test('may be an alias of a list, which may be in it more than once', () => {
    const inner = list([{ kind: 'scalar', text: 'ann', quoted: false, exact: true, line: 2 }]);
    const alias: YamlNode = { kind: 'alias', to: inner, line: 3 };
    expect(membersOfGroup({ kind: 'alias', to: list([alias, inner, alias]), line: 4 }, 'g')).toEqual([
      { name: 'ann', line: 2 },
    ]);
  });

  test.each(['a', '0', '_', 'a.b', 'a-b', 'a_b', 'ann2', '20after4', 'a.-_'])('may be called %s', (name) => {
    expect(membersOfGroup(readYaml(`["${name}"]`), 'g')).toEqual([{ name, line: 1 }]);
  });

  const NOT_TEXT = 'allowed: text, or quotes)';
  const ALLOWED = 'allowed ^[a-z0-9_][a-z0-9_.-]*$)';
  test.each([
    ['a word for a list', 'ann', 'line 1: members of g hold something that is no name'],
    ['a mapping for a list', '\na: b\n', 'line 2: members of g hold something that is no name'],
    ['a mapping', '\n- a: b\n', 'line 2: members of g hold something that is no name (found a mapping)'],
    [
      'nothing',
      '[ann,\n ~]',
      `line 2: members of g: puppet does not read this as text (found ~, ${NOT_TEXT}`,
    ],
    [
      'an item without a value',
      '- ann\n-\n',
      `line 2: members of g: puppet does not read this as text (found nothing, ${NOT_TEXT}`,
    ],
    ['a number', '[7]', `line 1: members of g: puppet does not read this as text (found 7, ${NOT_TEXT}`],
    ['a capital', '[ann,\n Bob]', `line 2: members of g: no user name (found "Bob", ${ALLOWED}`],
    ['a dash first', '[-a]', `line 1: members of g: no user name (found "-a", ${ALLOWED}`],
    ['a dot first', '[.a]', `line 1: members of g: no user name (found ".a", ${ALLOWED}`],
    ['another character', '[a+b]', `line 1: members of g: no user name (found "a+b", ${ALLOWED}`],
    ['no character', '[""]', `line 1: members of g: no user name (found "", ${ALLOWED}`],
    [
      'two names',
      '[ann bob]',
      `line 1: members of g: no user name (found "ann bob", ${ALLOWED}: is a comma missing?`,
    ],
    [
      'a long name',
      `[${'A'.repeat(99)}]`,
      `line 1: members of g: no user name (found "${'A'.repeat(80)}", ${ALLOWED}`,
    ],
    ['an escape', '["a\\x62"]', 'does not parse: line 1: a name with escapes or in a text block'],
    ['a text block', '- |\n  ann\n', 'does not parse: line 1: a name with escapes or in a text block'],
    ['themselves', '&x [ann, [*x]]', 'line 1: members of g contain themselves'],
  ])('may not be %s', (_, text, message) => {
    const reading = () => membersOfGroup(readYaml(text), 'g');
    expect(reading).toThrow(new SourceError(`data.yaml: ${message}`));
    expect(reading).toThrow(SourceError);
  });

  test('may be lists in lists, fifty in a list and no more', () => {
    expect(membersOfGroup(nested(51), 'g')).toEqual([]);
    expect(() => membersOfGroup(nested(52), 'g')).toThrow(
      new SourceError('data.yaml: line 52: members of g: lists in lists (allowed 50 deep)'),
    );
  });
});
