import type { Change, WriteResult } from '../../engine/model.ts';
import { allSources } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run.ts';
import type { Reading, Target } from '../../engine/stages.ts';
import { DeadlineError, SourceError, StopError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { NoAnswerError } from '../../platform/http-client.ts';
import type { Access, AccessRules } from './access.ts';
import {
  createGrowthBookClient,
  createGrowthBookRateLimiter,
  type GrowthBookClient,
  type GrowthBookSettings,
} from './client.ts';
import { roleUpdate } from './role-update.ts';
import { type RowState, rowStateOf } from './row-state.ts';
import { byId, type Rows } from './rows.ts';
import type { Member, Team } from './schema.ts';
import { verifyWrites } from './verify.ts';

/** GrowthBook as read and as written. Writes are serial: the server rewrites its whole member list on each. */
export interface GrowthBook extends Target<Access, Member> {
  read(): Promise<Reading<{ readonly members: readonly Member[]; readonly teams: readonly Team[] }>>;
}

/** The end of the run's time that is kept for reading back: a tenth of it, 20 s at most. */
const reserve = (run: Run) => Math.min(20_000, run.deadline.left() / 10);

/** How long a listing may be built on: what others changed on other projects since would be undone. */
const FRESH_MS = 10_000;

/** What an error means that ends the writing: the run's time, a wish to stop, a list that can't be read. Any other is thrown. */
function stopReasonOf(error: unknown): Error {
  if (error instanceof SourceError) return new StopError(error.message);
  if (error instanceof DeadlineError || error instanceof StopError) return error;
  throw error;
}

async function asSource<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof NoAnswerError ? new SourceError(error.message) : error;
  }
}

/** GrowthBook for one run. */
export function createGrowthBookTarget(
  settings: GrowthBookSettings,
  rules: AccessRules,
  run: Run,
): GrowthBook {
  const rateLimiter = createGrowthBookRateLimiter(settings, run);
  const collecting = createGrowthBookClient(settings, run, rateLimiter);
  const writing = createGrowthBookClient(
    settings,
    { ...run, deadline: run.deadline.sooner(reserve(run)) },
    rateLimiter,
  );
  const settling = createGrowthBookClient(
    settings,
    { ...run, deadline: run.deadline.finishing() },
    rateLimiter,
  );
  let begun: Rows = new Map();
  let seen: { readonly rows: Rows; readonly at: number } = { rows: begun, at: Number.NEGATIVE_INFINITY };
  const look = async () => {
    seen = { rows: byId(await writing.members()), at: run.clock.now() };
    return seen.rows;
  };
  const rowState = (change: Change<Access, Member>, rows: Rows): RowState =>
    rowStateOf(change, { now: rows.get(change.account), project: rules.project });
  const writerWith = (client: GrowthBookClient) => (change: Change<Access, Member>) =>
    writeOnce(change, { client, rowState, body: roleUpdate(change.row, change.to, rules) });
  return {
    read: async () => {
      const [, members, teams] = await allSources([
        collecting.checkProject(),
        collecting.members(),
        collecting.teams(),
      ]);
      return { facts: { members, teams }, entries: members.length, version: null };
    },
    begin: async () => {
      begun = await asSource(look);
    },
    write: async (change) => {
      try {
        const rows = run.clock.now() - seen.at > FRESH_MS ? await asSource(look) : seen.rows;
        return withoutWriting(rowState(change, rows)) ?? (await writerWith(writing)(change));
      } catch (error) {
        const stopReason = stopReasonOf(error);
        return { result: 'withheld', stopReason, error: stopReason.message };
      }
    },
    verify: (outcomes) =>
      verifyWrites(outcomes, {
        list: async () => byId(await settling.members()),
        write: writerWith(settling),
        rowState,
        begun,
        log: run.log,
      }),
  };
}

/** What a row says before anything is sent; undefined where a request is due. */
function withoutWriting(state: RowState): WriteResult | undefined {
  if (state.is === 'done') return { result: 'applied' };
  if (state.is === 'conflict') return { result: 'withheld', stale: true, error: `stale: ${state.because}` };
  return undefined;
}

interface WriteInput {
  readonly client: GrowthBookClient;
  readonly body: unknown;
  rowState(change: Change<Access, Member>, rows: Rows): RowState;
}

/** One change: sent, and where the answer is lost sent again after reading the list. */
async function writeOnce(
  change: Change<Access, Member>,
  { client, body, rowState }: WriteInput,
): Promise<WriteResult> {
  let sent = false;
  let seen: RowState = { is: 'unchanged' };
  const onSent = () => {
    sent = true;
  };
  const shouldRetry = async () => {
    seen = rowState(change, byId(await client.members()));
    return seen.is === 'unchanged';
  };
  try {
    const answer = await client.writeRole(change.account, body, { onSent, shouldRetry });
    return withoutWritingAgain(seen) ?? answered(answer, client);
  } catch (error) {
    if (error instanceof NoAnswerError) {
      return withoutWritingAgain(seen) ?? { result: 'failed', sent, error: error.message };
    }
    const stopReason = stopReasonOf(error);
    return { result: sent ? 'failed' : 'withheld', sent, stopReason, error: stopReason.message };
  }
}

function withoutWritingAgain(seen: RowState): WriteResult | undefined {
  const written = withoutWriting(seen);
  return written && { ...written, sent: true };
}

const ABOUT_THE_PLAN = /^(Must have an? .* plan|Your plan )/;

/** An answer to a role write. The server validates the whole row, also what was not sent, and says most things with 400. */
function answered(answer: HttpAnswer, client: GrowthBookClient): WriteResult {
  const { status, where } = answer;
  if (status === 200) return { result: 'applied', sent: true };
  const message = client.message(answer);
  const error = `${where}: refused (found ${status}, allowed 200): ${message}`;
  if ([401, 402, 403].includes(status) || (status === 400 && ABOUT_THE_PLAN.test(message))) {
    return { result: 'failed', error, stopReason: new StopError(error) };
  }
  if (message.startsWith('Could not find user')) {
    return { result: 'withheld', stale: true, error: 'stale: no longer a member' };
  }
  if (message.startsWith("Unable to update the user's role")) return { result: 'failed', sent: true, error };
  if (status === 400 || status === 422) {
    const cure =
      'fix this row in GrowthBook by hand: its roles, project roles and environment limits must all be valid';
    return { result: 'failed', invalidRow: true, error: `${error}; ${cure}` };
  }
  return { result: 'failed', sent: status >= 500, error };
}
