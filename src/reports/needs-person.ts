import type { NeedReason } from '../engine/model.ts';
import type { RunState } from '../engine/run-state.ts';

/** An account that a person has to look at, because no run can carry out what the rules ask for. `due` is the desired change, or null if it is not known. */
export interface NeedsPerson {
  readonly reason: NeedReason;
  readonly account: string | null;
  readonly label: string;
  readonly because: string;
  readonly due: string | null;
}

const NOTES_FOR_PEOPLE: Readonly<Record<string, NeedReason>> = {
  'team-granted': 'team-granted',
  ambiguous: 'ambiguous',
};

/** All accounts that a person has to look at. */
export function needsPersonIn({ decisions, notes }: RunState<unknown>): readonly NeedsPerson[] {
  const decided = decisions.flatMap(({ account, label, because, needsPerson }) =>
    needsPerson ? [{ account, label, because, ...needsPerson }] : [],
  );
  const noted = notes.flatMap(({ kind, account, label, because, due = null }) => {
    const reason = NOTES_FOR_PEOPLE[kind];
    return reason === undefined ? [] : [{ reason, account, label, because, due }];
  });
  return [...decided, ...noted];
}
