import { EVENTS } from '../../pipeline/events.ts';
import type { Change, Note, Outcome, Settled, Written } from '../../pipeline/model.ts';
import { DeadlineError, messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Access } from './access.ts';
import type { Standing } from './row.ts';
import type { Member } from './schema.ts';
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
  let halt = outcomes.find((outcome) => outcome.halt)?.halt;
  try {
    for (let repeats = 0; ; repeats += 1) {
      const rows = await settling.list();
      const lost = [...now.entries()].filter(([, outcome]) => isLost(outcome, rows, settling));
      for (const [index, outcome] of now.entries()) now[index] = verified(outcome, rows, settling);
      if (lost.length === 0 || repeats === MOST_REPEATS || halt) {
        return { outcomes: now, ...comingsAndGoings(settling.begun, rows), ...(halt ? { halt } : {}) };
      }
      for (const [index, { change }] of lost) {
        if (halt) break;
        const written = await repeated(change, settling);
        now[index] = { change, ...written, ...(written.halt ? { result: 'failed' } : {}) };
        halt = written.halt;
      }
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
