import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, safeJson } from '../../src/platform/printable.ts';

const HOSTILE = [
  ...[0x00, 0x07, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f],
  ...[
    0xad, 0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff,
    0xd800, 0xdfff,
  ],
];

test.each(HOSTILE)('U+%# is shown as its code in text (code point %i)', (code) => {
  const text = String.fromCharCode(code);
  expect(printable({ a: [text] })).toEqual({ a: [`\\u${code.toString(16).padStart(4, '0')}`] });
});

test.each(HOSTILE)('code point %i is no character of a JSON text, and its value is the same', (code) => {
  const value = { text: `a${String.fromCharCode(code)}b` };
  const json = safeJson(JSON.stringify(value));
  expect(json).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(json)).toEqual(value);
});

test('letters of every language stay as they are', () => {
  expect(printable('Zoë Łukasz 日本 עברית')).toBe('Zoë Łukasz 日本 עברית');
  expect(safeJson('"Zoë Łukasz 日本 עברית"')).toBe('"Zoë Łukasz 日本 עברית"');
});

test('a JSON text keeps its value, whatever is in it', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(JSON.parse(safeJson(json))).toEqual(JSON.parse(json));
    }),
  );
});
