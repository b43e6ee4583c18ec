import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headingsIn } from '../../../src/audit/mediawiki/headings.ts';

const titles = (text: string) => headingsIn(text).map(({ level, title }) => [level, title]);
const DAY = '=== 2026-06-01 ===';

describe('a heading', () => {
  test.each([
    [DAY, [[3, '2026-06-01']]],
    ['== a ==  ', [[2, 'a']]],
    ['= a =', [[1, 'a']]],
    ['', []],
    ['=== a ==', [[2, '= a']]],
    ['==a===', [[2, 'a=']]],
    ['=======a=======', [[6, '=a=']]],
    ['=====', [[2, '=']]],
    ['==', []],
    ['=a', []],
    ['a ==', []],
    [' == a ==', []],
    ['== a == b', []],
    ['== a == <!-- seen -->', [[2, 'a']]],
  ])('%j is %j', (text, expected) => {
    expect(titles(text)).toEqual(expected);
  });

  test.each([
    ...[
      'nowiki',
      'pre',
      'syntaxhighlight',
      'source',
      'gallery',
      'math',
      'includeonly',
      'score',
      'templatedata',
      'poem',
      'indicator',
    ].map((tag) => [`<${tag}>\n${DAY}\n</${tag}>`]),
    [`<PRE class="x">\n${DAY}\n</Pre >`],
    [`<pre>\n</prefix>\n${DAY}\n</pre>`],
    [`<pre>\n</pre x>\n${DAY}\n</pre>`],
    [`<gallery\n>\n${DAY}\n</gallery>`],
    [`<!--\n${DAY}\n-->`],
    [`{{box|text=\n${DAY}\n}}`],
    [`{{box|{{inner|\n${DAY}\n}}}}`],
    [`{{box|<nowiki>}}</nowiki>\n${DAY}\n}}`],
  ])('inside %j is none', (text) => {
    expect(titles(text)).toEqual([]);
    expect(titles(`${text}\n${DAY}`)).toEqual([[3, '2026-06-01']]);
  });

  test.each([
    ['a tag that is never closed', `<pre>\n${DAY}`],
    ['a tag that closes itself', `<nowiki/>\n${DAY}`],
    ['a template that is never closed', `{{box|\n${DAY}`],
    ['a tag of another name', `<prefix>\n${DAY}\n</prefix>`],
    ['a tag that closes itself with attributes', `<ref name="a" />\n${DAY}`],
    ['a slash that is no closing', `<pre/x>\n${DAY}\n</pre>`],
    ['a parameter of a template', `{{{1|a}}}\n${DAY}`],
    ['a comment inside nowiki', `<nowiki><!--</nowiki>\n${DAY}`],
  ])('behind %s is one', (_, text) => {
    expect(titles(text)).toEqual([[3, '2026-06-01']]);
  });

  test('ends its section where the next of its level or above begins', () => {
    const text = '== a ==\nx\n=== b ===\ny\n== c ==\nz';
    const sections = headingsIn(text).map(({ title, from, to }) => [title, text.slice(from, to)]);
    expect(sections).toEqual([
      ['a', 'x\n=== b ===\ny\n'],
      ['b', 'y\n'],
      ['c', 'z'],
    ]);
  });

  test('of the deepest level ends where the next one begins, without any other', () => {
    const text = '====== a ======\nx\n====== b ======\ny';
    expect(headingsIn(text).map(({ from, to }) => text.slice(from, to))).toEqual(['x\n', 'y']);
  });

  test('ends its section where the next of the deepest level begins', () => {
    const text = '====== a ======\nx\n====== b ======\ny\n===== c =====\nz';
    const sections = headingsIn(text).map(({ title, from, to }) => [title, text.slice(from, to)]);
    expect(sections).toEqual([
      ['a', 'x\n'],
      ['b', 'y\n'],
      ['c', 'z'],
    ]);
  });
});

test.each(['<!-- ', '<includeonly>', '<includeonly >\n</includeonlyx>'])(
  'what hides the rest of the page is an error: %j is never closed',
  (opening) => {
    expect(() => headingsIn(`${DAY}\n${opening}`)).toThrow('never closed');
  },
);

test('no text throws anything else, and every place is inside the text', () => {
  const piece = fc.constantFrom(
    '=',
    '==',
    '\n',
    '<pre>',
    '</pre>',
    '<!--',
    '-->',
    '{{',
    '}}',
    '<nowiki',
    '>',
    'a',
    ' ',
    'İ',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      let headings: ReturnType<typeof headingsIn> = [];
      try {
        headings = headingsIn(text);
      } catch (error) {
        expect(String(error)).toContain('never closed');
      }
      for (const { start, from, to } of headings) {
        expect(start).toBeLessThan(from);
        expect(from).toBeLessThanOrEqual(to);
        expect(to).toBeLessThanOrEqual(text.length);
      }
    }),
  );
});
