import type { Log } from '../runtime/log.ts';
import { EVENTS } from './events.ts';
import type { Decision } from './model.ts';
import type { Report, Story } from './report.ts';

/** Logs a run for machines: one `decision` line for each account, unchanged ones at debug, and one `run.completed` line. */
export function journal<A>(story: Story<A>, report: Report, log: Log): void {
  const results = new Map(
    story.outcomes.map(({ change, result, error }) => [change.account, { result, error }]),
  );
  for (const decision of story.decisions) {
    const fields = decisionFields(decision, results.get(decision.account));
    log[decision.kind === 'unchanged' ? 'debug' : 'info'](fields, 'account decided');
  }
  const { mode, dryRun, durationMs } = report.run;
  const { outcome, exitCode, error, approved, counts, calls, planHash, sources, objections } = report;
  const headRoom = Object.fromEntries(
    report.limits.map(({ name, found, allowed }) => [name, allowed - found]),
  );
  const durations = Object.fromEntries(sources.map((source) => [source.name, source.durationMs]));
  const facts = { mode, dryRun, outcome, exitCode, error, approved, counts, headRoom, gauges: story.gauges };
  const notes = report.notes.filter(({ account }) => account === null);
  const more = { calls, planHash, durationMs, durations, objections, notes };
  log[levelOf(report)]({ event: EVENTS.runCompleted, ...facts, ...more }, 'run completed');
}

const levelOf = ({ outcome, exitCode }: Report) =>
  outcome === 'refused' ? 'fatal' : exitCode === 0 || outcome === 'skipped' ? 'info' : 'error';

function decisionFields<A>(
  { account, label, kind, rule, because, groups, from, to, tried }: Decision<A>,
  written: { result: string; error: string | undefined } | undefined,
) {
  return {
    event: EVENTS.decision,
    account,
    label,
    kind,
    result: written?.result ?? null,
    rule,
    because,
    groups,
    from,
    to,
    ...(tried ? { tried } : {}),
    ...(written?.error === undefined ? {} : { error: written.error }),
  };
}
