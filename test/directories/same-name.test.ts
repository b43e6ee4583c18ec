import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey, nameKey, sameName } from '../../src/directories/same-name.ts';
import { anyCharacter } from '../any-character.ts';

describe('the same name, as LDAP compares names', () => {
  test.each([
    ['Jane Doe', 'jane doe', true],
    ['Jane  Doe', 'Jane Doe', true],
    ['  Jane Doe ', 'Jane Doe', true],
    ['Jane\tDoe', 'Jane Doe', true],
    ['Jane\u00a0Doe', 'Jane Doe', true],
    ['Ren\u00e9', 'RENE\u0301', true],
    ['\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2', '\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3', true],
    ['JaneDoe', 'Jane Doe', false],
    ['jane.doe', 'jane doe', false],
    ['Rene', 'Ren\u00e9', false],
    ['ann', 'anna', false],
    ['ines', '\u0131nes', false],
    ['ann', 'ann\u0000', false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameName(a, b)).toBe(same);
    expect(sameName(b, a)).toBe(same);
  });
});

describe('the same address', () => {
  test.each([
    ['ann@example.org', 'Ann@Example.ORG', true],
    [' ann@example.org\n', 'ann@example.org', true],
    ['ren\u00e9@example.org', 'RENE\u0301@example.org', true],
    ['ann@b\u00fccher.example', 'ann@xn--bcher-kva.example', true],
    ['ann@B\u00dcCHER.example', 'ANN@XN--BCHER-KVA.EXAMPLE', true],
    ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example', true],
    ['ren\u00e9@b\u00fccher.example', 'rene\u0301@XN--bcher-kva.example', true],
    ['\u03a3@example.org', '\u03c2@example.org', true],
    ['an n@example.org', 'ann@example.org', false],
    ['ann@example.org', 'ann@example.com', false],
    ['ann@b\u00fccher.example', 'ann@bucher.example', false],
    ['\u0131nes@example.org', 'ines@example.org', false],
    ['stra\u00dfe@example.org', 'strasse@example.org', false],
    ['ann', 'ann@example.org', false],
    ['ann@', 'ann', false],
    ['ann@\u2024\u2024', 'ann@', false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(addressKey(a) === addressKey(b)).toBe(same);
  });

  test('a domain that IDNA refuses is compared as text', () => {
    expect(addressKey('ann@\u00fc\u200e.-')).toContain('@');
    expect(addressKey('ann@\u00fc b')).not.toBe(addressKey('ann@'));
  });
});

describe.each([
  ['of a name', nameKey],
  ['of an address', addressKey],
])('the one form %s', (_, key) => {
  test('is its own form, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter }), (a, b) => {
        const once = key(`${a}@${b}`);
        expect(key(once)).toBe(once);
      }),
    );
  });

  test('is the same in either Unicode form', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(key(text.normalize('NFD'))).toBe(key(text.normalize('NFC')));
      }),
    );
  });
});
