/** Publishes approvals on the public audit log, where there is one. */

import { WikiAccessError } from '../../audit/mediawiki/answer.ts';
import { createWikiPage, type WikiSettings } from '../../audit/mediawiki/page.ts';
import { checkAuditPage, type PublishedApproval, publishAuditLog } from '../../audit/mediawiki/publish.ts';
import { type ChangeResult, type Note, noteAbout } from '../../engine/model.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Verification } from '../../engine/stage-types.ts';
import { SourceError } from '../../platform/errors.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import type { Account, AccountState } from '../../targets/gitlab/schema.ts';
import { readUnpublished } from './unpublished.ts';

type Result = ChangeResult<AccountState, Account>;

/** The time at the end of the run that is kept for the wiki, in milliseconds: 20 s, or a fifth of the run where that is less. */
export const timeForAudit = (run: Run): number => Math.min(20_000, run.deadline.left() / 5);

/** The public log: where it is, whose approvals it lists, and what the rules are called. */
export interface Audit extends WikiSettings {
  readonly trust: DatedPolicy;
  /** The address of GitLab. */
  readonly gitlab: string;
}

/**
 * Reads the audit page before the first approval, in as much time as is kept for publishing. Throws `SourceError` where no line could
 * ever be added to it.
 */
export async function checkAudit(audit: Audit | undefined, run: Run): Promise<readonly Note[]> {
  if (!audit) return [];
  const limited = { ...run, deadline: run.deadline.sooner(run.deadline.left() - timeForAudit(run)) };
  try {
    return await checkAuditPage({ page: createWikiPage(audit, limited), run: limited, random: Math.random });
  } catch (error) {
    throw error instanceof WikiAccessError ? new SourceError(`source mediawiki: ${error.message}`) : error;
  }
}

/**
 * Publishes the approvals of this run, and those that earlier runs could not publish, also after a stop request. Without a wiki
 * nothing is published. Approvals are kept before they are published: if the process ends in between, the next run adds them.
 */
export async function publishApprovals(
  results: readonly Result[],
  audit: Audit | undefined,
  run: Run,
): Promise<Verification<AccountState, Account>> {
  if (!audit) return { results, failures: [], notes: [] };
  const finishing = { ...run, deadline: run.deadline.finishing() };
  const own = results.flatMap((result) => approvalIn(result, audit));
  const earlier = await readUnpublished(finishing);
  const approvals = [...earlier.approvals, ...own];
  const notKept = own.length > 0 ? await earlier.keep(approvals) : [];
  const page = createWikiPage(audit, finishing);
  const published = await publishAuditLog(approvals, { page, run: finishing, random: Math.random });
  const isDone = published.failures.length === 0 && approvals.length > 0;
  const notCleared = isDone ? await earlier.keep([]) : [];
  const isKept = !isDone && earlier.isKept && notKept.length === 0 && approvals.length > 0;
  const keptNotes = isKept ? [noteAbout('audit-kept', 'REPORTS', KEPT)] : [];
  return {
    results,
    failures: published.failures,
    notes: [...published.notes, ...earlier.notes, ...notKept, ...notCleared, ...keptNotes],
  };
}

const KEPT = 'lines that are missing on the public log are kept, and the next run adds them';

/** An approval as it is published. The reason is the description of the rule, or its number. */
function approvalIn(
  { change, doneAt }: Result,
  { trust: policy, gitlab }: Audit,
): readonly PublishedApproval[] {
  if (doneAt === undefined) return [];
  const rule = policy.rules.find((one) => one.rule === change.rule);
  if (rule === undefined) throw new Error(`audit log: no rule ${change.rule} of trust`);
  const trust = rule.description ?? `rule ${rule.rule}`;
  return [{ account: change.account, username: change.label, trust, at: doneAt, gitlab }];
}
