import { expect, test } from 'vitest';
import { renderWikitext, storedText } from './wikitext.ts';

test('a page reads as its headings, dotted lines and labels', () => {
  const text = [
    'Approvals of [[Tool:Gitlab-account-approval]].',
    '=== 2024-04-21 ===',
    '* 06:51 [[gitlab:alon|@alon]] was approved. (Toolforge)',
    '* 06:40 [[gitlab:a&#91;b&#93;|@a&#91;b&#93;]] was approved.',
    '** deeper',
    '',
    '== Older ==',
  ].join('\n');
  expect(renderWikitext(text).split('\n')).toEqual([
    'Approvals of Tool:Gitlab-account-approval.',
    '2024-04-21',
    '  • 06:51 @alon was approved. (Toolforge)',
    '  • 06:40 @a[b] was approved.',
    '    • deeper',
    '',
    'Older',
  ]);
});

test.each([
  ['brackets written as references make no link', '&#91;&#91;a|b&#93;&#93;', '[[a|b]]'],
  ['an ampersand written as a reference begins no other', '&#38;#91;', '&#91;'],
  ['named references are read', '&lt;b&gt; &amp; &quot;', '<b> & "'],
  ['letters beyond the first plane are read', '&#128512;', '😀'],
  ['a reference to no character stays', '&#9999999; &#0;', '&#9999999; &#0;'],
])('%s', (_name, text, read) => {
  expect(renderWikitext(text)).toBe(read);
});

test('stored text has line feeds only and no white space at its end', () => {
  expect(storedText(' a\r\nb \n\n')).toBe(' a\nb');
});
