import { EVENTS } from '../engine/log-events.ts';
import { type ChangeResult, type Decision, decisionKey } from '../engine/model.ts';
import type { RunState } from '../engine/run-state.ts';
import type { Log } from '../platform/log.ts';
import type { Report } from './report.ts';

/** Logs a run: one `decision` line for each account (unchanged ones at debug) and one `run.completed` line. */
export function logRun(state: RunState<unknown>, report: Report, log: Log): void {
  const results = new Map(state.results.map((result) => [decisionKey(result.change), result]));
  for (const decision of state.decisions) {
    const fields = decisionFields(decision, results.get(decisionKey(decision)));
    log[decision.kind === 'unchanged' ? 'debug' : 'info'](fields, 'account decided');
  }
  const { mode, dryRun, durationMs } = report.run;
  const { outcome, exitCode, error, approved, counts, calls, planHash, sources, objections } = report;
  const headRoom = Object.fromEntries(
    report.limits.map(({ name, found, allowed }) => [name, allowed - found]),
  );
  const durations = Object.fromEntries(sources.map((source) => [source.name, source.durationMs]));
  const facts = { mode, dryRun, outcome, exitCode, error, approved, counts, headRoom, gauges: state.gauges };
  const notes = report.notes.filter(({ account }) => account === null);
  const more = { calls, planHash, durationMs, durations, objections, notes };
  log[levelOf(report)]({ event: EVENTS.runCompleted, ...facts, ...more }, 'run completed');
}

const levelOf = ({ outcome, exitCode }: Report) =>
  outcome === 'refused' ? 'fatal' : exitCode === 0 || outcome === 'skipped' ? 'info' : 'error';

function decisionFields(
  { account, project, label, kind, rule, because, groups, from, to, tried }: Decision<unknown>,
  written: ChangeResult<unknown> | undefined,
) {
  return {
    event: EVENTS.decision,
    account,
    ...(project === undefined ? {} : { project }),
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
