import { DeadlineError, InvalidRequestError, messageOf, SourceError } from '../platform/errors.ts';

/** How a run ended. */
export type RunOutcome =
  | 'unchanged'
  | 'planned'
  | 'applied'
  | 'skipped'
  | 'refused'
  | 'source-failed'
  | 'invalid-settings'
  | 'invalid-request'
  | 'deadline'
  | 'failed';

/** Process exit code and HTTP status of each outcome. */
export const OUTCOMES: Readonly<Record<RunOutcome, { readonly exitCode: number; readonly status: number }>> =
  {
    unchanged: { exitCode: 0, status: 200 },
    planned: { exitCode: 0, status: 200 },
    applied: { exitCode: 0, status: 200 },
    failed: { exitCode: 1, status: 500 },
    refused: { exitCode: 2, status: 409 },
    'source-failed': { exitCode: 3, status: 502 },
    'invalid-settings': { exitCode: 4, status: 500 },
    'invalid-request': { exitCode: 4, status: 400 },
    skipped: { exitCode: 5, status: 200 },
    deadline: { exitCode: 6, status: 504 },
  };

/** The most severe first: a run with several errors ends as the first of these. */
const BY_SEVERITY = [
  'invalid-request',
  'invalid-settings',
  'refused',
  'deadline',
  'failed',
  'source-failed',
] as const;

/** An error of a run, with the outcome that it leads to. */
export interface RunError {
  readonly outcome: (typeof BY_SEVERITY)[number];
  readonly message: string;
}

/** The outcome of the most severe error; undefined without errors. */
export const mostSevere = (errors: readonly RunError[]): RunError['outcome'] | undefined =>
  BY_SEVERITY.find((outcome) => errors.some((error) => error.outcome === outcome));

/** An error that ended a stage, as the run's error. */
export function toRunError(error: unknown): RunError {
  const message = messageOf(error);
  if (error instanceof InvalidRequestError) return { outcome: 'invalid-request', message };
  if (error instanceof SourceError) return { outcome: 'source-failed', message };
  return { outcome: error instanceof DeadlineError ? 'deadline' : 'failed', message };
}
