/** Publishes approvals on the public audit log, where there is one. */

import { WikiAccessError } from '../../audit/mediawiki/answer.ts';
import { createWikiPage, type WikiSettings } from '../../audit/mediawiki/page.ts';
import { checkAuditPage, type PublishedApproval, publishAuditLog } from '../../audit/mediawiki/publish.ts';
import { type Change, type ChangeResult, type Note, noteAbout } from '../../engine/model.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Verification } from '../../engine/stage-types.ts';
import { messageOf, SourceError } from '../../platform/errors.ts';
import { errorFields } from '../../platform/log.ts';
import type { DatedPolicy } from '../../policy/dated-policy.ts';
import { ACTIVE, type Account, type AccountState } from '../../targets/gitlab/schema.ts';
import { type KeptApproval, readUnpublished } from './unpublished.ts';

type Result = ChangeResult<AccountState, Account>;

/** The time at the end of the run that is kept for the wiki, in milliseconds: 20 s, or a fifth of the run where that is less. */
export const timeForAudit = (run: Run): number => Math.min(20_000, run.deadline.left() / 5);

/** The public log: where it is, whose approvals it lists, and what the rules are called. */
export interface Audit extends WikiSettings {
  readonly trust: DatedPolicy;
  /** The address of GitLab. */
  readonly gitlab: string;
  /** The state of an account now; undefined where it is gone. */
  stateOf(id: string): Promise<AccountState | undefined>;
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
 * Keeps what is about to be approved, in one write before the first approval: if the process ends in between, the next run publishes
 * what was carried out.
 */
export async function keepPlanned(
  changes: readonly Change<AccountState, Account>[],
  audit: Audit | undefined,
  run: Run,
): Promise<readonly Note[]> {
  if (!audit) return [];
  const earlier = await readUnpublished(run);
  const at = run.clock.now();
  const planned = changes.map((change) => ({ ...approvalOf(change, at, audit), planned: true as const }));
  const accounts = new Set(planned.map(({ account }) => account));
  // An account that is planned again was not approved by the run that ended in between.
  const others = earlier.approvals.filter((one) => !(one.planned && accounts.has(one.account)));
  return await earlier.keep([...others, ...planned]);
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
  const own = results.flatMap(({ change, doneAt }) =>
    doneAt === undefined ? [] : [approvalOf(change, doneAt, audit)],
  );
  const earlier = await readUnpublished(finishing);
  const { done, carriedOut, open, unknown } = await sortKept(earlier.approvals, results, { audit, run });
  const approvals = [...done, ...carriedOut, ...own];
  const notKept = carriedOut.length + own.length > 0 ? await earlier.keep([...approvals, ...open]) : [];
  const page = createWikiPage(audit, finishing);
  const published = await publishAuditLog(approvals, { page, run: finishing, random: Math.random });
  const isDone = published.failures.length === 0 && earlier.approvals.length + own.length > 0;
  const notCleared = isDone ? await earlier.keep(open) : [];
  const isKept = !isDone && earlier.isKept && notKept.length === 0 && approvals.length > 0;
  const keptNotes = isKept ? [noteAbout('audit-kept', 'REPORTS', KEPT)] : [];
  return {
    results,
    failures: published.failures,
    notes: [...published.notes, ...earlier.notes, ...notKept, ...notCleared, ...keptNotes, ...unknown],
  };
}

const KEPT = 'lines that are missing on the public log are kept, and the next run adds them';

/**
 * Sorts kept approvals: `done` ones lack their line alone, `carriedOut` are those of a run that ended in between, and GitLab did not say
 * what became of `open` ones, with a note for each in `unknown`.
 */
async function sortKept(
  kept: readonly KeptApproval[],
  results: readonly Result[],
  { audit, run }: { readonly audit: Audit; readonly run: Run },
) {
  const own = new Set(results.map(({ change }) => change.account));
  const done = kept.filter(({ planned }) => !planned);
  const carriedOut: PublishedApproval[] = [];
  const open: KeptApproval[] = [];
  const unknown: Note[] = [];
  for (const one of kept.filter(({ planned, account }) => planned && !own.has(account))) {
    const { planned: _, ...approval } = one;
    try {
      if ((await audit.stateOf(one.account)) === ACTIVE) carriedOut.push(approval);
    } catch (error) {
      run.log.error(
        { event: 'audit.unknown', account: one.account, ...errorFields(error) },
        'it is not known whether a kept approval was carried out',
      );
      open.push(one);
      unknown.push(noteAbout('audit-kept', one.username, `${UNKNOWN}: ${messageOf(error)}`));
    }
  }
  return { done, carriedOut, open, unknown };
}

const UNKNOWN = 'an earlier run may have approved this account, and the next run asks GitLab again';

/** An approval as it is published. The reason is the description of the rule, or its number. */
function approvalOf(
  change: Change<AccountState, Account>,
  at: number,
  { trust: policy, gitlab }: Audit,
): PublishedApproval {
  const rule = policy.rules.find((one) => one.rule === change.rule);
  if (rule === undefined) throw new Error(`audit log: no rule ${change.rule} of trust`);
  const trust = rule.description ?? `rule ${rule.rule}`;
  return { account: change.account, username: change.label, trust, at, gitlab };
}
