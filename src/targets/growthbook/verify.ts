import { EVENTS } from '../../engine/log-events.ts';
import type { Change, ChangeResult, Note, WriteResult } from '../../engine/model.ts';
import type { Verification } from '../../engine/stages.ts';
import { DeadlineError, messageOf } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Access } from './access.ts';
import type { RowState } from './row-state.ts';
import type { Rows } from './rows.ts';
import type { Member } from './schema.ts';

/** What reading back needs: the list, a way to write once more, and the list as it was before the first write. */
export interface VerifyInput {
  list(): Promise<Rows>;
  write(change: Change<Access, Member>): Promise<WriteResult>;
  rowState(change: Change<Access, Member>, rows: Rows): RowState;
  readonly begun: Rows;
  readonly log: Log;
}

const MOST_REPEATS = 2;

/** Reads back after the last write. Another writer can undo a write that was answered with 200; what was lost is written again, twice at most. */
export async function verifyWrites(
  outcomes: readonly ChangeResult<Access, Member>[],
  input: VerifyInput,
): Promise<Verification<Access, Member>> {
  const now = [...outcomes];
  let stopReason = outcomes.find((outcome) => outcome.stopReason)?.stopReason;
  try {
    for (let repeats = 0; ; repeats += 1) {
      const rows = await input.list();
      const lost = [...now.entries()].filter(([, outcome]) => isLost(outcome, rows, input));
      for (const [index, outcome] of now.entries()) now[index] = verifyOne(outcome, rows, input);
      if (lost.length === 0 || repeats === MOST_REPEATS || stopReason) {
        return {
          results: now,
          ...membershipChanges(input.begun, rows),
          ...(stopReason ? { stopReason } : {}),
        };
      }
      for (const [index, { change }] of lost) {
        if (stopReason) break;
        const written = await writeAgain(change, input);
        now[index] = { change, ...written, ...(written.stopReason ? { result: 'failed' } : {}) };
        stopReason = written.stopReason;
      }
    }
  } catch (error) {
    const unverified = `not verified: ${messageOf(error)}`;
    const told = now.map((one) =>
      one.sent && one.result === 'applied' ? { ...one, error: unverified } : one,
    );
    if (error instanceof DeadlineError) return { results: told, notes: [], failures: [], stopReason: error };
    return { results: told, notes: [], failures: [unverified] };
  }
}

const isLost = (
  { change, sent, result }: ChangeResult<Access, Member>,
  rows: Rows,
  { rowState }: VerifyInput,
) => sent === true && result === 'applied' && rowState(change, rows).is === 'unchanged';

function verifyOne(
  outcome: ChangeResult<Access, Member>,
  rows: Rows,
  { rowState }: VerifyInput,
): ChangeResult<Access, Member> {
  if (!outcome.sent) return outcome;
  const { change } = outcome;
  const seen = rowState(change, rows);
  if (seen.is === 'done') return { change, result: 'applied', sent: true };
  if (outcome.result !== 'applied') return outcome;
  const found =
    seen.is === 'unchanged' ? 'the row is as before: another writer undid it' : `the row is ${seen.because}`;
  return { change, result: 'failed', sent: true, error: `answered with success, but ${found}` };
}

async function writeAgain(change: Change<Access, Member>, { log, write }: VerifyInput): Promise<WriteResult> {
  log.warn(
    { event: EVENTS.writeRepeated, account: change.account, label: change.label },
    'a write was lost and is repeated',
  );
  return await write(change);
}

function membershipChanges(
  before: Rows,
  after: Rows,
): { notes: readonly Note[]; failures: readonly string[] } {
  const gone = [...before.values()].filter(({ id }) => !after.has(id));
  const come = [...after.values()].filter(({ id }) => !before.has(id));
  const noteOf = (kind: string, because: string) => (row: Member) => ({
    kind,
    account: row.id,
    label: row.email,
    because,
  });
  const ids = gone.map(({ id }) => id).join(', ');
  return {
    failures: gone.length > 0 ? [`members vanished from the organisation during this run: ${ids}`] : [],
    notes: [
      ...gone.map(noteOf('vanished', 'was a member when this run began, and is none any more')),
      ...come.map(noteOf('new-member', 'joined during this run; the next one decides')),
    ],
  };
}
