import { InvalidRequestError } from '../platform/errors.ts';
import { approvedChanges, checkSameTarget, withoutApproved } from './approval.ts';
import { type Decision, type NoChangeKind, type Note, noteAbout } from './model.ts';
import { makePlan } from './plan.ts';
import { runStateOf } from './run-state.ts';
import type { Run, UndoneRun } from './run-types.ts';
import { remainingObjections } from './safety.ts';
import type { Resolved, Stages } from './stage-types.ts';
import { restrictTo, subjectsNamed } from './subjects.ts';
import { unknownName } from './unknown-name.ts';

/** Resolve, plan and safety: pure, from facts to a plan with every objection to it. */
export function planAndCheck<F, A, R>(stages: Stages<F, A, R>, facts: F, run: Run) {
  const resolved = run.undo ? undo(run.undo, stages, facts) : resolveFor(run.only, stages, facts);
  const plan = makePlan(resolved.decisions, stages.identity);
  const approved = approvedChanges(plan, run.approval);
  const { limits, objections } = stages.checkSafety(withoutApproved(resolved, approved), facts);
  const state = runStateOf<A, R>({
    decisions: resolved.decisions,
    notes: [...noChangeNotes(resolved.decisions), ...resolved.notes],
    drift: resolved.drift ?? [],
    gauges: stages.gauges(resolved, facts),
    plan,
    limits,
    objections: [
      ...(run.approval?.changes ? objections : remainingObjections(objections, plan, run.approval?.hash)),
      ...remainingObjections([], plan, run.expectedPlan),
    ],
  });
  return { resolved, plan, state };
}

/** The decisions that undo an earlier run. */
function undo<F, A, R>(run: UndoneRun, stages: Stages<F, A, R>, facts: F): Resolved<A, R> {
  const resolved = undoStageOf(stages)(facts, run);
  const warning =
    'the next run restores what the rules say: change the policy, or the groups that it reads, first';
  return { ...resolved, notes: [...resolved.notes, noteAbout('undo', `run ${run.id}`, warning)] };
}

/** Throws `InvalidRequestError` for a run of another target, and for a job that cannot undo its changes. */
export function checkUndo<F, A, R>(
  run: UndoneRun | undefined,
  stages: Pick<Stages<F, A, R>, 'identity' | 'undo'>,
): void {
  if (!run) return;
  undoStageOf(stages);
  checkSameTarget('undo: a run of', run.target, stages.identity.target);
}

function undoStageOf<F, A, R>({ undo: undoStage }: Pick<Stages<F, A, R>, 'undo'>) {
  if (undoStage) return undoStage;
  throw new InvalidRequestError(
    'undo: this job cannot undo its changes: an administrator has to undo them by hand',
  );
}

/** The decisions, or only those about one name. Throws `InvalidRequestError` if nobody has that name. */
function resolveFor<F, A, R>(only: string | undefined, stages: Stages<F, A, R>, facts: F) {
  const resolved = stages.resolve(facts);
  if (only === undefined) return resolved;
  const subjects = stages.subjects(facts, resolved);
  const matches = subjectsNamed(subjects, only);
  if (matches.length > 0) return restrictTo(resolved, matches);
  const known = subjects.flatMap(({ names }) => names);
  throw unknownName('only: nobody has this name', only, known);
}

const REPORTED_AS_NOTES: readonly NoChangeKind[] = ['skipped', 'pending-sign-in', 'undecided'];

/** A note for each decision that changes nothing and that people should know. */
export const noChangeNotes = (decisions: readonly Decision<unknown>[]): readonly Note[] =>
  decisions
    .filter(({ kind }) => (REPORTED_AS_NOTES as readonly string[]).includes(kind))
    .map(({ kind, account, project, label, because, tried, needsPerson }) => ({
      kind,
      account,
      ...(project === undefined ? {} : { project }),
      label,
      because,
      ...(tried ? { tried } : {}),
      ...(needsPerson ? { due: needsPerson.due } : {}),
    }));
