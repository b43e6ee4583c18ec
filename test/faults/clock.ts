import type { Clock } from '../../src/platform/clock.ts';

/** The memory of a clock, for all threads that go by it. */
export const sharedTime = (): SharedArrayBuffer => new SharedArrayBuffer(8);

/** A clock that runs as the machine's does, and jumps over every pause: waiting costs time of the run, but not of the test. */
export function sharedClock(memory: SharedArrayBuffer): Clock {
  const jumped = new BigInt64Array(memory, 0, 1);
  const now = () => Date.now() + Number(Atomics.load(jumped, 0));
  return {
    now,
    monotonic: now,
    sleep: async (ms) => {
      Atomics.add(jumped, 0, BigInt(Math.ceil(ms)));
      // Whoever else has something to do gets a turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Such a clock for this thread alone. */
export const jumpingClock = (): Clock => sharedClock(sharedTime());
