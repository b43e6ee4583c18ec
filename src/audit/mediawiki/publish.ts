/** Publishes approvals on the page of the public audit log, in one edit. */

import type { Note } from '../../engine/model.ts';
import { messageOf, StopError } from '../../platform/errors.ts';
import type { RequestContext } from '../../platform/http-client.ts';
import { RetryableError, type RetryReason, WikiAccessError } from './answer.ts';
import type { WikiPage } from './page.ts';
import { pauseAfter } from './retry-pause.ts';
import { type AuditEntry, lineOf, sectionsOf, withEntries } from './wikitext.ts';

/** An approval for the audit log, with the account's id. */
export interface PublishedApproval extends AuditEntry {
  readonly account: string;
}

/** What publishing returns: no failure if all lines are on the page, else what is missing. */
export interface PublishResult {
  readonly failures: readonly string[];
  readonly notes: readonly Note[];
}

/** Maximum number of tries for each kind of refusal. Temporary conditions are retried until the deadline. */
const TRIES: Readonly<Record<RetryReason, number>> = {
  conflict: 8,
  token: 3,
  nonce: 3,
  answer: 3,
  maxlag: 6,
  busy: Number.POSITIVE_INFINITY,
};
const TRIES_BEFORE_APPROVALS = 3;

/** What publishing works with: the page, the run, and a source of random numbers in [0, 1). */
export interface PublishInput {
  readonly page: WikiPage;
  readonly run: RequestContext;
  random(): number;
}

/**
 * Reads the page before the first approval, with the credentials that will edit it. Throws `WikiAccessError` where no edit can ever
 * succeed. Any other problem of the page or the wiki is returned as a note: approvals continue, and their lines are kept.
 */
export async function checkAuditPage(input: PublishInput): Promise<readonly Note[]> {
  try {
    const { rights } = await withRetries(
      () => input.page.read(),
      input,
      () => TRIES_BEFORE_APPROVALS,
    );
    if (rights === undefined || rights.includes('bot')) return [];
    const because = 'edits are not marked as a bot’s (needed: the right bot and the grant highvolume)';
    return [{ kind: 'audit-bot', account: null, label: 'mediawiki', because }];
  } catch (error) {
    if (error instanceof WikiAccessError || error instanceof StopError) throw error;
    return [{ kind: 'audit-page', account: null, label: 'mediawiki', because: messageOf(error) }];
  }
}

/** Adds the approvals (oldest first) to the public log in one edit. Never throws: a failed edit is returned with the missing lines. */
export async function publishAuditLog(
  approvals: readonly PublishedApproval[],
  input: PublishInput,
): Promise<PublishResult> {
  if (approvals.length === 0) return { failures: [], notes: [] };
  try {
    await publish(approvals, input);
    return { failures: [], notes: [] };
  } catch (error) {
    const lines = approvals.toReversed().map(lineOf);
    const failure = `audit log: ${lines.length} line${lines.length === 1 ? ' is' : 's are'} missing: ${messageOf(error)}`;
    const days = sectionsOf(approvals);
    input.run.log.error({ event: 'audit.failed', error: failure, lines, days }, 'audit log not written');
    return { failures: [failure], notes: approvals.toReversed().map(missing) };
  }
}

const missing = (approval: PublishedApproval): Note => ({
  kind: 'audit-log',
  account: approval.account,
  label: approval.username,
  because: lineOf(approval),
});

/** Reads the page again for each try, so that a line that was written in spite of an error is not written twice. */
const publish = (approvals: readonly PublishedApproval[], input: PublishInput): Promise<void> =>
  withRetries(
    async () => {
      const read = await input.page.read();
      const text = withEntries(read.text, approvals);
      const count = approvals.length;
      if (text !== read.text)
        await input.page.save(text, `${count} GitLab account${count === 1 ? '' : 's'} approved`, read);
    },
    input,
    (kind) => TRIES[kind],
  );

/** Retries a step, for each kind of refusal a number of times, and within the deadline. */
async function withRetries<T>(
  step: () => Promise<T>,
  { run, random }: PublishInput,
  triesOf: (kind: RetryReason) => number,
): Promise<T> {
  const seen: Record<RetryReason, number> = {
    conflict: 0,
    token: 0,
    nonce: 0,
    answer: 0,
    maxlag: 0,
    busy: 0,
  };
  for (;;) {
    const refused = await retryable(step);
    if (!(refused instanceof RetryableError)) return refused.value;
    const { kind, message } = refused;
    seen[kind] += 1;
    if (seen[kind] >= triesOf(kind)) throw new Error(`${message} (seen ${seen[kind]} times)`);
    run.log.warn({ event: 'audit.repeated', kind, error: message }, 'audit log request is repeated');
    const pause = pauseAfter(refused, { seen: seen[kind], left: run.deadline.left(), random: random() });
    if (pause > 0) await run.deadline.pause(pause, `audit log: ${message}`);
  }
}

async function retryable<T>(step: () => Promise<T>): Promise<{ readonly value: T } | RetryableError> {
  try {
    return { value: await step() };
  } catch (error) {
    if (error instanceof RetryableError) return error;
    throw error;
  }
}
