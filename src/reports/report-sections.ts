/** The sections of a report that several of its representations share. */

import { CHANGE_KINDS, type ChangeKind, type Note, type SourceReading } from '../engine/model.ts';
import type { Report, ReportedChange } from './report.ts';

/** A section of a report: the changes of one kind under their heading. */
export interface ChangeGroup {
  readonly kind: ChangeKind;
  readonly title: string;
  readonly changes: readonly ReportedChange[];
}

const TITLES: Readonly<Record<ChangeKind, string>> = {
  revoke: 'Lose access',
  downgrade: 'Get less access',
  upgrade: 'Get more access',
  grant: 'Get access',
  approve: 'Get approved',
};

/** The changes by kind, losses first. A kind without changes is left out. */
export const changeGroups = ({ changes }: Report): readonly ChangeGroup[] =>
  CHANGE_KINDS.map((kind) => ({
    kind,
    title: TITLES[kind],
    changes: changes.filter((change) => change.kind === kind),
  })).filter((group) => group.changes.length > 0);

/** Why a change is made, with the rule. */
export const reasonOf = ({ rule, because }: Pick<ReportedChange, 'rule' | 'because'>): string =>
  `${rule === null ? '' : `rule ${rule}: `}${because}`;

/** Why a person has to look at an account. The desired change is left out, because it has its own field. */
export const needText = ({ because, due }: Pick<Report['needsPerson'][number], 'because' | 'due'>): string =>
  due === null ? because : because.replace(`; desired ${due}: `, '; ');

/** The error of a run; null if its objections say the same. */
export const errorBeside = ({ error, objections }: Pick<Report, 'error' | 'objections'>): string | null =>
  error === objections.map(({ message }) => message).join('; ') ? null : error;

/** The result of a change in words; empty for one that is only planned. */
export const resultOf = ({ result, error }: ReportedChange): string =>
  result === 'planned' ? '' : `${result}${error ? `: ${error}` : ''}`;

/** One line of a group: a change, or many changes with the same reason. */
export type ChangeLine =
  | { readonly change: ReportedChange }
  | { readonly count: number; readonly reason: string; readonly labels: readonly string[] };

const FEW = 20;

/** The lines of a group. Beyond twenty changes, those with the same reason and result are one line. */
export function linesOf({ changes }: ChangeGroup): readonly ChangeLine[] {
  if (changes.length <= FEW) return changes.map((change) => ({ change }));
  const groups = Map.groupBy(changes, (change) =>
    JSON.stringify([anonymous(change), change.move, resultOf(change)]),
  );
  return [...groups.values()].map((same): ChangeLine => {
    const [change] = same;
    if (!change || same.length === 1) return { change: same[0] as ReportedChange };
    const result = resultOf(change);
    const reason = `${change.move}, ${anonymous(change)}${result === '' ? '' : ` [${result}]`}`;
    return { count: same.length, reason, labels: same.map(({ label }) => label) };
  });
}

/** A reason without the name of the person at its beginning. */
function anonymous(change: ReportedChange): string {
  const { label, account, because } = change;
  const names = [label.split('@', 1)[0] ?? label, account.replace(/^u_/, ''), account, label];
  const [first = ''] = because.split(' ', 1);
  const isName = names.some((name) => name.toLowerCase() === first.toLowerCase());
  return reasonOf({ ...change, because: isName ? because.slice(first.length + 1) : because });
}

/** Kinds of notes that are in another section of the report. */
const ELSEWHERE = ['pending-sign-in', 'team-granted', 'ambiguous'];

/** The notes that are neither about people to look at nor about people who have not signed in. */
export function otherNotes({ notes, needsPerson }: Report): readonly Note[] {
  const needed = new Set(needsPerson.map(({ account }) => account));
  return notes.filter(
    ({ kind, account }) => !ELSEWHERE.includes(kind) && !(kind === 'skipped' && needed.has(account)),
  );
}

/** The notes about people who get access at their first sign-in. */
export const pendingNotes = ({ notes }: Report): readonly Note[] =>
  notes.filter(({ kind }) => kind === 'pending-sign-in');

/** The commands that approve exactly this plan, on a terminal and over HTTP; undefined if no approval would carry it out. */
export function approveCommands({
  run: { job, only, undo },
  outcome,
  objections,
  planHash,
}: Report): { readonly terminal: string; readonly curl: string | null } | undefined {
  const canApprove = outcome === 'refused' && objections.every(({ overridable }) => overridable);
  if (!canApprove || planHash === null) return undefined;
  const approval = `--approve ${planHash} --reason 'WHY'`;
  if (undo !== null)
    return { terminal: `MODE=enforce muster ${job} undo ${shellQuoted(undo)} ${approval}`, curl: null };
  const restricted = only === null ? '' : ` --only ${shellQuoted(only)}`;
  const body = JSON.stringify({ approve: planHash, reason: 'WHY', ...(only === null ? {} : { only }) });
  return {
    terminal: `MODE=enforce muster ${job} apply${restricted} ${approval}`,
    curl: `curl -X POST -H "Authorization: Bearer $(gcloud auth print-identity-token)" -d ${shellQuoted(body)} "$FUNCTION_URL"`,
  };
}

/** A text quoted for a shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** When and by what version the report was made. */
export const stampOf = ({ run }: Report): string => `${timeText(run.startedAt)}, Muster ${run.version}`;

/** A time to the minute, for people. */
export const timeText = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;

/** The target as `name value` pairs. */
export const targetOf = ({ target }: Report): string =>
  target === null
    ? ''
    : Object.entries(target)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ');

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A duration in milliseconds in its largest whole unit: `3 d`, `2 h`, `0 s`. */
export function durationText(ms: number): string {
  const [unit, size] = UNITS.find((one) => ms >= one[1]) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** What was read of a source in words; `asOf` has its age when the run began. Empty where the source does not say. */
export function sourceFacts(
  { entries, version, asOf }: Pick<SourceReading, 'entries' | 'version' | 'asOf'>,
  { run }: Pick<Report, 'run'>,
): { readonly entries: string; readonly version: string; readonly asOf: string } {
  const age = asOf === null ? Number.NaN : Date.parse(run.startedAt) - Date.parse(asOf);
  const old = Number.isNaN(age) ? '' : `, ${durationText(age)} old`;
  return {
    entries: `${entries} ${entries === 1 ? 'entry' : 'entries'}`,
    version: version ?? '',
    asOf: asOf === null ? '' : `${asOf.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC')}${old}`,
  };
}
