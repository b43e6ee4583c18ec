import type { Note } from '../../engine/model.ts';
import { messageOf } from '../../platform/errors.ts';
import type { RequestContext } from '../../platform/http-client.ts';
import { RetryableError, type RetryReason, type WikiPage } from './page.ts';
import { type AuditEntry, lineOf, withEntries } from './wikitext.ts';

/** An approval for the audit log, with the account's id. */
export interface PublishedApproval extends AuditEntry {
  readonly account: string;
}

/** What publishing returns: nothing where all lines are on the page, else what is missing. */
export interface PublishResult {
  readonly failures: readonly string[];
  readonly notes: readonly Note[];
}

/** How often each kind of refusal is met before an edit is given up. Five waits for a lagging wiki, the sixth refusal is one too many. */
const TRIES: Readonly<Record<RetryReason, number>> = {
  conflict: 3,
  token: 3,
  nonce: 3,
  answer: 3,
  maxlag: 6,
};

/** Adds the approvals (oldest first) to the public log in one edit. Never throws: a failed edit is returned with the missing lines. */
export async function publishAuditLog(
  approvals: readonly PublishedApproval[],
  page: WikiPage,
  run: RequestContext,
): Promise<PublishResult> {
  if (approvals.length === 0) return { failures: [], notes: [] };
  try {
    await publish(approvals, page, run);
    return { failures: [], notes: [] };
  } catch (error) {
    const lines = approvals.toReversed().map(lineOf);
    const failure = `audit log: ${lines.length} line${lines.length === 1 ? ' is' : 's are'} missing: ${messageOf(error)}`;
    run.log.error({ event: 'audit.failed', error: failure, lines }, 'audit log not written');
    return { failures: [failure], notes: approvals.toReversed().map(missing) };
  }
}

const missing = (approval: PublishedApproval): Note => ({
  kind: 'audit-log',
  account: approval.account,
  label: approval.username,
  because: lineOf(approval),
});

/** Reads the page anew for each try, so that a line that got there after all is not written twice. */
async function publish(
  approvals: readonly PublishedApproval[],
  page: WikiPage,
  run: RequestContext,
): Promise<void> {
  const seen: Record<RetryReason, number> = { conflict: 0, token: 0, nonce: 0, answer: 0, maxlag: 0 };
  for (;;) {
    const refused = await tryOnce(approvals, page);
    if (!refused) return;
    const { kind, wait, message } = refused;
    seen[kind] += 1;
    if (seen[kind] >= TRIES[kind]) throw new Error(`${message} (seen ${seen[kind]} times)`);
    run.log.warn({ event: 'audit.repeated', kind, error: message }, 'audit log edit is repeated');
    if (wait > 0) await run.deadline.pause(wait, 'audit log');
  }
}

async function tryOnce(
  approvals: readonly PublishedApproval[],
  page: WikiPage,
): Promise<RetryableError | undefined> {
  try {
    const read = await page.read();
    const text = withEntries(read.text, approvals);
    const count = approvals.length;
    if (text !== read.text)
      await page.save(text, `${count} GitLab account${count === 1 ? '' : 's'} approved`, read);
    return undefined;
  } catch (error) {
    if (error instanceof RetryableError) return error;
    throw error;
  }
}
