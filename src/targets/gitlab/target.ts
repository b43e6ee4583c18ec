import type { Run } from '../../engine/run-types.ts';
import type { Reading, Writing } from '../../engine/stage-types.ts';
import { approve } from './approve.ts';
import { createGitlabClient, type GitlabSettings } from './client.ts';
import type { Account, AccountState } from './schema.ts';

/** GitLab as read and as written. Approvals are serial, each after reading its account again. */
export interface GitlabTarget extends Pick<Writing<AccountState, Account>, 'write'> {
  /** Every account that waits for approval. */
  read(): Promise<Reading<readonly Account[]>>;
  /** The state of an account, also after a stop request; undefined where it is gone. */
  stateOf(id: number): Promise<AccountState | undefined>;
}

/** GitLab for one run. `provider` is the one whose identities count; `reserved` milliseconds at the end of the run are kept for publishing. */
export function createGitlabTarget(
  {
    provider,
    reserved,
    ...settings
  }: GitlabSettings & { readonly provider: string; readonly reserved: number },
  run: Run,
): GitlabTarget {
  const collecting = createGitlabClient(settings, run);
  const writing = createGitlabClient(settings, { ...run, deadline: run.deadline.sooner(reserved) });
  // After a stop request, what was sent is still read back, in the first half of the reserved time.
  const finishing = createGitlabClient(settings, {
    ...run,
    deadline: run.deadline.sooner(reserved / 2).finishing(),
  });
  return {
    read: async () => {
      const accounts = await collecting.pending();
      return { facts: accounts, entries: accounts.length, version: null };
    },
    stateOf: async (id) => (await finishing.account(id))?.state,
    write: (change) =>
      approve({ planned: change.row, provider, writing, finishing, now: () => run.clock.now() }),
  };
}
