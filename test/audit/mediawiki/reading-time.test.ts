import { describe, expect, test } from 'vitest';
import { headingsIn } from '../../../src/audit/mediawiki/headings.ts';
import { processorMs } from '../../processor-time.ts';

/** The work of a text of n pieces compared with half of it: 2 where it is linear, 4 where it is quadratic. */
describe('hostile text takes linear time', () => {
  const pieces = [
    '<pre ',
    '<pre>',
    '</pre>',
    '<!--x-->',
    '{{',
    '}}',
    '{{a}}',
    '<nowiki ',
    '=',
    '== a\n',
    '<',
    '[[',
    '=== a ===\n',
    '<pre <',
    '</pre ',
    '<pre></pre',
    '<includeonly></includeonly>',
    '{{{',
    '-->',
    ' =',
  ];
  test.each(pieces)('%j repeated', (piece) => {
    const timeOf = (count: number) => {
      const text = `${piece.repeat(count)}${piece === '<pre <' ? '>' : ''}`;
      const startedAt = processorMs();
      headingsIn(text);
      return processorMs() - startedAt;
    };
    timeOf(1000);
    const size = Math.ceil(2 ** 20 / piece.length);
    // A quadratic scan of a mebibyte takes minutes.
    expect(timeOf(size)).toBeLessThan(5000);
  });
});
