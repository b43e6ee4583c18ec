import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readContent, readDocument, yamlContent } from '../../src/policy/yaml-document.ts';

const keys = {
  a: z.string(),
  b: z.union([z.literal('none'), z.literal('all'), z.object({ c: z.number() })]).optional(),
};
const schema = { strict: z.strictObject(keys), loose: z.object(keys) };
const thrownBy = (read: () => unknown): Error => {
  try {
    return new Error(`nothing thrown: ${JSON.stringify(read())}`);
  } catch (error) {
    return error as Error;
  }
};

describe('a document that is no YAML is refused with each fault, its place and nothing of its text', () => {
  test.each([
    [
      'a list that does not end',
      'order: [a',
      'Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 10',
    ],
    ['a key twice', 'a: 1\na: 2\n', 'Map keys must be unique at line 2, column 1'],
    [
      'two faults',
      'a: [b\nc: }',
      'Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1, Unexpected flow-map-end token in YAML stream: "}" at line 2, column 4',
    ],
    ['an alias without an anchor', 'a: *b', 'Unresolved alias (the anchor must be set before the alias): b'],
    ['an alias inside its own anchor', 'a: &a { b: *a }', 'an alias is inside its own anchor'],
    [
      'aliases that become too much',
      [
        'a: &a [x, x, x, x, x, x, x, x, x, x]',
        'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
        'c: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
      ].join('\n'),
      'Excessive alias count indicates a resource exhaustion attack',
    ],
  ])('%s', (_, text, fault) => {
    expect(thrownBy(() => yamlContent(text)).message).toBe(`a policy document: ${fault}`);
  });

  test('the error of the YAML library is kept as the cause', () => {
    expect(thrownBy(() => yamlContent('a: *b')).cause).toBeInstanceOf(ReferenceError);
  });
});

test('YAML without a fault is its value, aliases included', () => {
  expect(yamlContent('a: &x [1]\nb: *x\n')).toEqual({ a: [1], b: [1] });
  expect(yamlContent('')).toBeNull();
});

describe('a document is refused with the path and the fault of each value', () => {
  test.each([
    ['no object', 5, 'the document: found 5 (allowed: an object)'],
    ['a wrong type', { a: 1 }, 'a: found 1 (allowed: text)'],
    ['an unknown key', { a: 'x', d: 1 }, 'the document: found the unknown key "d" (allowed: a, b)'],
    ['the last branch of a union', { a: 'x', b: {} }, 'b.c: found nothing (allowed: a number)'],
    ['another word for a union', { a: 'x', b: 'nothing' }, 'b: found "nothing" (allowed: an object)'],
    [
      'several faults, each once',
      { a: 1, b: { c: 'y' }, d: 1 },
      'a: found 1 (allowed: text), b.c: found "y" (allowed: a number), the document: found the unknown key "d" (allowed: a, b)',
    ],
  ])('%s', (_, content, faults) => {
    const message = `a policy document: ${faults}`;
    expect(thrownBy(() => readContent(content, schema, () => [])).message).toBe(message);
    expect(thrownBy(() => readDocument(JSON.stringify(content), schema, () => [])).message).toBe(message);
  });

  test('what a schema cannot find is found beside an unknown key, and not asked of a document of another form', () => {
    const check = ({ a }: { readonly a: string }) => (a === 'x' ? ['a: is x', 'a: is x'] : []);
    expect(thrownBy(() => readContent({ a: 'x', d: 1 }, schema, check)).message).toBe(
      'a policy document: the document: found the unknown key "d" (allowed: a, b), a: is x',
    );
    expect(thrownBy(() => readContent({ a: 'x' }, schema, check)).message).toBe('a policy document: a: is x');
    expect(thrownBy(() => readContent({ a: 1 }, schema, check)).message).not.toContain('is x');
    expect(readContent({ a: 'y', b: 'none' }, schema, check)).toEqual({ a: 'y', b: 'none' });
  });
});
