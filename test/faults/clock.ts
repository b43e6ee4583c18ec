import type { Clock } from '../../src/platform/clock.ts';

/** A clock that runs as the machine's does, and jumps over every pause: waiting costs time of the run, but not of the test. */
export function jumpingClock(): Clock {
  let jumped = 0;
  const monotonic = () => performance.now() + jumped;
  return {
    now: () => Date.now() + jumped,
    monotonic,
    sleep: async (ms) => {
      jumped += ms;
      // Whoever else has something to do gets a turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
