import { setTimeout as wait } from 'node:timers/promises';
import { DeadlineError, StopError } from './errors.ts';

/**
 * Time as a parameter. `now` is in milliseconds since 1970, and may be set back or forward while a run works; `monotonic` is in
 * milliseconds since any moment, and never goes back: all durations come from it. An aborted signal ends a sleep early.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

/** The end of a run's time, and a request to stop before it. */
export interface Deadline {
  /** Milliseconds left, never negative. */
  left(): number;
  /** Throws `DeadlineError` if the time is over, and `StopError` if the run was asked to stop. */
  check(where: string): void;
  /** Sleeps, or throws at once if the pause would be longer than the time left. `reason` says what the pause waits for. */
  pause(ms: number, where: string, reason?: string): Promise<void>;
  /** The same deadline, sooner by this number of milliseconds. */
  sooner(ms: number): Deadline;
  /** The same deadline, which ignores a request to stop: for work that has to be finished once it began. */
  finishing(): Deadline;
}

/** Receives a pause before it begins: its length in milliseconds, and what it waits for. */
export type OnPause = (ms: number, reason: string) => void;

/**
 * A deadline `ms` from now; `stop` ends the run between two steps. A number as the reason of `stop` is the time in milliseconds
 * that is left after it, also for what has to be finished.
 */
export function createDeadline(clock: Clock, ms: number, stop?: AbortSignal, onPause?: OnPause): Deadline {
  let stopEnd = Number.POSITIVE_INFINITY;
  const onStop = () => {
    if (typeof stop?.reason === 'number') stopEnd = clock.monotonic() + stop.reason;
  };
  if (stop?.aborted) onStop();
  else stop?.addEventListener('abort', onStop, { once: true });
  const until = (end: number, signal: AbortSignal | undefined): Deadline => {
    const left = () => Math.max(0, Math.min(end, stopEnd) - clock.monotonic());
    const check = (where: string) => {
      if (signal?.aborted) throw new StopError(`${where}: the run was asked to stop`);
      if (left() <= 0) throw new DeadlineError(where);
    };
    const pause = async (length: number, where: string, reason = where) => {
      check(where);
      if (length >= left()) throw new DeadlineError(`${where}: a pause of ${Math.ceil(length / 1000)} s`);
      onPause?.(length, reason);
      await clock.sleep(length, signal);
      check(where);
    };
    return {
      left,
      check,
      pause,
      sooner: (by) => until(end - by, signal),
      finishing: () => until(end, undefined),
    };
  };
  return until(clock.monotonic() + ms, stop);
}

/** Waits for a promise, or throws the error of `late` if that takes longer than this number of milliseconds. By the machine's clock, as sockets work by it. */
export async function withTimeout<T>(pending: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), ms);
  try {
    return await Promise.race([pending, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
