import { DeadlineError, InvalidRequestError, SourceError, StopError } from '../platform/errors.ts';
import { errorFields } from '../platform/log.ts';
import { apply } from './apply.ts';
import { approvedChanges, checkSameTarget } from './approval.ts';
import { compareDecisions, type OtherDecision } from './comparison.ts';
import { explain, type PlanFacts } from './explain.ts';
import {
  type Change,
  type Decision,
  decisionKey,
  type Note,
  type Objection,
  type Plan,
  type SourceReading,
  type Subject,
} from './model.ts';
import { type RunError, toRunError } from './outcome.ts';
import { checkUndo, planAndCheck } from './plan-and-check.ts';
import type { RecordedFacts } from './recording.ts';
import { type RunState, runStateOf } from './run-state.ts';
import type { Run } from './run-types.ts';
import type { Recorder, Stages, Target, WhatIfStages } from './stage-types.ts';
import { differencesBetween } from './what-if.ts';

/**
 * One run: collect, resolve, plan, safety, apply. Never throws: errors are part of the state that it returns.
 * With `alternative` the run answers a question: the plan uses the alternative's policy, and is compared with the plan in effect.
 */
export async function runStages<F, A, R>(
  stages: Stages<F, A, R>,
  run: Run,
  alternative: Stages<F, A, R> = stages,
): Promise<RunState<A, R>> {
  const recorded = createRecorder();
  try {
    if (run.approval?.target) checkSameTarget('plan file:', run.approval.target, stages.identity.target);
    checkUndo(run.undo, stages);
    checkSameTarget('what-if: a policy for', alternative.identity.target, stages.identity.target);
    const others = await readOtherDecisions(stages, run);
    const read = await factsFor(stages, alternative, { run, recorded });
    run.deadline.check('resolve');
    const facts = run.whatIf ? whatIfStages(stages).change(read, run.whatIf.changes) : read;
    const { resolved, plan, state: planned } = planAndCheck(alternative, facts, run);
    const applied = await carryOut(
      { plan, objections: planned.objections },
      { target: stages.target(facts), catchUp: stages.catchUp },
      run,
    );
    return {
      ...planned,
      ...applied,
      ...answerTo(run.explain, () => stages.subjects(facts, resolved), {
        sources: recorded.sources,
        objections: planned.objections,
      }),
      ...extras(stages, { run, recorded }, { read, decisions: resolved.decisions, others }),
      target: stages.identity.target,
      sources: recorded.sources,
      notes: [...recorded.notes, ...planned.notes, ...applied.notes],
      errors: [...recorded.errors, ...applied.errors],
    };
  } catch (error) {
    const { sources, notes, errors } = recorded;
    const { target } = stages.identity;
    return runStateOf({ target, sources, notes, errors: [...errors, unexpected(error, run)] });
  }
}

type Recorded = ReturnType<typeof createRecorder>;

/** The facts of a run: read now, or those of a recording. */
async function factsFor<F, A, R>(
  stages: Stages<F, A, R>,
  alternative: Stages<F, A, R>,
  { run, recorded }: { readonly run: Run; readonly recorded: Recorded },
): Promise<F> {
  if (!run.recorded) return await stages.collect(recorded.recorder);
  const { target, sources, notes, failures, facts } = run.recorded;
  checkSameTarget('recording:', target, stages.identity.target);
  for (const source of sources) recorded.recorder.source(source);
  for (const note of notes) recorded.recorder.note(note);
  for (const failure of failures) recorded.recorder.failure(failure);
  // Throws if the other policy names groups that were not recorded.
  whatIfStages(alternative).factsFormat.fromJson(facts);
  return whatIfStages(stages).factsFormat.fromJson(facts);
}

function whatIfStages<F, A>({ whatIf }: Stages<F, A>): WhatIfStages<F, A> {
  if (whatIf) return whatIf;
  throw new InvalidRequestError('this job has neither recordings nor what-if');
}

interface StagesOutput<F, A, R> {
  readonly read: F;
  readonly decisions: readonly Decision<A, R>[];
  readonly others: readonly OtherDecision[] | undefined;
}

/** Another tool's decisions, where the run is to be compared with them. */
async function readOtherDecisions<F, A>({ comparison }: Stages<F, A>, { readOthers }: Run) {
  if (!readOthers) return undefined;
  if (comparison) return await readOthers(comparison.keyOf);
  throw new InvalidRequestError('this job has no comparison');
}

/** What a request asked for in addition to the plan: a comparison with the plan of today or with another tool, and a recording. */
function extras<F, A, R>(
  stages: Stages<F, A, R>,
  { run, recorded }: { readonly run: Run; readonly recorded: Recorded },
  { read, decisions, others }: StagesOutput<F, A, R>,
): Pick<RunState<A, R>, 'whatIf' | 'recorded' | 'comparison'> {
  const { whatIf, record } = run;
  const today = () => stages.resolve(read).decisions;
  return {
    ...(whatIf
      ? {
          whatIf: {
            ...whatIf,
            ...differencesBetween(today(), decisions, whatIfStages(stages).compareAccess),
          },
        }
      : {}),
    ...(others && stages.comparison
      ? { comparison: compareDecisions(others, decisions, stages.comparison) }
      : {}),
    ...(record ? { recorded: recordedFacts(stages, read, recorded) } : {}),
  };
}

const recordedFacts = <F, A, R>(
  stages: Stages<F, A, R>,
  facts: F,
  { sources, notes, errors }: Recorded,
): RecordedFacts => ({
  target: stages.identity.target,
  sources,
  notes: [...notes],
  failures: errors.map(({ message }) => message),
  facts: whatIfStages(stages).factsFormat.toJson(facts),
});

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
  { plan, objections }: { readonly plan: Plan<A, R>; readonly objections: readonly Objection[] },
  { target, catchUp }: { readonly target: Target<A, R>; readonly catchUp: Stages<unknown, A, R>['catchUp'] },
  run: Run,
): Promise<Pick<RunState<A, R>, 'results' | 'notes' | 'errors'>> {
  const { approved, withheld } = split(plan, objections, run);
  const refusals = objections.map(({ message }) => message).join('; ');
  const errors: readonly RunError[] = refusals === '' ? [] : [{ outcome: 'refused', message: refusals }];
  const rest = preview(withheld, 'withheld');
  if (!run.dryRun && approved.length === 0 && catchUp && errors.length === 0) {
    run.writeGuard.open();
    const { failures, notes } = await catchUp();
    return { results: rest, notes, errors: failures.map((message) => ({ outcome: 'failed', message })) };
  }
  if (run.dryRun || approved.length === 0) {
    return { results: [...preview(approved, 'planned'), ...rest], notes: [], errors };
  }
  run.writeGuard.open();
  const applied = await apply(approved, target, run);
  return { ...applied, results: [...applied.results, ...rest], errors: [...errors, ...applied.errors] };
}

/** The changes that may be carried out, and those that an objection withholds. */
function split<A, R>(plan: Plan<A, R>, objections: readonly Objection[], run: Run) {
  const { changes } = plan;
  if (objections.length === 0) return { approved: changes, withheld: [] };
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

/** The error that ended a run. An unexpected one is logged with its stack. */
function unexpected(error: unknown, run: Run): RunError {
  const isExpected = [SourceError, DeadlineError, StopError, InvalidRequestError].some(
    (kind) => error instanceof kind,
  );
  if (!isExpected) run.log.error({ event: 'error', ...errorFields(error) }, 'run failed unexpectedly');
  return toRunError(error);
}
