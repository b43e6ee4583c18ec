import type { Clock } from '../../src/platform/clock.ts';

/** A clock that jumps over every pause, for all threads that have its memory. Whole milliseconds. */
export function sharedClock(memory: SharedArrayBuffer): Clock {
  const jumped = new BigInt64Array(memory, 0, 1);
  const now = () => Date.now() + Number(Atomics.load(jumped, 0));
  return {
    now,
    monotonic: now,
    sleep: async (ms) => {
      Atomics.add(jumped, 0, BigInt(Math.ceil(ms)));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The memory of such a clock. */
export const sharedTime = (): SharedArrayBuffer => new SharedArrayBuffer(8);
