import { checkReport, renderChecks } from '../reports/checks.ts';
import { comparisonReport, renderComparison } from '../reports/comparison.ts';
import { explanationReport, renderExplanation } from '../reports/explanation.ts';
import { renderHistory } from '../reports/history.ts';
import { type Format, renderReport } from '../reports/render.ts';
import type { TextStyle } from '../reports/text.ts';
import { renderWhatIf, whatIfReport } from '../reports/what-if.ts';
import type { RunResult } from './run-job.ts';

/** A result in one of its representations: the answer to a question, or the report of a run. */
export function renderResult(result: RunResult, format: Format, style: TextStyle): string {
  const { report, describe, explanation, checks, history, unchanged, whatIf, comparison } = result;
  if (history) return renderHistory(history, format, style.width);
  if (checks) return renderChecks(checkReport(report, checks), format, style.width);
  if (comparison) return renderComparison(comparisonReport(report, comparison), format, style.width);
  if (whatIf) return renderWhatIf(whatIfReport(report, whatIf), format, { ...style, describe });
  if (explanation)
    return renderExplanation(explanationReport(report, explanation), format, { ...style, describe });
  return renderReport(report, format, { ...style, ...(format === 'html' ? { unchanged: unchanged() } : {}) });
}
