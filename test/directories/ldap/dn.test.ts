import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DnPart, isUnder, normalizeDn, parseDn } from '../../../src/directories/ldap/dn.ts';
import { sameName } from '../../../src/directories/same-name.ts';

type Names = readonly (readonly DnPart[])[];

const SPECIAL = new Set(['"', '+', ',', ';', '<', '>', '#', '=', ' ', '\\']);
const MUST_ESCAPE = new Set(['"', '+', ',', ';', '<', '>', '#', ' ', '\\', '\0']);

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...SPECIAL, '\0', 'a', 'B', 'é', '日'), maxLength: 8 }),
);
const part = fc.record({ type: fc.constantFrom('uid', 'cn', 'ou', 'dc', 'x-a'), value: text });
const names = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
/** How a character is written: as it is, after a backslash, or as hexadecimal bytes. */
const hands = fc.infiniteStream(fc.nat(5));

const hex = (char: string) =>
  [...Buffer.from(char)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

function writeValue(value: string, hand: Iterator<number>): string {
  return [...value]
    .map((char) => {
      const choice = hand.next().value ?? 0;
      if (choice === 0 || char === '\0') return hex(char);
      if (MUST_ESCAPE.has(char) || (choice === 1 && SPECIAL.has(char))) return `\\${char}`;
      return char;
    })
    .join('');
}

function write(dn: Names, hand: Iterator<number>): string {
  const space = () => ' '.repeat(Math.max(0, (hand.next().value ?? 0) - 3));
  const writeType = (type: string) => ((hand.next().value ?? 0) > 2 ? type : type.toUpperCase());
  return dn
    .map((rdn) =>
      rdn
        .map(
          ({ type, value }) => `${space()}${writeType(type)}${space()}=${space()}${writeValue(value, hand)}`,
        )
        .join(`${space()}+`),
    )
    .join(`${space()},`);
}

describe('reading a DN', () => {
  test('gives back the values that were written, however they were escaped', () => {
    fc.assert(
      fc.property(names, hands, (dn, hand) => {
        expect(parseDn(write(dn, hand[Symbol.iterator]()))).toEqual(dn);
      }),
    );
  });

  test.each([
    ['uid=ann,ou=people', [[{ type: 'uid', value: 'ann' }], [{ type: 'ou', value: 'people' }]]],
    ['UID = Ann , OU= people ', [[{ type: 'uid', value: 'Ann' }], [{ type: 'ou', value: 'people' }]]],
    ['cn=Doe\\, J\\2e,o=x', [[{ type: 'cn', value: 'Doe, J.' }], [{ type: 'o', value: 'x' }]]],
    ['cn=Lu\\C4\\8Di\\C4\\87', [[{ type: 'cn', value: 'Lučić' }]]],
    ['cn="Doe, \\"J\\"+<x>"', [[{ type: 'cn', value: 'Doe, "J"+<x>' }]]],
    ['cn=#0402c3a9', [[{ type: 'cn', value: 'é' }]]],
    ['cn=\\ a\\ ', [[{ type: 'cn', value: ' a ' }]]],
    ['cn=a\\\\  ', [[{ type: 'cn', value: 'a\\' }]]],
    ['cn=a=b#c', [[{ type: 'cn', value: 'a=b#c' }]]],
    [
      'oid.2.5.4.3=a+0.9.2342.19200300.100.1.1=b',
      [
        [
          { type: 'cn', value: 'a' },
          { type: 'uid', value: 'b' },
        ],
      ],
    ],
    ['cn=', [[{ type: 'cn', value: '' }]]],
    ['', []],
  ])('reads %s', (dn, expected) => {
    expect(parseDn(dn)).toEqual(expected);
  });
});

describe('refusing what is no DN', () => {
  test.each([
    'ann',
    'uid=ann,',
    ',uid=ann',
    'uid=ann,,ou=people',
    'uid=ann;ou=people',
    'uid=a"b',
    'uid=a<b',
    'uid=a\\',
    'uid=a\\xz',
    'uid=\\ff',
    'uid=#04',
    'uid=#0403c3a9',
    'uid=#0101ff',
    'uid=#zz',
    '=ann',
    'u_id=ann',
    'uid="ann',
    'uid="ann"x',
    'uid=a\0b',
  ])('refuses %j', (dn) => {
    expect(() => parseDn(dn)).toThrow(/^DN "/);
  });

  test('takes any text for a DN or refuses it, and does neither both ways', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (any) => {
        try {
          parseDn(any);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: DN "/);
          return;
        }
        expect(normalizeDn(normalizeDn(any))).toBe(normalizeDn(any));
      }),
    );
  });
});

