import { describe, expect, test } from 'vitest';
import { preferredType } from '../../src/http/accept.ts';

const [JSON_TYPE, TEXT, MARKDOWN, HTML] = ['application/json', 'text/plain', 'text/markdown', 'text/html'];
const OFFERED = [JSON_TYPE, TEXT, MARKDOWN, HTML];

describe('the representation that Accept prefers', () => {
  test.each([
    ['no header', undefined, JSON_TYPE],
    ['an empty one', ' ', JSON_TYPE],
    ['anything', '*/*', JSON_TYPE],
    ['anything of a kind', 'text/*', TEXT],
    ['one in capitals', 'Text/HTML', HTML],
    ['what a browser sends', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', HTML],
    ['the higher quality', 'text/html;q=0.5, text/markdown;q=0.6', MARKDOWN],
    ['the first of equals', 'text/markdown, text/html', MARKDOWN],
    ['the first of equals with a quality', 'text/html;q=0.3, application/json;q=0.300', HTML],
    ['the named one rather than the rest', '*/*, text/plain', TEXT],
    ['anything but one', 'application/json;q=0, */*', TEXT],
    ['anything but a kind', 'text/*;q=0, */*;q=0.1', JSON_TYPE],
    ['one of a kind that is refused', 'text/*;q=0, text/html', HTML],
    ['blanks around all signs', ' text/html ; q=0.1 ,\ttext/plain\t; q=0.2 ', TEXT],
    ['our own content type', 'text/markdown; charset=utf-8', MARKDOWN],
    ['a quality before other parameters', 'text/html;q=0.1;level=1, text/plain;q=0.2', TEXT],
    ['a comma in quotes', 'text/html;title="a, text/plain;q=1", text/markdown;q=0.5', HTML],
    ['an escaped quote in quotes', 'image/png;a="\\", text/html", text/plain', TEXT],
    ['empty parts', ', ,text/html,,', HTML],
    ['a malformed range beside a good one', 'html, text/html;q=0.1', HTML],
    ['a malformed quality beside a good one', 'text/html;q=2, text/plain;q=0.1', TEXT],
  ])('%s', (_, accept, type) => {
    expect(preferredType(accept, OFFERED)).toBe(type);
  });

  test.each([
    'image/png',
    'image/*',
    '*/*;q=0',
    'application/json;q=0',
    'application/json;q=0.000, text/*;q=0',
    'html',
    '*',
    '*/html',
    'text/',
    'text/html;q=-1',
    'text/html;q=1.5',
    'text/html;q=abc',
    'text/html;q=',
    'text/htmlx, xtext/html',
    'image/png;a="text/html, text/plain"',
  ])('is none for %s', (accept) => {
    expect(preferredType(accept, OFFERED)).toBeUndefined();
  });

  test.each([
    ['commas', ','.repeat(1_000_000)],
    ['quotes', '"'.repeat(1_000_001)],
    ['semicolons', `text/x${';'.repeat(1_000_000)}`],
    ['ranges', 'text/x,'.repeat(100_000)],
    ['stars', `${'*'.repeat(1_000_000)}/*`],
  ])('is found in linear time among many %s', (_, accept) => {
    const start = process.cpuUsage();
    expect(preferredType(accept, OFFERED)).toBeUndefined();
    expect(process.cpuUsage(start).user).toBeLessThan(3_000_000);
  });
});
