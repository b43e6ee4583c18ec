/** Keeps requests under a limit a minute. */

import type { Clock } from './clock.ts';

/** The headers of an answer, from which the rate limit is read; names are in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Keeps requests under a limit per minute, by the server's headers, and by its own count if the server sends none. */
export interface RateLimiter {
  /** Milliseconds to wait before the next `places` requests; 0 means that they may be sent now. `kept` more requests stay free in the window. */
  wait(places?: number, kept?: number): number;
  /** Milliseconds until the present window ends. */
  windowLeft(): number;
  /** Takes over what the `RateLimit-*` headers of an answer say. */
  learn(headers: Headers): void;
}

const MINUTE = 60_000;
const SAME_WINDOW = 1500;
/** The longest wait that is accepted; a greater number is probably a time in milliseconds or a point in time. */
const MAX_RESET_SECONDS = 3600;

/** The number in a header, or undefined where it is missing or no number. */
export function numberIn(headers: Headers, name: string): number | undefined {
  const value = headers[name];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** A limit of `perMinute` requests. `RateLimit-Reset` is read as seconds from now. */
export function createRateLimiter(clock: Clock, perMinute: number): RateLimiter {
  let used = 0;
  let remaining = Number.POSITIVE_INFINITY;
  let windowEnds = Number.NEGATIVE_INFINITY;
  let full = perMinute;
  const restart = (end: number) => {
    used = 0;
    remaining = Number.POSITIVE_INFINITY;
    windowEnds = end;
  };
  return {
    wait: (places = 1, kept = 0) => {
      const now = clock.monotonic();
      if (now >= windowEnds) restart(now + MINUTE);
      const needed = Math.min(places + kept, full);
      if (Math.min(perMinute - used, remaining) < needed) return windowEnds - now;
      used += places;
      remaining -= places;
      return 0;
    },
    windowLeft: () => Math.max(0, windowEnds - clock.monotonic()),
    learn: (headers) => {
      const left = numberIn(headers, 'ratelimit-remaining');
      const reset = numberIn(headers, 'ratelimit-reset');
      if (left === undefined || reset === undefined || reset > MAX_RESET_SECONDS) return;
      const end = clock.monotonic() + reset * 1000;
      if (end > windowEnds + SAME_WINDOW) restart(end);
      windowEnds = end;
      remaining = Math.min(remaining, left);
      const limit = numberIn(headers, 'ratelimit-limit');
      if (limit === undefined) return;
      used = Math.max(used, limit - left);
      full = Math.max(1, Math.min(perMinute, limit));
    },
  };
}
