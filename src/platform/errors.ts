/** Settings that can't be used: every fault in one message. The run ends as `invalid-settings`. */
export class SettingsError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`settings: ${faults.length} fault${faults.length === 1 ? '' : 's'}: ${faults.join('; ')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/** A call that can't be understood: no run takes place. `status` is the HTTP status to answer with. */
export class InvalidRequestError extends Error {
  readonly status: 400 | 405;
  constructor(message: string, status: 400 | 405 = 400) {
    super(message);
    this.name = 'InvalidRequestError';
    this.status = status;
  }
}

/** A source that could not be read whole. The run ends as `source-failed`: no plan, no write. */
export class SourceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SourceError';
  }
}

/** The run's time is up. What was not begun stays undone. */
export class DeadlineError extends Error {
  constructor(where: string) {
    super(`${where}: the deadline of this run has come (SYNC_DEADLINE_SECONDS)`);
    this.name = 'DeadlineError';
  }
}

/** No further write may be made by this run: credentials refused, licence short, lease lost, asked to stop. */
export class StopError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StopError';
  }
}

/** What an unknown thrown value has to say, in one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