describe('comparing DNs', () => {
  test('escapes, case of types, spaces and the order in a multi-valued name make no difference', () => {
    fc.assert(
      fc.property(names, hands, hands, (dn, one, other) => {
        const turned = dn.map((rdn) => rdn.toReversed());
        expect(normalizeDn(write(turned, other[Symbol.iterator]()))).toBe(
          normalizeDn(write(dn, one[Symbol.iterator]())),
        );
      }),
    );
  });

  test('the normal form is its own normal form', () => {
    fc.assert(
      fc.property(names, hands, (dn, hand) => {
        const normal = normalizeDn(write(dn, hand[Symbol.iterator]()));
        expect(normalizeDn(normal)).toBe(normal);
      }),
    );
  });

  test('values that differ in more than case and spaces stay different', () => {
    fc.assert(
      fc.property(text, text, hands, (a, b, hand) => {
        fc.pre(!sameName(a, b));
        const dn = (value: string) =>
          write([[{ type: 'cn', value }], [{ type: 'o', value: 'x' }]], hand[Symbol.iterator]());
        expect(normalizeDn(dn(a))).not.toBe(normalizeDn(dn(b)));
      }),
    );
  });

  test.each([
    ['uid=Ann,OU=People,dc=x', 'UID=ann, ou=people , DC=X', true],
    ['cn=a  b', 'cn= A B', true],
    ['cn=a+uid=b', 'uid=B+cn=A', true],
    ['cn=é', 'cn=\\65\\CC\\81', true],
    ['commonName=a', 'cn=a', true],
    ['cn=a\\,o=b', 'cn=a,o=b', false],
    ['cn=a+uid=b', 'cn=a,uid=b', false],
    ['cn=ab', 'cn=a b', false],
    ['uid=ann', 'cn=ann', false],
    ['cn=\\#0402c3a9', 'cn=#0402c3a9', false],
  ])('%s and %s: the same is %s', (a, b, same) => {
    expect(normalizeDn(a) === normalizeDn(b)).toBe(same);
  });
});

describe('whether a DN is below a base', () => {
  test('names before a base make a DN below it', () => {
    fc.assert(
      fc.property(names, names, hands, (top, base, hand) => {
        const choices = hand[Symbol.iterator]();
        const dn = `${write(top, choices)},${write(base, choices)}`;
        expect(isUnder(dn, write(base, choices))).toBe(true);
      }),
    );
  });

  test.each([
    ['ou=people,dc=x', 'ou=people,dc=x', false],
    ['uid=a,ou=people,dc=x', 'OU=People, DC=X', true],
    ['uid=a,ou=old,ou=people,dc=x', 'ou=people,dc=x', true],
    ['uid=a\\,ou=people,dc=x', 'ou=people,dc=x', false],
    ['uid=a,ou=robotpeople,dc=x', 'ou=people,dc=x', false],
    ['uid=a,ou=people,dc=x,dc=y', 'ou=people,dc=x', false],
    ['dc=x', 'ou=people,dc=x', false],
    ['dc=x', '', true],
  ])('%s below %s: %s', (dn, base, below) => {
    expect(isUnder(dn, base)).toBe(below);
  });
});
