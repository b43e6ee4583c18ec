/** How often each system was called, by method or operation: `{ growthbook: { GET: 5 } }`. */
export type CallCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts requests as they are sent, repeats included. */
export interface Calls {
  count(system: string, operation: string): void;
  counts(): CallCounts;
}

/** A counter at zero. */
export function startCalls(): Calls {
  const counts: Record<string, Record<string, number>> = {};
  return {
    count: (system, operation) => {
      counts[system] ??= {};
      const ofSystem = counts[system];
      ofSystem[operation] = (ofSystem[operation] ?? 0) + 1;
    },
    counts: () => structuredClone(counts),
  };
}
