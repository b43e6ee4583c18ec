import type { Change, WriteResult } from '../../engine/model.ts';
import type { Deadline } from '../../platform/clock.ts';
import { isRunEnd, SourceError, StopError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { NoAnswerError } from '../../platform/http-client.ts';
import type { RateLimiter } from '../../platform/rate-limit.ts';
import type { Access, AccessRules, RulesOf } from './access.ts';
import type { GrowthBookClient } from './client.ts';
import { roleUpdate } from './role-update.ts';
import { conflict, type RowState, rowStateOf } from './row-state.ts';
import type { Member } from './schema.ts';

/**
 * Writes one change on the row as it is now.
 *
 * | row, read after the places are secured | what is sent | result |
 * | --- | --- | --- |
 * | gone, or not as the plan was made from | nothing | withheld, stale |
 * | as planned already | nothing | applied |
 * | as the plan was made from | the role | see below |
 * | the same but for other projects | the role, with the entries of other projects as they are now | see below, and noted |
 *
 * | answer to the role | row, read again | result |
 * | --- | --- | --- |
 * | 200 with the member | | applied |
 * | 200 with anything else | | failed, unless the row that is read back is as planned |
 * | none, 408, 429, 5xx | as right before the write | sent again, five times at most |
 * | | as planned | applied |
 * | | changed otherwise | withheld, stale |
 * | 401, 402, 403, or 400 about the licence | | failed; the run writes nothing more |
 * | 400 "is not a valid role" about the role that is written | | failed; the run writes nothing more |
 * | 400 "Could not find user" | | withheld, stale |
 * | 400 or 422 | | failed; the row has to be fixed by hand |
 * | any other | | failed |
 *
 * The messages are those of release 5.0.1 (`updateMemberRole.ts`, `organizations.ts`).
 */
export async function writeRole(change: Change<Access, Member>, input: WriteInput): Promise<RoleWrite> {
  try {
    await securePlaces(input);
    const now = await readMember(change.row, input);
    if (!now) return stale(GONE);
    const state = rowStateOf(change, { now, rules: input.rules(change) });
    if (state.is !== 'unchanged') return withoutWriting(state);
    const refusal = await input.check(change);
    if (refusal !== undefined) return stale(refusal);
    const written = await send(change, now, input);
    if (state.elsewhere === undefined || written.result !== 'applied') return written;
    return {
      ...written,
      changedMeanwhile: `changed by somebody else since the plan, and kept: ${state.elsewhere}`,
    };
  } catch (error) {
    const stopReason = stopReasonOf(error);
    return { result: 'withheld', stopReason, error: stopReason.message };
  }
}

/** What a write needs. `keptPlaces` are requests of the last window that are kept for reading back. */
export interface WriteInput {
  readonly client: GrowthBookClient;
  readonly rules: RulesOf;
  readonly rateLimiter: RateLimiter;
  readonly deadline: Deadline;
  readonly keptPlaces: number;
  /** Why this change may not be made on the present rows; undefined where it may. */
  check(change: Change<Access, Member>): Promise<string | undefined>;
}

type RoleWrite = WriteResult<Member>;

/** A place for reading the row, and one for the write that follows it. */
const PLACES = 2;

const GONE = 'no longer a member';
const stale = (because: string): RoleWrite => ({
  result: 'withheld',
  stale: true,
  error: `stale: ${because}`,
});

/** The result for a row to which no role has to be sent. */
const withoutWriting = (state: Exclude<RowState, { is: 'unchanged' }>): RoleWrite =>
  state.is === 'done' ? { result: 'applied' } : stale(state.because);

/** Waits for the places of a read and a write. In the window that outlasts the writing, the places for reading back are kept free. */
async function securePlaces({ rateLimiter, deadline, keptPlaces }: WriteInput): Promise<void> {
  for (;;) {
    const kept = rateLimiter.windowLeft() >= deadline.left() ? keptPlaces : 0;
    const wait = rateLimiter.wait(PLACES, kept);
    if (wait <= 0) return;
    await deadline.pause(wait, 'growthbook: POST /api/v1/members', 'the rate limit of growthbook');
  }
}

/** The member's row now: found by its address, and in the whole list where that finds nobody or several. */
async function readMember(planned: Member, { client }: WriteInput): Promise<Member | undefined> {
  const [found, ...others] = await client.membersAt(planned.email);
  if (found && others.length === 0 && found.id === planned.id) return found;
  return (await client.members()).find(({ id }) => id === planned.id);
}

async function send(
  change: Change<Access, Member>,
  rowBefore: Member,
  input: WriteInput,
): Promise<RoleWrite> {
  const { client } = input;
  const rules = input.rules(change);
  let sent = false;
  let seen: RowState = { is: 'unchanged' };
  const onSent = () => {
    sent = true;
  };
  const shouldRetry = async () => {
    await securePlaces(input);
    const now = await readMember(rowBefore, input);
    seen = stateAfterLostAnswer(change, { now, rowBefore, rules });
    return seen.is === 'unchanged';
  };
  try {
    const body = roleUpdate(rowBefore, change.to, rules);
    const answer = await client.writeRole(change.account, body, { onSent, shouldRetry });
    return { rowBefore, ...(afterLostAnswer(seen) ?? answered(answer, change, client)) };
  } catch (error) {
    if (error instanceof NoAnswerError) {
      const failed: RoleWrite = { result: 'failed', sent: true, error: error.message };
      return { rowBefore, ...(afterLostAnswer(seen) ?? failed) };
    }
    const stopReason = stopReasonOf(error);
    const result = sent ? 'failed' : 'withheld';
    return { rowBefore, result, sent, stopReason, error: stopReason.message };
  }
}

/** The same body is sent again only for a row that is in every field as it was right before the write. */
function stateAfterLostAnswer(
  change: Change<Access, Member>,
  { now, rowBefore, rules }: { now: Member | undefined; rowBefore: Member; rules: AccessRules },
): RowState {
  if (!now) return conflict(GONE);
  const state = rowStateOf({ to: change.to, row: rowBefore }, { now, rules });
  if (state.elsewhere === undefined) return state;
  return conflict(`changed while the answer was lost: ${state.elsewhere}`);
}

/** What the row that was read again says; undefined where it does not tell. */
const afterLostAnswer = (seen: RowState): RoleWrite | undefined =>
  seen.is === 'unchanged' ? undefined : { ...withoutWriting(seen), sent: true };

const ABOUT_THE_PLAN = /^(Must have an? .* plan|Your plan )/;

/** An answer to a role write. The server validates the whole row, also what was not sent, and says most things with 400. */
function answered(answer: HttpAnswer, change: Change<Access, Member>, client: GrowthBookClient): RoleWrite {
  const { status, where } = answer;
  if (client.isWritten(answer)) return { result: 'applied', sent: true };
  const message = client.message(answer);
  // The row that is read back decides.
  if (status === 200)
    return { result: 'failed', sent: true, error: `${where}: not GrowthBook's answer: ${message}` };
  const error = `${where}: refused (found ${status}, allowed 200): ${message}`;
  if ([401, 402, 403].includes(status) || (status === 400 && ABOUT_THE_PLAN.test(message))) {
    return { result: 'failed', error, stopReason: new StopError(error) };
  }
  const unknown = unknownRole(message, change);
  if (unknown !== undefined)
    return { result: 'failed', error, stopReason: new StopError(`${unknown}: ${error}`) };
  if (message.startsWith('Could not find user')) return stale(GONE);
  if (message.startsWith("Unable to update the user's role")) return { result: 'failed', sent: true, error };
  if (status === 400 || status === 422) {
    const cure =
      'fix this row in GrowthBook by hand: its roles, project roles and environment limits must all be valid';
    return { result: 'failed', invalidRow: true, error: `${error}; ${cure}` };
  }
  return { result: 'failed', sent: status >= 500, error };
}

/** What is wrong where the role that is written does not exist: release 5.0.1 puts a bracket after its name. */
function unknownRole(message: string, { to, rule }: Change<Access, Member>): string | undefined {
  const written = to.projectRole ?? to.globalRole;
  if (![`${written} is not a valid role`, `${written}) is not a valid role`].includes(message))
    return undefined;
  return `policy: rule ${rule} gives the role ${written}, which GrowthBook does not have`;
}

/** The result for an error that ends the writing: the deadline, a stop request, a list that can't be read. Any other error is thrown. */
export function stopReasonOf(error: unknown): Error {
  if (error instanceof SourceError || error instanceof NoAnswerError) return new StopError(error.message);
  if (isRunEnd(error)) return error;
  throw error;
}
