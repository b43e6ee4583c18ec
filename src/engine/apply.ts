import { messageOf } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { EVENTS } from './log-events.ts';
import { type Change, type ChangeResult, canGive, isLoss, type Note, type WriteResult } from './model.ts';
import { type RunError, toRunError } from './outcome.ts';
import type { Run } from './run-types.ts';
import type { Target, Verification, Writing } from './stage-types.ts';

/**
 * Carries changes out one after the other, in order. Never throws.
 * If a revoke or downgrade fails, no access is granted in this run; a stop or the deadline withholds the rest.
 */
export async function apply<A, R>(
  changes: readonly Change<A, R>[],
  target: Target<A, R>,
  run: Pick<Run, 'log' | 'clock' | 'progress'>,
): Promise<ApplyResult<A, R>> {
  if (changes.length === 0) return { results: [], notes: [], errors: [] };
  const writing = await resultOf(() => target.begin(changes));
  if (writing instanceof Error) {
    const results = changes.map((change) => ({ change, ...withheldBy(writing) }));
    return { results, notes: [], errors: [toRunError(writing)] };
  }
  const { results: written, stopReason: stopped } = await writeAll(changes, writing, run);
  const verified = await verify(written, writing);
  const stopReason = stopped ?? verified.stopReason;
  return {
    results: verified.results,
    notes: [...notesOf(verified.results), ...verified.notes],
    errors: [
      ...(stopReason ? [toRunError(stopReason)] : []),
      ...errorsIn(verified),
      ...staleLosses(verified.results),
      ...allGone(verified.results),
    ],
  };
}

/** What apply returns: the results of all changes, with notes and errors. */
export interface ApplyResult<A, R = unknown> {
  readonly results: readonly ChangeResult<A, R>[];
  readonly notes: readonly Note[];
  readonly errors: readonly RunError[];
}

interface WriteResults<A, R> {
  readonly results: readonly ChangeResult<A, R>[];
  readonly stopReason: Error | undefined;
}

/** Writes the probes, then everything else in the order of the plan. Results are in the order of the plan. */
async function writeAll<A, R>(
  changes: readonly Change<A, R>[],
  writing: Writing<A, R>,
  { log, clock, progress }: Pick<Run, 'log' | 'clock' | 'progress'>,
): Promise<WriteResults<A, R>> {
  const startedAt = clock.monotonic();
  const results = new Map<Change<A, R>, WriteResult<R>>();
  let stopReason: Error | undefined;
  let unfinishedLoss: string | undefined;
  const step = async (change: Change<A, R>) => {
    progress?.({ writes: { done: results.size, total: changes.length, startedAt } });
    const result = await writeOne(change, writing, { stopReason, unfinishedLoss, log });
    results.set(change, result);
    logWrite(change, result, log);
    stopReason ??= result.stopReason;
    if (isLoss(change.kind) && isUnfinished(result))
      unfinishedLoss ??= `${change.kind} of account ${change.account}`;
    return result;
  };
  for (const group of writing.probes) {
    for (const change of group) if (!(await step(change)).stale) break;
  }
  for (const change of changes) if (!results.has(change)) await step(change);
  const inOrder = changes.flatMap((change) => {
    const result = results.get(change);
    return result ? [{ change, ...result }] : [];
  });
  return { results: inOrder, stopReason };
}

async function verify<A, R>(
  results: readonly ChangeResult<A, R>[],
  writing: Writing<A, R>,
): Promise<Verification<A, R>> {
  if (!results.some(({ sent }) => sent)) return { results, failures: [], notes: [] };
  try {
    return await writing.verify(results);
  } catch (error) {
    return { results, failures: [`not verified: ${messageOf(error)}`], notes: [] };
  }
}

/** A note for each change that was withheld as stale, and for each account that somebody else changed. */
const notesOf = (results: readonly ChangeResult<unknown>[]): readonly Note[] =>
  results.flatMap(({ change: { account, label }, stale, error = '', changedMeanwhile }) => [
    ...(stale ? [{ kind: 'stale', account, label, because: error }] : []),
    ...(changedMeanwhile === undefined
      ? []
      : [{ kind: 'changed-meanwhile', account, label, because: changedMeanwhile }]),
  ]);

/** The fields of a change in log lines. */
const fieldsOf = ({ account, project, label, kind, from, to, rule }: Change<unknown>) => ({
  account,
  project,
  label,
  kind,
  from,
  to,
  rule,
});

/** One line before each write: the log shows what a run was doing if it is killed while it waits for the answer. */
const logStart = (change: Change<unknown>, log: Log): void =>
  log.info({ event: EVENTS.changeStarted, ...fieldsOf(change) }, 'change started');

/** One line after each write: the log shows what a run did if it is killed later. */
function logWrite(change: Change<unknown>, { result, error }: WriteResult, log: Log): void {
  if (result !== 'applied' && result !== 'failed') return;
  const fields = { ...fieldsOf(change), error };
  if (result === 'applied') log.info({ event: EVENTS.changeApplied, ...fields }, 'change applied');
  else log.error({ event: EVENTS.changeFailed, ...fields }, 'change failed');
}

/** A loss that was withheld because its account has changed leaves access in place, so the run is not a success. */
function staleLosses(results: readonly ChangeResult<unknown>[]): readonly RunError[] {
  const count = results.filter(({ change, stale }) => stale && isLoss(change.kind)).length;
  if (count === 0) return [];
  const what = count === 1 ? '1 loss is' : `${count} losses are`;
  return [
    { outcome: 'deadline', message: `${what} left for the next run: the account changed after the plan` },
  ];
}

/** The error if every account of the plan is gone. One may have been removed since the plan was made; that all were is unlikely. */
function allGone(results: readonly ChangeResult<unknown>[]): readonly RunError[] {
  if (!results.every(({ gone }) => gone)) return [];
  const message = `every account of the plan is gone (found ${results.length}, allowed fewer): check that the address of the target is right`;
  return [{ outcome: 'failed', message }];
}

const isUnfinished = ({ result, invalidRow }: WriteResult) =>
  (result === 'failed' || result === 'withheld') && !invalidRow;

async function writeOne<A, R>(
  change: Change<A, R>,
  writing: Writing<A, R>,
  {
    stopReason,
    unfinishedLoss,
    log,
  }: { stopReason: Error | undefined; unfinishedLoss: string | undefined; log: Log },
): Promise<WriteResult<R>> {
  if (stopReason) return withheldBy(stopReason);
  if (unfinishedLoss && canGive(change)) {
    return {
      result: 'withheld',
      error: `no access is given while a loss is not carried out: ${unfinishedLoss}`,
    };
  }
  logStart(change, log);
  try {
    return await writing.write(change);
  } catch (error) {
    return { result: 'failed', sent: true, error: messageOf(error) };
  }
}

const withheldBy = ({ message }: Error) => ({ result: 'withheld', error: message }) as const;

async function resultOf<T>(step: () => Promise<T>): Promise<T | Error> {
  try {
    return await step();
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function errorsIn({ results, failures }: Verification<unknown>): readonly RunError[] {
  const failed = results.filter(({ result }) => result === 'failed');
  const [first] = failed;
  const messages = [...(first ? [failureText(first, failed.length)] : []), ...failures];
  return messages.map((message) => ({ outcome: 'failed', message }));
}

const MAX_TEXT = 300;

/** How many changes failed, and why the first one did. */
function failureText({ change, error = 'no reason is known' }: ChangeResult<unknown>, count: number): string {
  const what = count === 1 ? '1 change failed' : `${count} changes failed, the first`;
  return `${what}: ${change.label}: ${error}`.slice(0, MAX_TEXT);
}
