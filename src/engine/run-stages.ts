import { DeadlineError, InvalidRequestError, SourceError, StopError } from '../platform/errors.ts';
import { errorFields } from '../platform/log.ts';
import { apply } from './apply.ts';
import { approvedAccounts, checkApprovedTarget, withoutApproved } from './approval.ts';
import type { Change, Decision, NoChangeKind, Note, Objection, Plan, SourceReading } from './model.ts';
import { type RunError, toRunError } from './outcome.ts';
import { makePlan } from './plan.ts';
import type { Run } from './run.ts';
import { type RunState, runStateOf } from './run-state.ts';
import { remainingObjections } from './safety.ts';
import type { Recorder, Stages } from './stages.ts';
import { nearestNames, restrictTo, subjectsNamed } from './subjects.ts';

/** One run: collect, resolve, plan, safety, apply. Never throws: errors are part of the state that it returns. */
export async function runStages<F, A, R>(stages: Stages<F, A, R>, run: Run): Promise<RunState<A, R>> {
  const recorded = createRecorder();
  try {
    checkApprovedTarget(run.approval, stages.identity.target);
    const facts = await stages.collect(recorded.recorder);
    run.deadline.check('resolve');
    const planned = planAndCheck(stages, facts, run);
    const applied = await carryOut(planned, stages, run);
    return {
      ...planned,
      ...applied,
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

/** Resolve, plan and safety: pure, from facts to a plan with every objection to it. */
function planAndCheck<F, A, R>(stages: Stages<F, A, R>, facts: F, run: Run) {
  const resolved = resolveFor(run.only, stages, facts);
  const plan = makePlan(resolved.decisions, stages.identity);
  const approved = approvedAccounts(plan, run.approval);
  const { limits, objections } = stages.checkSafety(withoutApproved(resolved, approved), facts);
  return runStateOf<A, R>({
    decisions: resolved.decisions,
    notes: [...noChangeNotes(resolved.decisions), ...resolved.notes],
    gauges: stages.gauges(resolved, facts),
    plan,
    limits,
    objections: [
      ...(run.approval?.changes ? objections : remainingObjections(objections, plan, run.approval?.hash)),
      ...unexpectedPlan(plan, run),
    ],
  });
}

/** The objection to a plan other than the one that was shown. */
function unexpectedPlan(plan: Plan<unknown>, { expectedPlan }: Run): readonly Objection[] {
  return expectedPlan === undefined ? [] : remainingObjections([], plan, expectedPlan);
}

/** The decisions, of one name alone where the run is about it. Throws `InvalidRequestError` where nobody has that name. */
function resolveFor<F, A, R>(only: string | undefined, stages: Stages<F, A, R>, facts: F) {
  const resolved = stages.resolve(facts);
  if (only === undefined) return resolved;
  const subjects = stages.subjects(facts, resolved);
  const matches = subjectsNamed(subjects, only);
  if (matches.length > 0) return restrictTo(resolved, matches);
  const nearest = nearestNames(subjects, only);
  const hint = nearest.length > 0 ? `; the nearest names: ${nearest.join(', ')}` : '';
  throw new InvalidRequestError(`only: nobody has this name (found ${only}${hint})`);
}

/**
 * A refused plan and a dry run write nothing; otherwise the plan is applied.
 * Of a refused plan, the changes that a plan file approved are carried out, unless an objection cannot be overridden.
 */
async function carryOut<F, A, R>(
  { plan, objections }: RunState<A, R>,
  { target }: Stages<F, A, R>,
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
  const accounts = canOverride ? approvedAccounts(plan, run.approval) : new Set<string>();
  const isApproved = ({ account }: Change<A, R>) => accounts.has(account);
  return { approved: changes.filter(isApproved), withheld: changes.filter((one) => !isApproved(one)) };
}

/** The results of a plan that is only shown. */
export const preview = <A, R>(changes: readonly Change<A, R>[], result: 'planned' | 'withheld') =>
  changes.map((change) => ({ change, result }));

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
  const foreseen = [SourceError, DeadlineError, StopError, InvalidRequestError].some(
    (kind) => error instanceof kind,
  );
  if (!foreseen) run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  return toRunError(error);
}
