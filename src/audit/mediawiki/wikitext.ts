/** Writes approvals as wikitext: one line each, under a heading for their day. */

import { compareText } from '../../platform/compare-text.ts';
import { headingsIn } from './headings.ts';

/** One approval as it is published. `at` in milliseconds since 1970. */
export interface AuditEntry {
  readonly username: string;
  /** The kind of trust, in words for the public. */
  readonly trust: string;
  readonly at: number;
  /** The URL of GitLab, without a slash at the end: for names that no wiki link can have. */
  readonly gitlab?: string;
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const minuteOf = (at: number) => new Date(at).toISOString().slice(11, 16);

/** Characters other than these become decimal character references, and so does an underscore after another: `__NOTOC__` is wikitext. */
const escaped = (name: string) =>
  name.replace(/[^A-Za-z0-9_.-]|(?<=_)_/gu, (char) => `&#${char.codePointAt(0)};`);

/** Names that a wiki link would change: MediaWiki cuts underscores at the ends and merges repeated ones. */
const LOST_IN_LINKS = /^_|_$|__/;

/** A link to the account: by the interwiki prefix, or by its URL if the prefix would lead to another name. */
function linkTo({ username, gitlab }: AuditEntry): string {
  const name = escaped(username);
  if (gitlab === undefined || !LOST_IN_LINKS.test(username)) return `[[gitlab:${name}|@${name}]]`;
  return `[${gitlab}/${encodeURIComponent(username.toWellFormed())} @${name}]`;
}

/** The line of one approval in wikitext: time in UTC, link, kind of trust. */
export const lineOf = (entry: AuditEntry): string =>
  `* ${minuteOf(entry.at)} ${linkTo(entry)} was approved. (${entry.trust})`;

/** The lines of one day, newest first. */
export interface DaySection {
  readonly day: string;
  readonly lines: readonly string[];
}

/** The lines of these approvals (oldest first) by their day in UTC, oldest day first. */
export function sectionsOf(entries: readonly AuditEntry[]): readonly DaySection[] {
  const days = [...Map.groupBy(entries, ({ at }) => dayOf(at))].toSorted(([a], [b]) => compareText(a, b));
  return days.map(([day, some]) => ({ day, lines: some.map(lineOf).toReversed() }));
}

/** Adds these approvals (oldest first) to a page: newest day and newest line first. A line that is already under its day is not added; everything else stays the same, byte for byte. */
export const withEntries = (text: string, entries: readonly AuditEntry[]): string =>
  sectionsOf(entries).reduce(withDay, text);

function withDay(text: string, { day, lines }: DaySection): string {
  const headings = headingsIn(text);
  const own = headings.filter(({ level, title }) => level === 3 && title === day);
  const there = new Set(
    own.flatMap(({ from, to }) =>
      text
        .slice(from, to)
        .split('\n')
        .map((line) => line.trim()),
    ),
  );
  const missing = lines.filter((line) => !there.has(line));
  if (missing.length === 0) return text;
  const [heading] = own;
  if (heading) {
    const before = text.slice(0, heading.from);
    return `${before}${before.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n${text.slice(heading.from)}`;
  }
  const section = [`=== ${day} ===`, ...missing, ''].join('\n');
  const first = headings.find(({ level }) => level === 3);
  if (first) return `${text.slice(0, first.start)}${section}\n${text.slice(first.start)}`;
  return `${text}${'\n'.repeat(newlinesTo(text))}${section}`;
}

/** The line feeds that make an empty line before the next part. */
const newlinesTo = (text: string) => (text === '' || text.endsWith('\n\n') ? 0 : text.endsWith('\n') ? 1 : 2);
