/** The errors that end a run or a request, and the message of any other error. */

/** Settings that cannot be used, with every error in one message. The run ends as `invalid-settings`. */
export class SettingsError extends Error {
  readonly errors: readonly string[];
  constructor(errors: readonly string[]) {
    super(`settings: ${errors.length} error${errors.length === 1 ? '' : 's'}: ${errors.join('; ')}`);
    this.name = 'SettingsError';
    this.errors = errors;
  }
}

/** The HTTP statuses of a request that starts no run. */
export type InvalidRequestStatus = 400 | 404 | 405 | 406 | 413 | 503;

/** A request that cannot be understood or not be served now: no run takes place. `status` is the HTTP status of the answer. */
export class InvalidRequestError extends Error {
  readonly status: InvalidRequestStatus;
  constructor(message: string, status: InvalidRequestStatus = 400) {
    super(message);
    this.name = 'InvalidRequestError';
    this.status = status;
  }
}

/** A source that could not be read completely. The run ends as `source-failed`: no plan, no write. */
export class SourceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SourceError';
  }
}

/** The run's time is over. Nothing more is begun. */
export class DeadlineError extends Error {
  constructor(where: string) {
    super(`${where}: the deadline of this run has come (SYNC_DEADLINE_SECONDS)`);
    this.name = 'DeadlineError';
  }
}

/** No further write may be made by this run: credentials refused, licence without the needed feature, lease lost, asked to stop. */
export class StopError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StopError';
  }
}

/** Whether an error ends the run: its deadline is over, or it may make no further write. */
export const isRunEnd = (error: unknown): error is DeadlineError | StopError =>
  error instanceof DeadlineError || error instanceof StopError;

/** The message of any thrown value, in one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
