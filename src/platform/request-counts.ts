/** How often each system was called, by method or operation: `{ growthbook: { GET: 5 } }`. */
export type RequestCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts requests as they are sent, repeats included. */
export interface RequestCounter {
  count(system: string, operation: string): void;
  counts(): RequestCounts;
}

/** A counter at zero. */
export function createRequestCounter(): RequestCounter {
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
