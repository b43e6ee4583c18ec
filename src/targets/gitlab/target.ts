import type { Change, Reading, Target } from '../../pipeline/model.ts';
import type { Run } from '../../runtime/run.ts';
import { type GitlabSettings, gitlabApi } from './api.ts';
import { approve } from './approve.ts';
import { identitiesOf, type Named } from './identify.ts';
import { type WikiSettings, wikiPage } from './mediawiki.ts';
import type { State } from './resolve.ts';
import type { Account } from './schema.ts';
import { type Approval, settle } from './settle.ts';

/** GitLab as read and as written. Approvals are serial, each after a fresh look at its account. */
export interface Gitlab extends Target<State> {
  read(): Promise<Reading<readonly Account[]>>;
  /** The identities that say whose an account is, as it was read. */
  identitiesOf(account: string): readonly Named[];
}

/** Where the public log stands; undefined where there is none. */
export type AuditSettings = WikiSettings | undefined;

/** The end of the run's time that is kept for the wiki: 20 s, or a fifth where that is less. */
const reserve = (run: Run) => Math.min(20_000, run.deadline.left() / 5);

/** GitLab for one run. `provider` is whose identities count. */
export function gitlab(
  { provider, ...settings }: GitlabSettings & { readonly provider: string },
  audit: AuditSettings,
  run: Run,
): Gitlab {
  const kept = reserve(run);
  const collecting = gitlabApi(settings, run);
  const writing = gitlabApi(settings, { ...run, deadline: run.deadline.sooner(kept) });
  // What was sent is looked after even if the run was asked to stop, in the first half of what is kept.
  const finishing = gitlabApi(settings, { ...run, deadline: run.deadline.sooner(kept / 2).finishing() });
  const settling = { ...run, deadline: run.deadline.finishing() };
  const approvals: Approval[] = [];
  let read: ReadonlyMap<string, Account> = new Map();
  return {
    read: async () => {
      const waiting = await collecting.waiting();
      read = new Map(waiting.map((account) => [`${account.id}`, account]));
      return { facts: waiting, entries: waiting.length, version: null };
    },
    identitiesOf: (id) => {
      const account = read.get(id);
      return account ? identitiesOf(account, { provider }) : [];
    },
    begin: async () => undefined,
    write: async (change) => {
      const planned = read.get(change.account);
      const { rule } = change;
      if (!planned || rule === null) return { result: 'failed', error: 'an approval of nobody who was read' };
      const sent = () => run.calls.counts().gitlab?.POST ?? 0;
      const approved = () => approvals.push(approvalOf(change, rule, run.clock.now()));
      return await approve({ planned, provider, writing, finishing, sent, approved });
    },
    settle: (outcomes) => {
      const page = audit && wikiPage(audit, settling);
      return settle(outcomes, { approvals, page }, settling);
    },
  };
}

const approvalOf = ({ account, label }: Change<State>, rule: number, at: number): Approval => ({
  account,
  username: label,
  rule,
  at,
});
