import { setTimeout as wait } from 'node:timers/promises';
import { DeadlineError, StopError } from './errors.ts';

/** Time as a parameter: `now` in milliseconds since 1970, `sleep` in milliseconds; an aborted signal ends the sleep early. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

/** The end of a run's time, and the wish to stop before it. */
export interface Deadline {
  /** Milliseconds left, never negative. */
  left(): number;
  /** Throws `DeadlineError` when the time is up and `StopError` when somebody asked the run to stop. */
  check(where: string): void;
  /** Sleeps, or throws at once where the pause would outlast the deadline. `reason` is what the pause waits for. */
  pause(ms: number, where: string, reason?: string): Promise<void>;
  /** The same deadline, so many milliseconds sooner. */
  sooner(ms: number): Deadline;
  /** The same deadline, deaf to the wish to stop: for what has to be finished once begun. */
  finishing(): Deadline;
}

/** Receives a pause before it begins: its length in milliseconds, and what it waits for. */
export type OnPause = (ms: number, reason: string) => void;

/** A deadline `ms` from now; `stop` ends the run between two steps. */
export function createDeadline(clock: Clock, ms: number, stop?: AbortSignal, onPause?: OnPause): Deadline {
  const until = (end: number, signal: AbortSignal | undefined): Deadline => {
    const left = () => Math.max(0, end - clock.now());
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
  return until(clock.now() + ms, stop);
}

/** What is waited for, or the error that `late` makes where it takes longer than so many milliseconds. The machine's time: sockets know no other. */
export async function withTimeout<T>(pending: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), ms);
  try {
    return await Promise.race([pending, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
