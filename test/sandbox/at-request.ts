import type { Recorded, SandboxServer } from './server.ts';

/** A request by its number from 1, over all servers; `moment` is before or after it is carried out. */
export interface RequestPoint {
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

/** Counts the requests of all servers, and calls `act` at one of them. Returns how many there were so far. */
export function atRequest(
  servers: readonly SandboxServer[],
  { nth, moment }: RequestPoint,
  act: () => Promise<unknown>,
): () => number {
  const seen = new WeakSet<Recorded>();
  let count = 0;
  for (const server of servers)
    server.onRequest(
      {},
      async (request) => {
        if (seen.has(request)) return;
        seen.add(request);
        count += 1;
        if (count === nth) await act();
      },
      moment,
    );
  return () => count;
}
