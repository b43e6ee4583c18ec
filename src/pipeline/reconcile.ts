import { DeadlineError, messageOf, SourceError, StopError } from '../runtime/errors.ts';
import { errorFields } from '../runtime/log.ts';
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
    story.troubles.push(troubleIn(error, run));
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
    failure: (message) => story.troubles.push({ outcome: 'source-failed', message }),
  };
}

/** What broke a run off; what nobody foresaw is logged with its stack. */
function troubleIn(error: unknown, run: Run): Trouble {
  const foreseen = [SourceError, DeadlineError, StopError].some((kind) => error instanceof kind);
  if (!foreseen) run.log.error({ event: 'error', ...errorFields(error) }, 'run broke off');
  return error instanceof Error ? troubleOf(error) : { outcome: 'failed', message: messageOf(error) };
}
