import { EVENTS } from '../../src/engine/log-events.ts';

/** A figure of log lines. `labels` and `value` are fields of the line, dotted where nested; without `value`, lines are counted. */
export interface Metric {
  readonly event: (typeof EVENTS)[keyof typeof EVENTS];
  readonly labels: readonly string[];
  readonly value?: string;
}

/** The metrics, by the name that Cloud Monitoring shows after `muster/`. */
export const METRICS: Readonly<Record<string, Metric>> = {
  runs: { event: EVENTS.runCompleted, labels: ['job', 'outcome', 'mode'] },
  changes: { event: EVENTS.decision, labels: ['job', 'kind', 'result'] },
  lost_writes: { event: EVENTS.writeRepeated, labels: ['job'] },
  run_duration: { event: EVENTS.runCompleted, labels: ['job', 'outcome'], value: 'durationMs' },
  head_room_revokes: { event: EVENTS.runCompleted, labels: ['job'], value: 'headRoom.revokes' },
  head_room_downgrades: { event: EVENTS.runCompleted, labels: ['job'], value: 'headRoom.downgrades' },
  head_room_gains: { event: EVENTS.runCompleted, labels: ['job'], value: 'headRoom.gains' },
  head_room_highest: { event: EVENTS.runCompleted, labels: ['job'], value: 'headRoom.highest' },
  head_room_approvals: { event: EVENTS.runCompleted, labels: ['job'], value: 'headRoom.approvals' },
  accounts_pending: { event: EVENTS.runCompleted, labels: ['job'], value: 'gauges.accountsPending' },
  seats_in_use: { event: EVENTS.runCompleted, labels: ['job'], value: 'gauges.seatsInUse' },
};

/** What an alert policy's name ends with, after `Muster <job>: `. */
export const ALERTS: Readonly<Record<string, string>> = {
  run_failed: 'a run failed',
  plan_refused: 'safety refused a plan',
  lost_write: 'a lost write had to be repeated',
  scheduler_failed: "the scheduler's call failed",
  no_success: 'no successful run',
  drift: 'drift has stood for a day in observe mode',
};
