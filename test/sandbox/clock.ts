import type { Clock } from '../../src/platform/clock.ts';

/** A clock that moves only when somebody sleeps or moves it. `slept` lists the sleeps in milliseconds. */
export interface StillClock extends Clock {
  readonly slept: readonly number[];
  advance(ms: number): void;
  /** Sets the wall clock forward or back; no time passes. */
  step(ms: number): void;
}

/** A clock at noon of a Monday, for tests that must not depend on the machine's. */
export function stillClock(start = Date.UTC(2026, 5, 1, 12)): StillClock {
  const slept: number[] = [];
  let now = start;
  let stepped = 0;
  return {
    slept,
    now: () => now + stepped,
    monotonic: () => now,
    step: (ms) => {
      stepped += ms;
    },
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}
