import { type Headers, numberIn } from './rate-limit.ts';

/** What a retry waits for: which attempt failed, and what the server answered, if anything. */
export interface FailedAttempt {
  /** 1 after the first attempt. */
  readonly attempt: number;
  readonly status?: number;
  readonly headers?: Headers;
  /** `RateLimit-Reset` is in seconds from now, and decides the wait after a 429. */
  readonly resetInSeconds: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Milliseconds to wait after a failed attempt: 1, 2, 4, 8, 16 s with jitter, or what the server asks for. `random` is in [0, 1). */
export function retryDelay(failed: FailedAttempt, random: number): number {
  const { attempt, status, headers = {}, resetInSeconds, now } = failed;
  const growing = Math.round(2 ** (attempt - 1) * 1000 * (1 + random / 4));
  const reset = numberIn(headers, 'ratelimit-reset');
  if (resetInSeconds && status === 429 && reset !== undefined) return reset * 1000 + Math.round(250 * random);
  return Math.max(growing, retryAfter(headers, now));
}

function retryAfter(headers: Headers, now: number): number {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return 0;
  const seconds = numberIn(headers, 'retry-after');
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
