import { DeadlineError, InvalidRequestError, SourceError, StopError } from '../platform/errors.ts';
import { errorFields } from '../platform/log.ts';
import { apply } from './apply.ts';
import { approvedChanges, checkSameTarget } from './approval.ts';
import { explain, type PlanFacts } from './explain.ts';
import {
  type Change,
  decisionKey,
  type Note,
  type Objection,
  type Plan,
  type SourceReading,
  type Subject,
} from './model.ts';
import { type RunError, toRunError } from './outcome.ts';
import { checkUndo, planAndCheck } from './plan-and-check.ts';
import type { Run } from './run.ts';
import { type RunState, runStateOf } from './run-state.ts';
import type { Recorder, Stages, Target } from './stages.ts';

/** One run: collect, resolve, plan, safety, apply. Never throws: errors are part of the state that it returns. */
export async function runStages<F, A, R>(stages: Stages<F, A, R>, run: Run): Promise<RunState<A, R>> {
  const recorded = createRecorder();
  try {
    if (run.approval?.target) checkSameTarget('plan file:', run.approval.target, stages.identity.target);
    checkUndo(run.undo, stages);
    const facts = await stages.collect(recorded.recorder);
    run.deadline.check('resolve');
    const { resolved, state: planned } = planAndCheck(stages, facts, run);
    const applied = await carryOut(planned, stages.target(facts), run);
    return {
      ...planned,
      ...applied,
      ...answerTo(run.explain, () => stages.subjects(facts, resolved), {
        sources: recorded.sources,
        objections: planned.objections,
      }),
      target: stages.identity.target,
      sources: recorded.sources,
      notes: [...recorded.notes, ...planned.notes, ...applied.notes],
      errors: [...recorded.errors, ...applied.errors],
    };
  } catch (error) {
    const { target } = stages.identity;
    return runStateOf({ ...recorded, target, errors: [...recorded.errors, unexpected(error, run)] });
  }
}

function answerTo<A, R>(
  who: string | undefined,
  subjects: () => readonly Subject<A, R>[],
  planFacts: PlanFacts,
): Pick<RunState<A, R>, 'explanation'> {
  return who === undefined ? {} : { explanation: explain(who, subjects(), planFacts) };
}

/**
 * A refused plan and a dry run write nothing; otherwise the plan is applied.
 * Of a refused plan, the changes that a plan file approved are carried out, unless an objection cannot be overridden.
 */
async function carryOut<A, R>(
  { plan, objections }: RunState<A, R>,
  target: Target<A, R>,
  run: Run,
): Promise<Pick<RunState<A, R>, 'results' | 'notes' | 'errors'>> {
  const { approved, withheld } = split(plan, objections, run);
  const refusals = objections.map(({ message }) => message).join('; ');
  const errors: readonly RunError[] = refusals === '' ? [] : [{ outcome: 'refused', message: refusals }];
  const rest = preview(withheld, 'withheld');
  if (run.dryRun || approved.length === 0) {
    return { results: [...preview(approved, 'planned'), ...rest], notes: [], errors };
  }
  run.writeGuard.open();
  const applied = await apply(approved, target, run);
  return { ...applied, results: [...applied.results, ...rest], errors: [...errors, ...applied.errors] };
}

/** The changes that may be carried out, and those that an objection withholds. */
function split<A, R>(plan: Plan<A, R> | undefined, objections: readonly Objection[], run: Run) {
  const changes = plan?.changes ?? [];
  if (!plan || objections.length === 0) return { approved: changes, withheld: [] };
  const canOverride = objections.every(({ overridable }) => overridable);
  const keys = canOverride ? approvedChanges(plan, run.approval) : new Set<string>();
  const isApproved = (change: Change<A, R>) => keys.has(decisionKey(change));
  return { approved: changes.filter(isApproved), withheld: changes.filter((one) => !isApproved(one)) };
}

/** The results of a plan that is only shown. */
export const preview = <A, R>(changes: readonly Change<A, R>[], result: 'planned' | 'withheld') =>
  changes.map((change) => ({ change, result }));

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
  const foreseen = [SourceError, DeadlineError, StopError, InvalidRequestError].some(
    (kind) => error instanceof kind,
  );
  if (!foreseen) run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  return toRunError(error);
}
