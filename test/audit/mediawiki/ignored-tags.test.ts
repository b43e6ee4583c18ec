import { describe, expect, test } from 'vitest';
import { maskOpaque } from '../../../src/audit/mediawiki/ignored-tags.ts';

/** What is left of a text; blanks are shown as dots. */
const left = (text: string) => maskOpaque(text).replaceAll(' ', '.');
const dots = (count: number) => '.'.repeat(count);

describe('blanked, with its length and its line feeds, is', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['nothing of a plain text', 'a=b\nc', 'a=b\nc'],
    ['a comment', 'a<!--b-->c', `a${dots(8)}c`],
    ['a comment over lines', 'a<!--b\nc-->d', `a${dots(5)}\n${dots(4)}d`],
    ['an empty comment', 'a<!---->b', `a${dots(7)}b`],
    ['no comment that ends inside its own beginning', 'a<!-->b-->c', `a${dots(9)}c`],
    ['each of two comments', '<!--a-->b<!--c-->d', `${dots(8)}b${dots(8)}d`],
    ['no end of a comment alone', 'a-->b', 'a-->b'],
    ['a tag with what is in it', 'a<pre>b</pre>c', `a${dots(12)}c`],
    ['a tag in capitals', 'a<PRE>b</Pre>c', `a${dots(12)}c`],
    ['a tag with attributes', 'a<pre x="y">b</pre>c', `a${dots(18)}c`],
    ['a tag over lines', 'a<pre\nx>b</pre>c', `a${dots(4)}\n${dots(9)}c`],
    ['a closing tag with a space', 'a<pre>b</pre >c', `a${dots(13)}c`],
    ['a closing tag with a line feed', 'a<pre>b</pre\n>c', `a${dots(11)}\n.c`],
    ['a tag that closes itself, alone', 'a<pre/>b</pre>', `a${dots(6)}b</pre>`],
    ['a tag with attributes that closes itself', 'a<ref x />b</ref>', `a${dots(9)}b</ref>`],
    ['no tag that is never closed', 'a<pre>b', 'a<pre>b'],
    ['no tag whose bracket is never closed', 'a<pre b', 'a<pre.b'],
    ['no tag of another name', 'a<b>c</b>d', 'a<b>c</b>d'],
    ['no tag of a longer name', 'a<prefix>b</prefix>c', 'a<prefix>b</prefix>c'],
    ['no tag with a slash inside its name', 'a<pre/x>b</pre>c', 'a<pre/x>b</pre>c'],
    ['no closing tag alone', 'a</pre>b', 'a</pre>b'],
    [
      'a tag up to its own end, whatever is between',
      'a<pre><nowiki></pre>b</nowiki>',
      `a${dots(19)}b</nowiki>`,
    ],
    ['up to the first end', 'a<pre>b</pre>c</pre>', `a${dots(12)}c</pre>`],
    ['each of two tags', '<pre>a</pre>b<pre>c</pre>d', `${dots(12)}b${dots(12)}d`],
    ['a comment inside a tag as part of it', 'a<pre><!--</pre>b', `a${dots(15)}b`],
    ['a tag inside a comment as part of it', 'a<!--<pre>-->b</pre>', `a${dots(12)}b</pre>`],
    ['a tag behind one that is never closed', 'a<math>b<pre>c</pre>d', `a<math>b${dots(12)}d`],
    ['the longest name', 'a<dynamicpagelist>b</dynamicpagelist>c', `a${dots(36)}c`],
    ['a tag of two letters', 'a<ce>b</ce>c', `a${dots(10)}c`],
    ['a tag behind a lone bracket', 'a<<pre>b</pre>c', `a<${dots(12)}c`],
    ['no name without its bracket', 'xpre>b</pre>c', 'xpre>b</pre>c'],
    ['no tag with a space before its name', 'a< pre>b</pre>c', 'a<.pre>b</pre>c'],
    ['no tag whose name comes later', 'a<1- ce>b</ce>c', 'a<1-.ce>b</ce>c'],
    ['no tag with a digit in its name', 'a<pre1>b</pre>c', 'a<pre1>b</pre>c'],
    ['a template', 'a{{b}}c', `a${dots(5)}c`],
    ['a template over lines', 'a{{b\n|c}}d', `a${dots(3)}\n${dots(4)}d`],
    ['a template with another in it', 'a{{b{{c}}d}}e', `a${dots(11)}e`],
    ['a template with two others in it', 'a{{b{{c}}d{{e}}f}}g', `a${dots(17)}g`],
    ['each of two templates', '{{a}}b{{c}}d', `${dots(5)}b${dots(5)}d`],
    ['no template that is never closed', 'a{{b', 'a{{b'],
    ['no template that never began', 'a}}b{{c}}d', `a}}b${dots(5)}d`],
    ['the inner of two templates where the outer is never closed', 'a{{b{{c}}d', `a{{b${dots(5)}d`],
    ['no template whose end is in a tag', 'a{{b<nowiki>}}</nowiki>c', `a{{b${dots(19)}c`],
    ['no single braces', 'a{b}c', 'a{b}c'],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(left(text)).toBe(expected);
    expect(maskOpaque(text)).toHaveLength(text.length);
  });
});

test.each([
  ['a comment', 'a<!--b'],
  ['a comment', 'a<!--->'],
  ['a comment', '<!-- a -->b<!-- c'],
  ['<includeonly>', 'a<includeonly>b'],
  ['<includeonly>', 'a<INCLUDEONLY x>b'],
  ['<includeonly>', '<includeonly>a</includeonly>b<includeonly>'],
])('%s that hides the rest of the page is an error: %j', (what, text) => {
  expect(() => maskOpaque(text)).toThrow(
    new Error(`audit log: ${what} on the page is never closed: nobody would see a line`),
  );
});

test.each([
  ['closes itself', 'a<includeonly/>b', `a${dots(14)}b`],
  ['is closed', 'a<includeonly>b</includeonly>c', `a${dots(28)}c`],
  ['has no closing bracket', 'a<includeonly b', 'a<includeonly.b'],
])('a tag that could hide the rest is none where it %s', (_, text, expected) => {
  expect(left(text)).toBe(expected);
});
