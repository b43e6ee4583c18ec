import type { Request, Response } from '@google-cloud/functions-framework';
import type { RunResult } from '../app/run-job.ts';

/** Answers with the report: JSON, or text where `Accept` prefers it. */
export async function sendResult(
  request: Request,
  response: Response,
  { result, status }: { result: RunResult; status: number },
): Promise<void> {
  response.status(status).set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  if (request.accepts(['application/json', 'text/plain']) !== 'text/plain') {
    response.json(result.report);
    return;
  }
  const { renderText } = await import('../reports/text.ts');
  response.type('text/plain').send(renderText(result.report, { describe: result.describe, colour: false }));
}
