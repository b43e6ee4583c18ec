import fc from 'fast-check';
import { anyCharacter } from '../any-character.ts';

/** Pieces that mean something to one reader or another. */
const PIECES = [
  ...['\u0000', '\u001b[31m', '\u0085', '\u202e', '\ufeff', '\u200b', '\r', '\n', '\t', ' '],
  ...[
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '&',
    '*',
    '#',
    ':',
    ',',
    '|',
    '%',
    '@',
    '=',
    '+',
    ';',
    '`',
    '~',
  ],
  ...[
    '<script>',
    '</pre>',
    '<nowiki>',
    '{{',
    '}}',
    '[[',
    ']]',
    '<!--',
    '-->',
    '~~~~',
    '=== x ===',
    '&#60;',
    '%0a',
    '\\u001b',
  ],
  ...['ann', 'a@x.org', 'null', 'no', '0x1f', '1e9', '<<', '&a', '*a', '!!str', '---', '...'],
];

/** Text of pieces that mean something, and of anything else. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6, unit: anyCharacter })), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(8),
  put: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })),
});

/** A text with a few of its places changed. */
export const changedText = (text: string): fc.Arbitrary<string> =>
  fc.array(edit, { maxLength: 4 }).map((edits) =>
    edits.reduce((changed, { at, remove, put }) => {
      const place = Math.floor(at * changed.length);
      return changed.slice(0, place) + put + changed.slice(place + remove);
    }, text),
  );

/** Bytes with a few of them changed, cut out or put in. */
export const changedBytes = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.record({ at: fc.nat(bytes.length - 1), by: fc.nat(255), kind: fc.nat(3) }), { maxLength: 4 })
    .map((edits) =>
      edits.reduce((changed, { at, by, kind }) => {
        if (kind === 0) return Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1)]);
        if (kind === 1)
          return Buffer.concat([changed.subarray(0, at), Buffer.from([by]), changed.subarray(at)]);
        const copy = Buffer.from(changed);
        if (at < copy.length) copy[at] = by;
        return copy;
      }, bytes),
    );

/** A text that repeats one part, behind another text, so many characters long. */
export const repeated =
  (part: string, before = '') =>
  (size: number): string =>
    before + part.repeat(Math.ceil(size / part.length));
