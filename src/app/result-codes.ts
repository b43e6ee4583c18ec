import type { Comparison } from '../engine/comparison.ts';
import { OUTCOMES } from '../engine/outcome.ts';
import type { RunResult } from './run-job.ts';

/** The exit code and HTTP status of a result: a check fails where something is wrong, any other answer to a question is a success. */
export function codesOf({
  report,
  explanation,
  checks,
  history,
  isPastReport,
  whatIf,
  comparison,
}: RunResult): {
  readonly exitCode: number;
  readonly status: number;
} {
  const isWrong = checks?.some(({ ok }) => !ok) === true;
  if (isWrong) return OUTCOMES['invalid-settings'];
  if (comparison) return { ...OUTCOMES.unchanged, exitCode: hasDifferences(comparison) ? DIFFERS : 0 };
  return checks || explanation || history || isPastReport || whatIf
    ? OUTCOMES.unchanged
    : OUTCOMES[report.outcome];
}

/** The exit code of `compare` if another tool decides differently. */
const DIFFERS = 7;

const hasDifferences = ({ onlyTheirs, onlyOurs, different }: Comparison): boolean =>
  onlyTheirs.length + onlyOurs.length + different.length > 0;
