import type { Request, Response } from '@google-cloud/functions-framework';
import type { RunResult } from '../app/run-job.ts';
import { safeJson } from '../platform/printable.ts';
import { explanationReport, renderExplanation } from '../reports/explanation.ts';

/** Answers with the report: JSON, or text where `Accept` prefers it. */
export async function sendResult(
  request: Request,
  response: Response,
  { result, status }: { result: RunResult; status: number },
): Promise<void> {
  response.status(status).set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  const { report, describe, explanation } = result;
  const answer = explanation && explanationReport(report, explanation);
  if (request.accepts(['application/json', 'text/plain']) !== 'text/plain') {
    response.type('application/json').send(safeJson(JSON.stringify(answer ?? report)));
    return;
  }
  const { renderText } = await import('../reports/text.ts');
  const text = answer
    ? renderExplanation(answer, { describe })
    : renderText(report, { describe, colour: false });
  response.type('text/plain').send(text);
}
