import type { RetryableError } from './answer.ts';

/** Milliseconds before the next try. After a conflict they grow and are random, to avoid other writers; for a busy wiki they grow. */
export function pauseAfter({ kind, wait }: RetryableError, { seen, left, random }: PauseInput): number {
  if (kind === 'conflict') return conflictPause({ seen, left, random });
  if (kind === 'busy')
    return Math.max(wait, Math.min(LONGEST_BUSY_MS, Math.round(wait * GROWTH ** (seen - 1))));
  return wait;
}

/** What a pause depends on: how often its kind was seen, the milliseconds left, and a random number in [0, 1). */
export interface PauseInput {
  readonly seen: number;
  readonly left: number;
  readonly random: number;
}

const SHORTEST_CONFLICT_MS = 500;
const LONGEST_CONFLICT_MS = 4000;
/** Pauses are shortened so that there is time for this number of tries. */
const CONFLICT_TRIES = 6;
const LONGEST_BUSY_MS = 10_000;
const GROWTH = 1.5;

function conflictPause({ seen, left, random }: PauseInput): number {
  const fair = left / (Math.max(0, CONFLICT_TRIES - seen) + 1);
  const longest = Math.min(LONGEST_CONFLICT_MS, SHORTEST_CONFLICT_MS * 2 ** seen, fair);
  return Math.round(SHORTEST_CONFLICT_MS + random * Math.max(0, longest - SHORTEST_CONFLICT_MS));
}
