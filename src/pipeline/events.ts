/** The `event` of the log lines that metrics and alerts are made of. */
export const EVENTS = {
  decision: 'decision',
  runCompleted: 'run.completed',
  writeRepeated: 'write.repeated',
} as const;
