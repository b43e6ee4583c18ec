import { DeadlineError, messageOf, SourceError, StopError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/time.ts';
import type { Reading, Recorder } from './model.ts';

/** Reads one source and puts down what it was. Whatever it throws becomes a `SourceError` that names it; time running out stays what it is. */
export async function readSource<T>(
  name: string,
  read: () => Promise<Reading<T>>,
  { clock, recorder }: { readonly clock: Clock; readonly recorder: Recorder },
): Promise<T> {
  const begun = clock.now();
  try {
    const { facts, entries, version } = await read();
    recorder.source({ name, entries, version, durationMs: clock.now() - begun });
    return facts;
  } catch (error) {
    if (error instanceof DeadlineError || error instanceof StopError) throw error;
    throw new SourceError(`source ${name}: ${messageOf(error)}`);
  }
}

/** Waits for all readings, and fails with everything that failed; time running out comes first. */
export async function sideBySide<const T extends readonly Promise<unknown>[]>(
  readings: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const settled = await Promise.allSettled(readings);
  const faults = settled.filter((one) => one.status === 'rejected').map((one): unknown => one.reason);
  const first = faults.find((fault) => !(fault instanceof SourceError));
  if (first !== undefined) throw first;
  if (faults.length > 0) throw new SourceError(faults.map(messageOf).join('; '));
  return (await Promise.all(readings)) as { -readonly [I in keyof T]: Awaited<T[I]> };
}
