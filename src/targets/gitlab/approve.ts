import type { Written } from '../../pipeline/model.ts';
import { canonical } from '../../pipeline/plan.ts';
import { DeadlineError, messageOf, StopError } from '../../runtime/errors.ts';
import { type HttpAnswer, NoAnswerError } from '../../runtime/http.ts';
import type { GitlabApi } from './api.ts';
import { identitiesOf, type Named } from './identify.ts';
import { ACTIVE, PENDING } from './resolve.ts';
import type { Account } from './schema.ts';

/** What one approval works with: the account as the plan read it, GitLab up to the end of writing and beyond it, and whom to tell. */
export interface Approving {
  readonly planned: Account;
  readonly provider: string;
  readonly writing: GitlabApi;
  readonly finishing: GitlabApi;
  /** How many approvals were sent by this run. */
  sent(): number;
  /** Called once, at the moment an approval is known to have been carried out by us. */
  approved(): void;
}

const STALE = { result: 'withheld', stale: true } as const;

/** Approves one account: read again, approved, read back. An answer that got lost is looked for in the account, and sent once more at the most. */
export async function approve(about: Approving): Promise<Written> {
  const before = about.sent();
  try {
    const now = await about.writing.account(about.planned.id);
    const changed = whatChanged(about, now);
    if (changed !== undefined) return { ...STALE, error: `stale: ${changed}` };
    return await post(about);
  } catch (error) {
    const sent = about.sent() > before;
    const result = sent || !isEnd(error) ? 'failed' : 'withheld';
    return { result, sent, error: messageOf(error), ...(isEnd(error) ? { halt: error } : {}) };
  }
}

const isEnd = (error: unknown): error is Error =>
  error instanceof DeadlineError || error instanceof StopError;

/** What of an account is no longer as the plan read it; undefined where all is. */
function whatChanged({ planned, provider }: Approving, now: Account | undefined): string | undefined {
  if (!now) return 'gone';
  if (now.state !== PENDING) return `no longer waiting (found ${now.state})`;
  if (now.username !== planned.username) return `renamed (found ${now.username})`;
  const identities = (account: Account): readonly Named[] => identitiesOf(account, { provider });
  return canonical(identities(now)) === canonical(identities(planned)) ? undefined : 'its identity changed';
}

/** Statuses after which an approval may have been carried out all the same. */
const isUncertain = ({ status }: HttpAnswer) => status >= 500 || status === 408;

async function post(about: Approving): Promise<Written> {
  const { planned, writing, finishing } = about;
  const before = about.sent();
  let uncertain = 0;
  let changed: string | undefined;
  const again = async (outcome: HttpAnswer | NoAnswerError) => {
    if (outcome instanceof NoAnswerError || isUncertain(outcome)) uncertain += 1;
    if (uncertain > 1) return false;
    changed = whatChanged(about, await finishing.account(planned.id));
    return changed === undefined;
  };
  const outcome = await answerOrError(() => writing.approve(planned.id, again));
  if (outcome instanceof Error) {
    if (about.sent() === before) throw outcome;
    return await lookFor(about, outcome);
  }
  const { status } = outcome;
  if (isUncertain(outcome) || (status === 409 && uncertain > 0)) return await lookFor(about, outcome);
  if (status === 201) return await readBack(about);
  if (changed !== undefined) return { ...STALE, error: `stale: ${changed}` };
  return refused(outcome, writing);
}

/** An answer, or the error that stands in for it: none came, or the run's time was up before it could be asked for again. */
async function answerOrError(send: () => Promise<HttpAnswer>): Promise<HttpAnswer | Error> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** After an approval that nobody confirmed: the account tells whether it was carried out. One that can't be read was sent all the same, and is told of. */
async function lookFor(about: Approving, outcome: HttpAnswer | Error): Promise<Written> {
  const said = outcome instanceof Error ? outcome.message : about.writing.refusal(outcome, 201);
  const end = isEnd(outcome) ? { halt: outcome } : {};
  const { state, fault } = await stateOf(about);
  if (state === ACTIVE || fault !== undefined) about.approved();
  if (state === ACTIVE) return { result: 'applied', sent: true, ...end };
  const isConflict = !(outcome instanceof Error) && outcome.status === 409;
  if (isConflict && fault === undefined) return { result: 'unchanged', sent: true };
  const error = `${said}; read afterwards, the account is ${fault ?? state}`;
  return { result: 'failed', sent: true, error, ...end };
}

/** After a 201: whatever the account says, the approval took place. */
async function readBack(about: Approving): Promise<Written> {
  about.approved();
  const { state, fault } = await stateOf(about);
  if (state === ACTIVE) return { result: 'applied', sent: true };
  return {
    result: 'failed',
    sent: true,
    error: `answered with success, but the account is ${fault ?? state}`,
  };
}

/** The account's state, or why it can't be told. */
async function stateOf({ finishing, planned }: Approving): Promise<{ state?: string; fault?: string }> {
  try {
    const account = await finishing.account(planned.id);
    return { state: account?.state ?? 'gone' };
  } catch (error) {
    return { fault: `unreadable (${messageOf(error)})` };
  }
}

/** An answer other than 201. 422 is about this account alone; 401 and 403 are about us. */
function refused(answer: HttpAnswer, api: GitlabApi): Written {
  const { status } = answer;
  if (status === 409) return { result: 'unchanged' };
  if (status === 404) return { ...STALE, error: 'stale: gone' };
  const error = api.refusal(answer, 201);
  if (status === 401 || status === 403) return { result: 'failed', error, halt: new StopError(error) };
  return { result: 'failed', error, rowFault: status === 422 };
}
