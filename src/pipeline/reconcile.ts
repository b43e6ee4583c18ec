import { DeadlineError, messageOf, SourceError } from '../runtime/errors.ts';
import type { Run } from '../runtime/run.ts';
import { apply, type Trouble, troubleOf } from './apply.ts';
import type { Recorder, Stages } from './model.ts';
import { makePlan } from './plan.ts';
import { emptyStory, restingNotes, type Story, shown } from './report.ts';
import { standing } from './safety.ts';

/** One run: collect, resolve, plan, safety, apply. Never throws: what went wrong is in the story. */
export async function reconcile<F, A>(stages: Stages<F, A>, run: Run): Promise<Story<A>> {
  const story = emptyStory<A>();
  try {
    await tell(story, stages, run);
  } catch (error) {
    story.troubles.push(error instanceof SourceError ? sourceTrouble(error.message) : unforeseen(error, run));
  }
  return story;
}

async function tell<F, A>(story: Story<A>, stages: Stages<F, A>, run: Run): Promise<void> {
  const facts = await stages.collect(recorderInto(story));
  run.deadline.check('resolve');

  const resolved = stages.resolve(facts);
  story.decisions = resolved.decisions;
  story.notes.push(...restingNotes(resolved.decisions), ...resolved.notes);
  story.gauges = stages.gauges(resolved, facts);

  const plan = makePlan(resolved.decisions, stages.identity);
  story.plan = plan;

  const verdict = stages.judge(resolved, facts);
  story.limits = verdict.limits;
  story.objections = standing(verdict, plan, run.approve?.hash);
  if (story.objections.length > 0) {
    story.outcomes = shown(plan, 'withheld');
    const messages = story.objections.map(({ message }) => message);
    story.troubles.push({ outcome: 'refused', message: messages.join('; ') });
    return;
  }

  if (run.dryRun) {
    story.outcomes = shown(plan, 'planned');
    return;
  }

  run.permit.open();
  const applied = await apply(plan.changes, stages.target);
  story.outcomes = applied.outcomes;
  story.notes.push(...applied.notes);
  story.troubles.push(...applied.troubles);
}

function recorderInto<A>(story: Story<A>): Recorder {
  return {
    source: (reading) => story.sources.push(reading),
    note: (note) => story.notes.push(note),
    failure: (message) => story.troubles.push(sourceTrouble(message)),
  };
}

const sourceTrouble = (message: string): Trouble => ({ outcome: 'source-failed', message });

function unforeseen(error: unknown, run: Run): Trouble {
  if (!(error instanceof Error)) return { outcome: 'failed', message: messageOf(error) };
  if (!(error instanceof DeadlineError))
    run.log.error({ event: 'error', stack_trace: error.stack }, 'run broke off');
  return troubleOf(error);
}
