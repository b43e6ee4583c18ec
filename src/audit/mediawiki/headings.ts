import { maskOpaque } from './ignored-tags.ts';

/** Finds all headings of a page, in order, in linear time. Throws if a comment is never closed: no reader would see a line after it. */
export function headingsIn(text: string): readonly Heading[] {
  const found: Omit<Heading, 'to'>[] = [];
  let start = 0;
  for (const line of maskOpaque(text).split('\n')) {
    const heading = headingOf(line);
    const from = Math.min(text.length, start + line.length + 1);
    if (heading) found.push({ ...heading, start, from });
    start += line.length + 1;
  }
  return withEnds(found, text.length);
}

/** A heading: the start of its line, and the start and end of its section's text. */
export interface Heading {
  readonly level: number;
  readonly title: string;
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

const DEEPEST = 6;

/** A line with equals signs on both sides. If their numbers differ, the smaller one is the level, and the rest belongs to the title. */
function headingOf(line: string): { readonly level: number; readonly title: string } | undefined {
  const text = line.trimEnd();
  let [left, right] = [0, 0];
  while (text[left] === '=') left += 1;
  while (text[text.length - 1 - right] === '=') right += 1;
  if (left === text.length) left = right = Math.floor((text.length - 1) / 2);
  const level = Math.min(left, right, DEEPEST);
  if (level < 1) return undefined;
  return { level, title: text.slice(level, text.length - level).trim() };
}

/** A section ends where the next one of the same level or a higher one begins. */
function withEnds(found: readonly Omit<Heading, 'to'>[], end: number): readonly Heading[] {
  const next: number[] = Array.from({ length: DEEPEST + 1 }, () => end);
  return found
    .toReversed()
    .map((heading) => {
      const to = Math.min(...next.slice(1, heading.level + 1));
      for (let level = heading.level; level <= DEEPEST; level += 1) next[level] = heading.start;
      return { ...heading, to };
    })
    .toReversed();
}
