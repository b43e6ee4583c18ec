/** The `event` field of log lines. Metrics and alerts in terraform/ filter on these. */
export const EVENTS = {
  changeApplied: 'change.applied',
  changeFailed: 'change.failed',
  changeStarted: 'change.started',
  decision: 'decision',
  runCompleted: 'run.completed',
  sourceUnreadable: 'source.unreadable',
  writeRepeated: 'write.repeated',
} as const;
