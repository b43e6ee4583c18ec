import type { WriteResult } from '../../engine/model.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { isRunEnd, messageOf, StopError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { NoAnswerError } from '../../platform/http-client.ts';
import { type GitlabClient, isGone } from './client.ts';
import { identitiesOf } from './identities.ts';
import { ACTIVE, type Account, PENDING } from './schema.ts';

/**
 * Approves one account: reads it again, approves it, reads it back. An approval without a clear answer is sent once more at most.
 *
 * answer to the approval          account afterwards   result
 * (not sent: account changed)     -                    withheld, stale
 * 201                             active               applied
 * 201                             other, unreadable    failed (it was approved)
 * 5xx, 408, no answer             active               applied
 * 5xx, 408, no answer             pending              retried once, then failed
 * 5xx, 408, no answer             unreadable           failed (it may have been approved)
 * 409 after an unclear answer     active               applied
 * 409 after an unclear answer     other                unchanged (somebody else decided)
 * 409                             -                    unchanged (somebody else decided)
 * 404, GitLab's own               -                    withheld, stale (gone)
 * 404, any other                  -                    failed
 * 422                             -                    failed, this account alone
 * 401, 403                        -                    failed, and the run stops
 * 429                             -                    retried after the pause it asks for
 */
export async function approve(input: ApproveInput): Promise<WriteResult<Account>> {
  try {
    const changed = changeSincePlan(input, await input.writing.account(input.planned.id));
    return changed === undefined ? await send(input) : stale(changed);
  } catch (error) {
    const result = isRunEnd(error) ? 'withheld' : 'failed';
    return {
      result,
      sent: false,
      error: messageOf(error),
      ...(isRunEnd(error) ? { stopReason: error } : {}),
    };
  }
}

/** What one approval needs: the account as the plan read it, and GitLab until the end of writing and until the end of the run. */
export interface ApproveInput {
  readonly planned: Account;
  readonly provider: string;
  readonly writing: GitlabClient;
  readonly finishing: GitlabClient;
  /** Milliseconds since 1970. */
  now(): number;
}

const GONE = 'gone';

const stale = (changed: string): WriteResult<Account> => ({
  result: 'withheld',
  stale: true,
  error: `stale: ${changed}`,
  ...(changed === GONE ? { gone: true } : {}),
});

/** What changed of an account since the plan read it; undefined where nothing did. */
function changeSincePlan({ planned, provider }: ApproveInput, now: Account | undefined): string | undefined {
  if (!now) return GONE;
  if (now.state !== PENDING) return `no longer waiting (found ${now.state})`;
  if (now.username !== planned.username) return `renamed (found ${now.username})`;
  const identities = (account: Account) => canonicalJson(identitiesOf(account, provider));
  return identities(now) === identities(planned) ? undefined : 'its identity changed';
}

/** Statuses after which an approval may have been carried out all the same. */
const isUnclear = ({ status }: HttpAnswer) => status >= 500 || status === 408;

async function send(input: ApproveInput): Promise<WriteResult<Account>> {
  const { planned, writing, finishing } = input;
  let sent = false;
  let unclear = 0;
  let changed: string | undefined;
  const onSent = () => {
    sent = true;
  };
  const shouldRetry = async (outcome: HttpAnswer | NoAnswerError) => {
    if (outcome instanceof NoAnswerError || isUnclear(outcome)) unclear += 1;
    if (unclear > 1) return false;
    changed = changeSincePlan(input, await finishing.account(planned.id));
    return changed === undefined;
  };
  // An error takes the place of an answer: none came, or the run's time was up before a retry.
  const outcome = await writing.approve(planned.id, { onSent, shouldRetry }).catch((error: Error) => error);
  if (outcome instanceof Error) {
    if (!sent) throw outcome;
    return await checkAfterwards(input, outcome);
  }
  if (isUnclear(outcome) || (outcome.status === 409 && unclear > 0))
    return await checkAfterwards(input, outcome);
  if (outcome.status === 201) return await readBack(input);
  if (changed !== undefined) return stale(changed);
  return refused(outcome, writing);
}

/** After an approval without a clear answer: the account shows whether it was carried out. If it cannot be read, the approval counts as sent and is published. */
async function checkAfterwards(
  input: ApproveInput,
  outcome: HttpAnswer | Error,
): Promise<WriteResult<Account>> {
  const message = outcome instanceof Error ? outcome.message : input.writing.refusal(outcome, 201);
  const end = isRunEnd(outcome) ? { stopReason: outcome } : {};
  const { state, problem } = await stateOf(input);
  const done = state === ACTIVE || problem !== undefined ? { doneAt: input.now() } : {};
  if (state === ACTIVE) return { result: 'applied', sent: true, ...done, ...end };
  const isConflict = !(outcome instanceof Error) && outcome.status === 409;
  if (isConflict && problem === undefined) return { result: 'unchanged', sent: true };
  const error = `${message}; read afterwards, the account is ${problem ?? state}`;
  return { result: 'failed', sent: true, error, ...done, ...end };
}

/** After a 201: whatever the account shows, the approval took place. */
async function readBack(input: ApproveInput): Promise<WriteResult<Account>> {
  const doneAt = input.now();
  const { state, problem } = await stateOf(input);
  if (state === ACTIVE) return { result: 'applied', sent: true, doneAt };
  const error = `gitlab answered with success, but the account is ${problem ?? state}`;
  return { result: 'failed', sent: true, doneAt, error };
}

/** The account's state, or why it cannot be read. */
async function stateOf({ finishing, planned }: ApproveInput): Promise<{ state?: string; problem?: string }> {
  try {
    const account = await finishing.account(planned.id);
    return { state: account?.state ?? GONE };
  } catch (error) {
    return { problem: `unreadable (${messageOf(error)})` };
  }
}

/** An answer other than 201. 422 is about this account alone; 401 and 403 are about our token. */
function refused(answer: HttpAnswer, client: GitlabClient): WriteResult<Account> {
  const { status } = answer;
  if (status === 409) return { result: 'unchanged' };
  if (isGone(answer)) return stale(GONE);
  const error = client.refusal(answer, 201);
  if (status === 401 || status === 403) return { result: 'failed', error, stopReason: new StopError(error) };
  return { result: 'failed', error, invalidRow: status === 422 };
}
