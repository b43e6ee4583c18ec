import { OUTCOMES } from '../engine/outcome.ts';
import type { RunResult } from './run-job.ts';

/** The exit code and HTTP status of a result: a check fails where something is wrong, any other answer to a question is a success. */
export function codesOf({ report, explanation, checks, history, isRecalled, whatIf }: RunResult): {
  readonly exitCode: number;
  readonly status: number;
} {
  const isWrong = checks?.some(({ ok }) => !ok) === true;
  if (isWrong) return OUTCOMES['invalid-settings'];
  return checks || explanation || history || isRecalled || whatIf
    ? OUTCOMES.unchanged
    : OUTCOMES[report.outcome];
}
