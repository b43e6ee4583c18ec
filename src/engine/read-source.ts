import type { Clock } from '../platform/clock.ts';
import { isRunEnd, messageOf, SourceError } from '../platform/errors.ts';
import type { Reading, Recorder } from './stage-types.ts';

/** Reads one source and records it. Throws a `SourceError` that names the source; `DeadlineError` and `StopError` pass as they are. */
export async function readSource<T>(
  name: string,
  read: () => Promise<Reading<T>>,
  { clock, recorder }: { readonly clock: Clock; readonly recorder: Recorder },
): Promise<T> {
  const startedAt = clock.monotonic();
  try {
    const { facts, entries, version, asOf = null } = await read();
    const durationMs = Math.round(clock.monotonic() - startedAt);
    recorder.source({ name, entries, version, asOf, durationMs });
    return facts;
  } catch (error) {
    if (isRunEnd(error)) throw error;
    throw new SourceError(`source ${name}: ${messageOf(error)}`);
  }
}

/** Waits for all reads, and throws one error with everything that failed; an error other than `SourceError` comes first. */
export async function allSources<const T extends readonly Promise<unknown>[]>(
  reads: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const settled = await Promise.allSettled(reads);
  const errors = settled.filter((one) => one.status === 'rejected').map((one): unknown => one.reason);
  const first = errors.find((error) => !(error instanceof SourceError));
  if (first !== undefined) throw first;
  if (errors.length > 0) throw new SourceError(errors.map(messageOf).join('; '));
  return (await Promise.all(reads)) as { -readonly [I in keyof T]: Awaited<T[I]> };
}
