import type { Note, Outcome, Settled } from '../../pipeline/model.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Run } from '../../runtime/run.ts';
import { type AuditEntry, lineOf, withEntries } from './audit-log.ts';
import { type Passing, PassingError, type WikiPage } from './mediawiki.ts';
import type { State } from './resolve.ts';

/** An approval for the audit log, with the account's id. */
export interface Approval extends AuditEntry {
  readonly account: string;
}

/** How often each kind of refusal is met before an edit is given up. Five waits for a lagging wiki, the sixth refusal is one too many. */
const TRIES: Readonly<Record<Passing, number>> = { conflict: 3, token: 3, nonce: 3, answer: 3, maxlag: 6 };

/** After the last write: the approvals (oldest first) go to the public log in one edit. Where that fails the run does, and tells the missing lines. Never throws. */
export async function settle(
  outcomes: readonly Outcome<State>[],
  { approvals, page }: { approvals: readonly Approval[]; page: WikiPage | undefined },
  run: Run,
): Promise<Settled<State>> {
  if (!page || approvals.length === 0) return { outcomes, failures: [], notes: [] };
  try {
    await record(approvals, page, run);
    return { outcomes, failures: [], notes: [] };
  } catch (error) {
    const lines = approvals.toReversed().map(lineOf);
    const failure = `audit log: ${lines.length} line${lines.length === 1 ? ' is' : 's are'} missing: ${messageOf(error)}`;
    run.log.error({ event: 'audit.failed', error: failure, lines }, 'audit log not written');
    return { outcomes, failures: [failure], notes: approvals.toReversed().map(missing) };
  }
}

const missing = (approval: Approval): Note => ({
  kind: 'audit-log',
  account: approval.account,
  label: approval.username,
  because: lineOf(approval),
});

/** Reads the page anew for each try, so that a line that got there after all is not written twice. */
async function record(approvals: readonly Approval[], page: WikiPage, run: Run): Promise<void> {
  const met: Record<Passing, number> = { conflict: 0, token: 0, nonce: 0, answer: 0, maxlag: 0 };
  for (;;) {
    const refused = await tryOnce(approvals, page);
    if (!refused) return;
    const { kind, wait, message } = refused;
    met[kind] += 1;
    if (met[kind] >= TRIES[kind]) throw new Error(`${message} (met ${met[kind]} times)`);
    run.log.warn({ event: 'audit.repeated', kind, error: message }, 'audit log edit is repeated');
    if (wait > 0) await run.deadline.pause(wait, 'audit log');
  }
}

async function tryOnce(approvals: readonly Approval[], page: WikiPage): Promise<PassingError | undefined> {
  try {
    const read = await page.read();
    const text = withEntries(read.text, approvals);
    const count = approvals.length;
    if (text !== read.text)
      await page.save(text, `${count} GitLab account${count === 1 ? '' : 's'} approved`, read);
    return undefined;
  } catch (error) {
    if (error instanceof PassingError) return error;
    throw error;
  }
}
