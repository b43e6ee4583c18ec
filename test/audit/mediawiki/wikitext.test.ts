import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuditEntry, lineOf, withEntries } from '../../../src/audit/mediawiki/wikitext.ts';
import { anyCharacter } from '../../any-character.ts';
import { renderWikitext } from '../../sandbox/gitlab/wikitext.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const entry = (username: string, over: Partial<AuditEntry> = {}): AuditEntry => ({
  username,
  trust: 'organisation',
  at: NOON,
  ...over,
});
const ann = lineOf(entry('ann'));
const bob = lineOf(entry('bob'));

describe('a line', () => {
  test('has the time in UTC, a link and the kind of trust', () => {
    const at = Date.UTC(2026, 5, 1, 6, 5, 59);
    expect(lineOf(entry('a.b-c_d9', { trust: 'Toolforge', at }))).toBe(
      '* 06:05 [[gitlab:a.b-c_d9|@a.b-c_d9]] was approved. (Toolforge)',
    );
  });

  test('has each other character as a decimal reference in both halves of the link', () => {
    expect(lineOf(entry('a]]|{{x}}\n𝄞'))).toContain(
      '[[gitlab:a&#93;&#93;&#124;&#123;&#123;x&#125;&#125;&#10;&#119070;|@a&#93;&#93;&#124;&#123;&#123;x&#125;&#125;&#10;&#119070;]]',
    );
  });

  test('lets no username write wikitext, and shows it as it is', () => {
    const hostile = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc
        .array(
          fc.constantFrom(
            '[',
            ']',
            '{',
            '}',
            '|',
            "''",
            '<',
            '>',
            '=',
            '~~~~',
            '\n',
            '*',
            '&',
            '#',
            ';',
            '__TOC__',
            'a',
          ),
        )
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(hostile, (username) => {
        const line = lineOf(entry(username));
        const shape =
          /^\* 12:00 \[\[gitlab:([A-Za-z0-9_.-]|&#\d+;)*\|@([A-Za-z0-9_.-]|&#\d+;)*\]\] was approved\. \(organisation\)$/;
        expect(line).toMatch(shape);
        expect(line).not.toContain('__');
        const decoded = line.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
        expect(decoded).toBe(`* 12:00 [[gitlab:${username}|@${username}]] was approved. (organisation)`);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['trail_', '_lead', 'a__b'])(
    'links %s by its address, since a wiki link would lead to another name',
    (username) => {
      const line = lineOf(entry(username, { gitlab: 'https://gitlab.example.org' }));
      expect(line).toContain(`[https://gitlab.example.org/${username} @`);
      expect(renderWikitext(line)).toContain(`@${username}`);
    },
  );

  test('links every other name by the interwiki prefix', () => {
    expect(lineOf(entry('a_b', { gitlab: 'https://gitlab.example.org' }))).toContain('[[gitlab:a_b|@a_b]]');
  });

  test('reads as a sentence', () => {
    expect(renderWikitext(ann).trim()).toBe('• 12:00 @ann was approved. (organisation)');
  });
});

describe('a page', () => {
  const section = (day: string, ...lines: readonly string[]) => [`=== ${day} ===`, ...lines, ''].join('\n');
  const old = section('2026-05-31', '* 06:51 [[gitlab:eve|@eve]] was approved. (Toolforge)');

  const cases: readonly (readonly [string, string, string])[] = [
    ['that is missing begins with the day', '', section('2026-06-01', bob, ann)],
    ['without a heading gets the day at its end', 'About.\n', `About.\n\n${section('2026-06-01', bob, ann)}`],
    [
      'that does not end its last line is continued below',
      'About.',
      `About.\n\n${section('2026-06-01', bob, ann)}`,
    ],
    [
      'with other days gets the day before the first',
      `About.\n${old}`,
      `About.\n${section('2026-06-01', bob, ann)}\n${old}`,
    ],
    [
      'with the day gets the lines first below it',
      `${section('2026-06-01', '* 11:00 x')}\n${old}`,
      `${section('2026-06-01', bob, ann, '* 11:00 x')}\n${old}`,
    ],
    [
      'with the day further down uses it there',
      `${old}\n===2026-06-01===\nrest\n`,
      `${old}\n===2026-06-01===\n${bob}\n${ann}\nrest\n`,
    ],
    [
      'that ends in the day’s heading is continued',
      '=== 2026-06-01 ===',
      `=== 2026-06-01 ===\n${bob}\n${ann}\n`,
    ],
    [
      'with headings of other levels passes them by',
      '== 2026-06-01 ==\nx\n==== y ====\n',
      `== 2026-06-01 ==\nx\n==== y ====\n\n${section('2026-06-01', bob, ann)}`,
    ],
    [
      'with a heading in a comment passes it by',
      `<!--\n=== 2026-06-01 ===\n-->\n${old}`,
      `<!--\n=== 2026-06-01 ===\n-->\n${section('2026-06-01', bob, ann)}\n${old}`,
    ],
    [
      'with a heading in nowiki passes it by',
      `<nowiki/><nowiki>\n=== x ===\n</nowiki>\n${old}`,
      `<nowiki/><nowiki>\n=== x ===\n</nowiki>\n${section('2026-06-01', bob, ann)}\n${old}`,
    ],
    ['that has one of the lines gets the other', section('2026-06-01', ann), section('2026-06-01', bob, ann)],
    [
      'that has the line under another day gets it',
      section('2026-05-31', ann),
      `${section('2026-06-01', bob, ann)}\n${section('2026-05-31', ann)}`,
    ],
    [
      'that has the day, and the line under another day, gets it',
      `${section('2026-06-01', bob)}\n${section('2026-05-31', ann)}`,
      `${section('2026-06-01', ann, bob)}\n${section('2026-05-31', ann)}`,
    ],
    [
      'that has the lines with spaces around them stays as it is',
      section('2026-06-01', ` ${ann}`, `${bob}  `),
      section('2026-06-01', ` ${ann}`, `${bob}  `),
    ],
    [
      'that ends with an empty line is continued below it',
      'About.\n\n',
      `About.\n\n${section('2026-06-01', bob, ann)}`,
    ],
    [
      'that begins with empty lines is continued below an empty line',
      '\n\nAbout.',
      `\n\nAbout.\n\n${section('2026-06-01', bob, ann)}`,
    ],
    [
      'that has all lines stays as it is',
      section('2026-06-01', ann, 'x', bob),
      section('2026-06-01', ann, 'x', bob),
    ],
  ];
  test.each(cases)('%s', (_, before, after) => {
    expect(withEntries(before, [entry('ann'), entry('bob')])).toBe(after);
  });

  test('has an approval after midnight under its own day, newest day first', () => {
    const late = entry('ann', { at: Date.UTC(2026, 5, 1, 23, 59, 59) });
    const early = entry('bob', { at: Date.UTC(2026, 5, 2, 0, 0, 1) });
    expect(withEntries(old, [late, early])).toBe(
      `${section('2026-06-02', lineOf(early))}\n${section('2026-06-01', lineOf(late))}\n${old}`,
    );
  });

  test('has its days in order, whatever the order of the approvals', () => {
    const [first, second, third] = [1, 2, 3].map((day) => entry('ann', { at: Date.UTC(2026, 5, day, 12) }));
    if (!first || !second || !third) throw new Error('not three');
    const page = ['2026-06-03', '2026-06-02', '2026-06-01'].map((day) => section(day, ann)).join('\n');
    expect(withEntries('', [third, first, second])).toBe(page);
    expect(withEntries('', [second, third, first])).toBe(page);
  });

  const text = fc
    .array(
      fc.constantFrom(
        '=== 2026-06-01 ===',
        '=== 2026-05-31 ===',
        '== a ==',
        '* x',
        '',
        '<!--',
        '-->',
        ann,
        'é\r',
      ),
      { maxLength: 12 },
    )
    .map((lines) => lines.join('\n'))
    .filter((page) => !page.replace(/<!--[\s\S]*?-->/g, '').includes('<!--'));

  test('is refused where a comment is never closed: nobody would see a line', () => {
    expect(() => withEntries('<!-- template:\n=== 2026-06-01 ===\n', [entry('ann')])).toThrow('never closed');
  });

  test('keeps every line that was there, in order', () => {
    fc.assert(
      fc.property(text, (before) => {
        const after = withEntries(before, [entry('ann'), entry('bob')]).split('\n');
        let at = 0;
        for (const line of before.split('\n')) {
          const found = after.indexOf(line, at);
          expect(found).toBeGreaterThanOrEqual(at);
          at = found + 1;
        }
      }),
    );
  });

  test('that was written to is not written to again', () => {
    fc.assert(
      fc.property(text, (before) => {
        const entries = [entry('ann'), entry('bob')];
        const once = withEntries(before, entries);
        expect(withEntries(once, entries)).toBe(once);
      }),
    );
  });
});
