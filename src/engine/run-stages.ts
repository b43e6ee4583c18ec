import { DeadlineError, SourceError, StopError } from '../platform/errors.ts';
import { errorFields } from '../platform/log.ts';
import { apply } from './apply.ts';
import type { Decision, NoChangeKind, Note, Plan, SourceReading } from './model.ts';
import { type RunError, toRunError } from './outcome.ts';
import { makePlan } from './plan.ts';
import type { Run } from './run.ts';
import { type RunState, runStateOf } from './run-state.ts';
import { remainingObjections } from './safety.ts';
import type { Recorder, Stages } from './stages.ts';

/** One run: collect, resolve, plan, safety, apply. Never throws: errors are part of the state that it returns. */
export async function runStages<F, A, R>(stages: Stages<F, A, R>, run: Run): Promise<RunState<A, R>> {
  const recorded = createRecorder();
  try {
    const facts = await stages.collect(recorded.recorder);
    run.deadline.check('resolve');
    const planned = planAndCheck(stages, facts, run);
    const applied = await carryOut(planned, stages, run);
    return {
      ...planned,
      ...applied,
      sources: recorded.sources,
      notes: [...recorded.notes, ...planned.notes, ...applied.notes],
      errors: [...recorded.errors, ...applied.errors],
    };
  } catch (error) {
    return runStateOf({ ...recorded, errors: [...recorded.errors, unexpected(error, run)] });
  }
}

/** Resolve, plan and safety: pure, from facts to a plan with every objection to it. */
function planAndCheck<F, A, R>(stages: Stages<F, A, R>, facts: F, run: Run) {
  const resolved = stages.resolve(facts);
  const plan = makePlan(resolved.decisions, stages.identity);
  const { limits, objections } = stages.checkSafety(resolved, facts);
  return runStateOf<A, R>({
    decisions: resolved.decisions,
    notes: [...noChangeNotes(resolved.decisions), ...resolved.notes],
    gauges: stages.gauges(resolved, facts),
    plan,
    limits,
    objections: remainingObjections(objections, plan, run.approval?.hash),
  });
}

/** A refused plan and a dry run write nothing; otherwise the plan is applied. */
async function carryOut<F, A, R>(
  { plan, objections }: RunState<A, R>,
  { target }: Stages<F, A, R>,
  run: Run,
): Promise<Pick<RunState<A, R>, 'results' | 'notes' | 'errors'>> {
  if (objections.length > 0) {
    const message = objections.map((objection) => objection.message).join('; ');
    return { results: preview(plan, 'withheld'), notes: [], errors: [{ outcome: 'refused', message }] };
  }
  if (run.dryRun) return { results: preview(plan, 'planned'), notes: [], errors: [] };
  run.writeGuard.open();
  return await apply(plan?.changes ?? [], target, run.log);
}

/** The results of a plan that is only shown. */
export const preview = <A, R>(plan: Plan<A, R> | undefined, result: 'planned' | 'withheld') =>
  (plan?.changes ?? []).map((change) => ({ change, result }));

const REPORTED_AS_NOTES: readonly NoChangeKind[] = ['skipped', 'pending-sign-in', 'undecided'];

/** The notes of decisions that leave an account as it is. */
export const noChangeNotes = (decisions: readonly Decision<unknown>[]): readonly Note[] =>
  decisions
    .filter(({ kind }) => (REPORTED_AS_NOTES as readonly string[]).includes(kind))
    .map(({ kind, account, label, because, tried }) => ({
      kind,
      account,
      label,
      because,
      ...(tried ? { tried } : {}),
    }));

function createRecorder() {
  const sources: SourceReading[] = [];
  const notes: Note[] = [];
  const errors: RunError[] = [];
  const recorder: Recorder = {
    source: (reading) => sources.push(reading),
    note: (note) => notes.push(note),
    failure: (message) => errors.push({ outcome: 'source-failed', message }),
  };
  return { sources, notes, errors, recorder };
}

/** The error that ended a run. One that nobody foresaw is logged with its stack. */
function unexpected(error: unknown, run: Run): RunError {
  const foreseen = [SourceError, DeadlineError, StopError].some((kind) => error instanceof kind);
  if (!foreseen) run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  return toRunError(error);
}
