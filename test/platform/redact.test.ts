import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../src/platform/log.ts';
import { createRedactor, redactSecrets } from '../../src/platform/redact.ts';
import { anyCharacter } from '../any-character.ts';

const SECRET = `p/a+ß s"w'<&>0123456789`;
const html = (apostrophe: string) =>
  SECRET.replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", apostrophe);

describe('a secret is cut out', () => {
  test.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, (hex) => hex.toLowerCase())],
    ['as a form field', new URLSearchParams({ x: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['in HTML', html('&#39;')],
    ['in HTML with a hexadecimal apostrophe', html('&#x27;')],
    ['in HTML with a named apostrophe', html('&apos;')],
    ['in base64', Buffer.from(SECRET).toString('base64').replace(/=+$/, '')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
  ])('%s', (_, echoed) => {
    expect(redactSecrets([SECRET], `before ${echoed} after`)).toMatch(/^before \(secret\).{0,3} after$/);
  });

  test.each([0, 1, 2, 3, 4, 5])('in base64 behind %i other bytes, as in Basic authentication', (length) => {
    const text = Buffer.from(`${'u'.repeat(length)}:${SECRET}`).toString('base64');
    const redacted = redactSecrets([SECRET], text);
    expect(redacted).toContain('(secret)');
    expect(Buffer.from(redacted, 'base64').includes(SECRET.slice(2, -2))).toBe(false);
  });

  test('of whatever characters it consists', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string(), (secret, around) => {
        for (const echoed of [secret, JSON.stringify(secret), encodeURIComponent(secret.toWellFormed())]) {
          const redacted = redactSecrets([secret], `${around}${echoed}`);
          expect(redacted.replaceAll('(secret)', '').includes(echoed) && echoed.length > 2).toBe(false);
        }
      }),
    );
  });

  test('whichever form a server gives to each of its characters', () => {
    const encoders: readonly ((char: string) => string)[] = [
      (char) => char,
      (char) => encodeURIComponent(char),
      (char) => encodeURIComponent(encodeURIComponent(char)),
      (char) => [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
      (char) => [...Buffer.from(char)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
      (char) => [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
      (char) => char.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
      (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
      (char) => `&#${char.codePointAt(0)};`,
      (char) => `&amp;#0${char.codePointAt(0)};`,
      (char) => `&#x${char.codePointAt(0)?.toString(16).toUpperCase()};`,
      (char) => JSON.stringify(char).slice(1, -1),
      (char) => JSON.stringify(JSON.stringify(char)).slice(3, -3),
      (char) => (/[a-z0-9]/i.test(char) ? char : `\\${char}`),
    ];
    const characters = fc.array(
      fc.tuple(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 1 }), fc.constantFrom(...encoders)),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(characters, (encoded) => {
        const secret = encoded.map(([char]) => char).join('');
        fc.pre(secret.isWellFormed());
        const echoed = encoded.map(([char, encode]) => encode(char)).join('');
        expect(redactSecrets([secret], echoed)).toMatch(/^\\{0,3}\(secret\)$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('in time that grows with the text, whatever the text', () => {
    const secrets = ['glpat-aB3dEfGhIjKlMnOpQrSt', `p/a+ß s"w'<&>\\`, 'x'.repeat(40)];
    const redactor = createRedactor(secrets);
    const hostile = ['&#000000000', '\\', '%25', 'glpat-aB3dEfGhIjKlMnOpQrS', '&amp;#', 'x\\u', '\\u{0000'];
    for (const part of hostile) {
      const length = 1_000_000;
      const startedAt = process.cpuUsage().user;
      redactor.text(part.repeat(length / part.length));
      expect((process.cpuUsage().user - startedAt) / 1000).toBeLessThan(2000);
    }
  });

  test('the longest first, so that no rest of it is left', () => {
    expect(redactSecrets(['abc', 'abcdef'], 'abcdef abc')).toBe('(secret) (secret)');
  });

  test('from every text in a value, keys and numbers as they are', () => {
    const value = { error: `no ${SECRET}`, list: [SECRET, 1], none: null };
    expect(createRedactor([SECRET]).value(value)).toEqual({
      error: 'no (secret)',
      list: ['(secret)', 1],
      none: null,
    });
  });

  test('and without secrets nothing changes', () => {
    expect(redactSecrets(['', ''], 'a text')).toBe('a text');
  });

  test('from every line of a log, also from a stack trace', () => {
    const lines: string[] = [];
    const log = createLog({ write: (line) => void lines.push(line) }, 'trace', [SECRET]);
    log.error({ error: `refused ${SECRET}`, stack_trace: new Error(SECRET).stack }, 'x');
    log.trace({ deep: [{ url: `https://h/?t=${encodeURIComponent(SECRET)}` }] }, SECRET);
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('(secret)');
      expect(JSON.stringify(JSON.parse(line))).not.toContain('0123456789');
    }
  });
});
