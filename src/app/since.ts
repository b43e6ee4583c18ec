import { InvalidRequestError } from '../platform/errors.ts';

/** Parses `36h`, `7d` or `2026-06-01` into milliseconds since 1970. Throws `InvalidRequestError` for any other text. */
export function parseSince(text: string, now: number): number {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const time = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidRequestError(
    `since: no time (found ${text.slice(0, 40)}, allowed as 36h, 7d, 2026-06-01 or 2026-06-01T12:00Z)`,
  );
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,4})([hd])$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/;

/** The default of `since`: how far back a history goes. */
export const DEFAULT_SINCE = '7d';
