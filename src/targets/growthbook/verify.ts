import { EVENTS } from '../../engine/log-events.ts';
import type { Change, ChangeResult, Note, WriteResult } from '../../engine/model.ts';
import type { Verification } from '../../engine/stage-types.ts';
import { DeadlineError, messageOf } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Access, AccessRules, RulesOf } from './access.ts';
import { afterWrite } from './role-update.ts';
import { compareRows } from './row-state.ts';
import type { Rows } from './rows-by-id.ts';
import { labelOf, type Member } from './schema.ts';

/** Reads back after the last write. Another writer can undo a write that was answered with 200; what was lost is written again, twice at most. */
export async function verifyWrites(
  results: readonly Result[],
  input: VerifyInput,
): Promise<Verification<Access, Member>> {
  const now = [...results];
  let stopReason = results.find((result) => result.stopReason)?.stopReason;
  try {
    for (let repeats = 0; ; repeats += 1) {
      const rows = await input.list();
      const last = new Map(now.filter(({ sent }) => sent).map((one) => [one.change.account, one]));
      const states = now.map((result) =>
        stateOf(result, rows, {
          rules: input.rules(result.change),
          isLast: last.get(result.change.account) === result,
        }),
      );
      const lost = now.flatMap(({ result, change }, index) =>
        states[index]?.isLost && result === 'applied' ? [{ index, change }] : [],
      );
      for (const [index, result] of now.entries()) now[index] = verified(result, states[index]);
      if (lost.length === 0 || repeats === MOST_REPEATS || stopReason) {
        const changes = membershipChanges(input.before, rows);
        return { results: now, ...changes, ...(stopReason ? { stopReason } : {}) };
      }
      for (const { index, change } of lost) {
        if (stopReason) break;
        const written = await writeAgain(change, input);
        now[index] = { change, ...written, ...(written.stopReason ? { result: 'failed' } : {}) };
        stopReason = written.stopReason;
      }
    }
  } catch (error) {
    const unverified = `not verified: ${messageOf(error)}`;
    const marked = now.map((one) =>
      one.sent && one.result === 'applied' ? { ...one, error: unverified } : one,
    );
    if (error instanceof DeadlineError)
      return { results: marked, notes: [], failures: [], stopReason: error };
    return { results: marked, notes: [], failures: [unverified] };
  }
}

/** What reading back needs: the list, a function that writes again, and the members before the first write. */
export interface VerifyInput {
  list(): Promise<Rows>;
  write(change: Change<Access, Member>): Promise<WriteResult<Member>>;
  readonly before: Rows;
  readonly rules: RulesOf;
  readonly log: Log;
}

type Result = ChangeResult<Access, Member>;

const MOST_REPEATS = 2;

/** A written row as it is now: as planned, where `elsewhere` names what differs although no write of this run touches it, or why it is not. */
type WrittenState =
  | { readonly elsewhere: readonly string[]; readonly isLost?: undefined }
  | { readonly because: string; readonly isLost: boolean };

/** Compares every field of a written row with the row as it was right before the write and with the change. */
function stateOf(
  { change, sent, rowBefore }: Result,
  rows: Rows,
  { rules, isLast }: { readonly rules: AccessRules; readonly isLast: boolean },
): WrittenState | undefined {
  if (!sent || !rowBefore) return undefined;
  const now = rows.get(change.account);
  if (!now) return { because: 'the row is no longer there', isLost: false };
  const { planned, elsewhere } = compareRows(now, afterWrite(rowBefore, change.to, rules), rules);
  // A later write to another project can change every field but the entry of this project.
  const own = planned.filter((field) => (isLast ? !NOT_WRITTEN.includes(field) : field === OWN_ENTRY));
  if (own.length === 0) {
    return { elsewhere: [...(isLast ? planned : []), ...elsewhere] };
  }
  const since = compareRows(now, rowBefore, rules).planned.filter((field) => !NOT_WRITTEN.includes(field));
  if (since.length === 0) return { because: 'the row is as before: another writer undid it', isLost: true };
  return { because: `the row is changed since it was written: ${own.join(', ')}`, isLost: false };
}

/** Fields that no role write changes. */
const OWN_ENTRY = 'entry of the project';
const NOT_WRITTEN: readonly string[] = ['email', 'teams', 'managedbyIdp'];

function verified(result: Result, state: WrittenState | undefined): Result {
  if (!state) return result;
  const { change, rowBefore, changedMeanwhile } = result;
  const kept = {
    ...(rowBefore ? { rowBefore } : {}),
    ...(changedMeanwhile === undefined ? {} : { changedMeanwhile }),
  };
  if ('elsewhere' in state) {
    const found = state.elsewhere.join(', ');
    const noted =
      found === '' ? {} : { changedMeanwhile: `changed by somebody else since the write: ${found}` };
    return { change, result: 'applied', sent: true, ...kept, ...noted };
  }
  if (result.result !== 'applied') return result;
  const error = `growthbook answered with success, but ${state.because}`;
  return { change, result: 'failed', sent: true, ...kept, error };
}

async function writeAgain(
  change: Change<Access, Member>,
  { log, write }: VerifyInput,
): Promise<WriteResult<Member>> {
  log.warn(
    { event: EVENTS.writeRepeated, account: change.account, label: change.label },
    'a write was lost and is repeated',
  );
  return await write(change);
}

function membershipChanges(
  before: Rows,
  after: Rows,
): { readonly notes: readonly Note[]; readonly failures: readonly string[] } {
  const gone = [...before.values()].filter(({ id }) => !after.has(id));
  const come = [...after.values()].filter(({ id }) => !before.has(id));
  const noteOf = (kind: string, because: string) => (row: Member) => ({
    kind,
    account: row.id,
    label: labelOf(row),
    because,
  });
  const ids = gone.map(({ id }) => id).join(', ');
  return {
    failures: gone.length > 0 ? [`members vanished from the organisation during this run: ${ids}`] : [],
    notes: [
      ...gone.map(noteOf('vanished', 'was a member when this run began, and no longer is one')),
      ...come.map(noteOf('new-member', 'joined during this run; the next one decides')),
    ],
  };
}
