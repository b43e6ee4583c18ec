import fc from 'fast-check';

/** Code points from here on are moved past the surrogates, which are no characters. */
const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;

/** Any character of Unicode, as a unit of `fc.string`. The unit `binary` is the same, and takes seconds to make. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((n) => String.fromCodePoint(n < FIRST_SURROGATE ? n : n + SURROGATES), codeOf);

/** The number that a character is made from; fast-check asks for it of texts that it likes to try. */
function codeOf(character: unknown): number {
  const code = typeof character === 'string' ? (character.codePointAt(0) ?? -1) : -1;
  if (code < 0 || String.fromCodePoint(code) !== character) throw new Error('not one character');
  return code < FIRST_SURROGATE ? code : code - SURROGATES;
}
