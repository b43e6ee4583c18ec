import { type Headers, numberIn } from './rate-limit.ts';

/** Milliseconds to wait after a failed attempt: 1, 2, 4, 8, 16 s with jitter, or what the server asks for. `random` is in [0, 1). */
export function retryDelay(failed: FailedAttempt, random: number): number {
  const { attempt, status, headers = {}, resetInSeconds, now } = failed;
  const growing = Math.round(2 ** (attempt - 1) * 1000 * (1 + random / 4));
  const reset = numberIn(headers, 'ratelimit-reset');
  if (resetInSeconds && status === 429 && reset !== undefined && reset <= MAX_WAIT_SECONDS)
    return reset * 1000 + Math.round(250 * random);
  return Math.max(growing, retryAfter(headers, now));
}

/** The longest delay before a retry that a header may ask for. A greater number is probably a point in time, and is ignored. */
export const MAX_WAIT_SECONDS = 3600;

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

function retryAfter(headers: Headers, now: number): number {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return 0;
  const seconds = numberIn(headers, 'retry-after');
  const ms = seconds === undefined ? Date.parse(value) - now : seconds * 1000;
  return ms > 0 && ms <= MAX_WAIT_SECONDS * 1000 ? ms : 0;
}
