import { withTimeout } from '../platform/clock.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { createConcurrencyLimit } from '../platform/http-client.ts';

const MAX_PLANS_AT_ONCE = 2;
const limit = createConcurrencyLimit(MAX_PLANS_AT_ONCE);

/**
 * Runs a plan on request. At most two run at once in this process, so that they leave a target's rate limit
 * to the scheduled run. Throws `InvalidRequestError` (503) if no place is free within `waitMs`.
 */
export async function withPlanSlot<T>(waitMs: number, plan: () => Promise<T>): Promise<T> {
  const place = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const running = limit(async () => {
    place.resolve();
    await done.promise;
  });
  try {
    await withTimeout(place.promise, waitMs, busy);
    return await plan();
  } finally {
    done.resolve();
    void running;
  }
}

const busy = () =>
  new InvalidRequestError(
    `request: too many plans at once (found more than ${MAX_PLANS_AT_ONCE}, allowed ${MAX_PLANS_AT_ONCE})`,
    503,
  );
