import { EVENTS } from '../../pipeline/events.ts';
import type { Change, Note, Outcome, Settled, Written } from '../../pipeline/model.ts';
import { DeadlineError, messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Access } from './access.ts';
import type { Standing } from './row.ts';
import type { Rows } from './target.ts';

/** What reading back needs: the list, a way to write once more, and the list as it was before the first write. */
export interface Settling {
  list(): Promise<Rows>;
  write(change: Change<Access>): Promise<Written>;
  standing(change: Change<Access>, rows: Rows): Standing;
  readonly begun: Rows;
  readonly log: Log;
}

const MOST_REPEATS = 2;

/** Reads back after the last write. Another writer can undo a write that was answered with 200; what was lost is written again, twice at most. */
export async function settle(
  outcomes: readonly Outcome<Access>[],
  settling: Settling,
): Promise<Settled<Access>> {
  const now = [...outcomes];
  try {
    for (let repeats = 0; ; repeats += 1) {
      const rows = await settling.list();
      const lost = [...now.entries()].filter(([, outcome]) => isLost(outcome, rows, settling));
      for (const [index, outcome] of now.entries()) now[index] = verified(outcome, rows, settling);
      if (lost.length === 0 || repeats === MOST_REPEATS || outcomes.some(({ halt }) => halt)) {
        return { outcomes: now, ...comingsAndGoings(settling.begun, rows) };
      }
      for (const [index, { change }] of lost) now[index] = { change, ...(await repeated(change, settling)) };
    }
  } catch (error) {
    const unverified = `not verified: ${messageOf(error)}`;
    const told = now.map((one) =>
      one.sent && one.result === 'applied' ? { ...one, error: unverified } : one,
    );
    if (error instanceof DeadlineError) return { outcomes: told, notes: [], failures: [], halt: error };
    return { outcomes: told, notes: [], failures: [unverified] };
  }
}

const isLost = ({ change, sent, result }: Outcome<Access>, rows: Rows, { standing }: Settling) =>
  sent === true && result === 'applied' && standing(change, rows).is === 'as-read';

function verified(outcome: Outcome<Access>, rows: Rows, { standing }: Settling): Outcome<Access> {
  if (!outcome.sent) return outcome;
  const { change } = outcome;
  const seen = standing(change, rows);
  if (seen.is === 'as-planned') return { change, result: 'applied', sent: true };
  if (outcome.result !== 'applied') return outcome;
  const found =
    seen.is === 'as-read' ? 'the row is as before: another writer undid it' : `the row is ${seen.because}`;
  return { change, result: 'failed', sent: true, error: `answered with success, but ${found}` };
}

async function repeated(change: Change<Access>, { log, write }: Settling): Promise<Written> {
  log.warn(
    { event: EVENTS.writeRepeated, account: change.account, label: change.label },
    'a write was lost and is repeated',
  );
  return await write(change);
}

function comingsAndGoings(
  before: Rows,
  after: Rows,
): { notes: readonly Note[]; failures: readonly string[] } {
  const gone = [...before.values()]
    .filter(({ id }) => !after.has(id))
    .map(({ id, email }) => `${email} (${id})`);
  const come = [...after.values()].filter(({ id }) => !before.has(id));
  return {
    failures:
      gone.length > 0 ? [`members vanished from the organisation during this run: ${gone.join(', ')}`] : [],
    notes: come.map(({ id, email }) => ({
      kind: 'new-member',
      account: id,
      label: email,
      because: 'joined during this run; the next one decides',
    })),
  };
}
