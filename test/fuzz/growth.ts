const SMALL = 50_000;
const TIMES = 8;
/** Linear work takes eight times as long, quadratic 64 times; the machine has noise. */
const ALLOWED = 24;
/** Below this the noise is larger than the work, in milliseconds. */
const NOTHING = 120;

/** What grows faster than its input; undefined where nothing does. Time is of the processor. */
export function growthOf<T>(
  shapes: readonly ((size: number) => T)[],
  check: (input: T) => unknown,
): string | undefined {
  for (const [index, shape] of shapes.entries()) {
    const small = fastest(shape(SMALL), check);
    const large = fastest(shape(SMALL * TIMES), check);
    if (large > NOTHING && large > ALLOWED * Math.max(small, 1))
      return `shape ${index + 1} takes ${large.toFixed(0)} ms for ${TIMES} times what takes ${small.toFixed(0)} ms`;
  }
  return undefined;
}

function fastest<T>(input: T, check: (input: T) => unknown): number {
  const times = [1, 2, 3].map(() => {
    const startedAt = process.cpuUsage().user;
    try {
      check(input);
    } catch {
      // What is wrong with it is another test's question.
    }
    return (process.cpuUsage().user - startedAt) / 1000;
  });
  return Math.min(...times);
}
