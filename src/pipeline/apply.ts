import { DeadlineError, messageOf, SourceError } from '../runtime/errors.ts';
import {
  type Change,
  isLoss,
  type Note,
  type Outcome,
  type Settled,
  type Target,
  type Written,
} from './model.ts';

/** Why a run ended other than well. */
export interface Trouble {
  readonly outcome: 'refused' | 'deadline' | 'failed' | 'source-failed';
  readonly message: string;
}

/** What carrying a plan out came to. */
export interface Applied<A> extends Settled<A> {
  readonly troubles: readonly Trouble[];
}

/** Carries changes out one after the other, in order. A loss that did not come about withholds every gain; a stop or the deadline withholds the rest. */
export async function apply<A>(changes: readonly Change<A>[], target: Target<A>): Promise<Applied<A>> {
  if (changes.length === 0) return { outcomes: [], failures: [], notes: [], troubles: [] };
  const outcomes: Outcome<A>[] = [];
  let halt = await whatStops(() => target.begin());
  let notLost: string | undefined;
  for (const change of changes) {
    const written = await next(change, target, { halt, notLost });
    outcomes.push({ change, ...written });
    halt ??= written.halt;
    if (isLoss(change.kind) && isOpen(written)) notLost ??= `${change.kind} of account ${change.account}`;
  }
  const settled: Settled<A> = outcomes.some(({ sent }) => sent)
    ? await target.settle(outcomes)
    : { outcomes, failures: [], notes: [] };
  halt ??= settled.halt;
  return {
    ...settled,
    notes: [...staleNotes(settled.outcomes), ...settled.notes],
    troubles: [...(halt ? [troubleOf(halt)] : []), ...troublesIn(settled)],
  };
}

const staleNotes = <A>(outcomes: readonly Outcome<A>[]): readonly Note[] =>
  outcomes
    .filter(({ stale }) => stale)
    .map(({ change: { account, label }, error = '' }) => ({ kind: 'stale', account, label, because: error }));

const isOpen = ({ result, rowFault }: Written) => (result === 'failed' || result === 'withheld') && !rowFault;

async function next<A>(
  change: Change<A>,
  target: Target<A>,
  { halt, notLost }: { halt: Error | undefined; notLost: string | undefined },
): Promise<Written> {
  if (halt) return { result: 'withheld', error: halt.message };
  if (notLost && !isLoss(change.kind)) {
    return { result: 'withheld', error: `nothing is given while a loss has not come about: ${notLost}` };
  }
  try {
    return await target.write(change);
  } catch (error) {
    return { result: 'failed', sent: true, error: messageOf(error) };
  }
}

async function whatStops(step: () => Promise<void>): Promise<Error | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** An error that ended a stage, as the run's trouble. */
export function troubleOf(error: Error): Trouble {
  const { message } = error;
  if (error instanceof SourceError) return { outcome: 'source-failed', message };
  return { outcome: error instanceof DeadlineError ? 'deadline' : 'failed', message };
}

function troublesIn<A>({ outcomes, failures }: Settled<A>): readonly Trouble[] {
  const failed = outcomes.filter(({ result }) => result === 'failed');
  const count = failed.length === 1 ? '1 change' : `${failed.length} changes`;
  const messages = [...(failed.length > 0 ? [`${count} failed`] : []), ...failures];
  return messages.map((message) => ({ outcome: 'failed', message }));
}
