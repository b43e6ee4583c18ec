import type { CallCounts } from '../runtime/calls.ts';
import type { Approval, Mode, Run } from '../runtime/run.ts';
import type { Trouble } from './apply.ts';
import type {
  ChangeKind,
  Decision,
  Kind,
  Limit,
  Note,
  Objection,
  Outcome,
  Plan,
  RestKind,
  Result,
  SourceReading,
  Tried,
} from './model.ts';
import { byText } from './plan.ts';

export type RunOutcome =
  | 'unchanged'
  | 'planned'
  | 'applied'
  | 'skipped'
  | 'refused'
  | 'source-failed'
  | 'invalid-settings'
  | 'invalid-request'
  | 'deadline'
  | 'failed';

/** Process exit code and HTTP status of each outcome. */
export const ENDINGS: Readonly<Record<RunOutcome, { readonly exitCode: number; readonly status: number }>> = {
  unchanged: { exitCode: 0, status: 200 },
  planned: { exitCode: 0, status: 200 },
  applied: { exitCode: 0, status: 200 },
  failed: { exitCode: 1, status: 500 },
  refused: { exitCode: 2, status: 409 },
  'source-failed': { exitCode: 3, status: 502 },
  'invalid-settings': { exitCode: 4, status: 500 },
  'invalid-request': { exitCode: 4, status: 400 },
  skipped: { exitCode: 5, status: 200 },
  deadline: { exitCode: 6, status: 504 },
};

/** One run for machines. The shape is a contract: every key is always there. `startedAt` is RFC 3339. */
export interface Report {
  readonly run: {
    readonly id: string;
    readonly job: string;
    readonly mode: Mode;
    readonly dryRun: boolean;
    readonly startedAt: string;
    readonly durationMs: number;
  };
  readonly outcome: RunOutcome;
  readonly exitCode: number;
  readonly error: string | null;
  readonly approved: Approval | null;
  readonly sources: readonly SourceReading[];
  readonly counts: Readonly<Record<string, number>>;
  readonly limits: readonly Limit[];
  readonly objections: readonly Objection[];
  readonly planHash: string | null;
  readonly changes: readonly ReportedChange[];
  readonly notes: readonly Note[];
  readonly calls: CallCounts;
}

/** One change of the plan with what became of it. `from` and `to` are the target's form of access. */
export interface ReportedChange {
  readonly account: string;
  readonly label: string;
  readonly kind: ChangeKind;
  readonly from: unknown;
  readonly to: unknown;
  readonly rule: number | null;
  readonly because: string;
  readonly groups: readonly string[];
  readonly tried?: readonly Tried[];
  readonly result: Result;
  readonly error?: string;
}

/** All that happened in one run, as the stages left it. */
export interface Story<A> {
  readonly sources: SourceReading[];
  readonly notes: Note[];
  readonly troubles: Trouble[];
  decisions: readonly Decision<A>[];
  plan: Plan<A> | undefined;
  limits: readonly Limit[];
  objections: readonly Objection[];
  outcomes: readonly Outcome<A>[];
  gauges: Readonly<Record<string, number>>;
}

/** A story of which nothing has happened yet. */
export const emptyStory = <A>(): Story<A> => ({
  sources: [],
  notes: [],
  troubles: [],
  decisions: [],
  plan: undefined,
  limits: [],
  objections: [],
  outcomes: [],
  gauges: {},
});

const GRAVEST_FIRST = ['refused', 'deadline', 'failed', 'source-failed'] as const;

/** How a run ended: its gravest trouble, else what became of the changes. */
export function outcomeOf<A>({ troubles, plan, outcomes }: Story<A>, dryRun: boolean): RunOutcome {
  const grave = GRAVEST_FIRST.find((outcome) => troubles.some((trouble) => trouble.outcome === outcome));
  if (grave) return grave;
  if (!plan || plan.changes.length === 0) return 'unchanged';
  if (dryRun) return 'planned';
  return outcomes.some(({ result }) => result === 'applied') ? 'applied' : 'unchanged';
}

/** The outcomes of a plan that is only shown: `planned`, or `withheld` where it may not be carried out. */
export const shown = <A>(plan: Plan<A>, result: 'planned' | 'withheld'): readonly Outcome<A>[] =>
  plan.changes.map((change) => ({ change, result }));

const RESTING: readonly RestKind[] = ['skipped', 'pending-sign-in', 'undecided'];

/** The notes that decisions to leave an account alone amount to. */
export const restingNotes = <A>(decisions: readonly Decision<A>[]): readonly Note[] =>
  decisions
    .filter(({ kind }) => (RESTING as readonly string[]).includes(kind))
    .map(({ kind, account, label, because, tried }) => ({
      kind,
      account,
      label,
      because,
      ...(tried ? { tried } : {}),
    }));

/** One change as the report tells it. */
export function reportedChange<A>({ change, result, error }: Outcome<A>): ReportedChange {
  const { account, label, kind, from, to, rule, because, groups, tried } = change;
  return {
    account,
    label,
    kind,
    from,
    to,
    rule,
    because,
    groups,
    ...(tried ? { tried } : {}),
    result,
    ...(error === undefined ? {} : { error }),
  };
}

/** What a report counts, and how a run ended that never began. */
export interface Reporting {
  readonly kinds: readonly Kind[];
  readonly ending?: Ending | undefined;
}

/** An end that no stage brought about. */
export interface Ending {
  readonly outcome: RunOutcome;
  readonly error: string | null;
}

/** The report of a run. */
export function makeReport<A>(story: Story<A>, run: Run, { kinds, ending }: Reporting): Report {
  const outcome = ending?.outcome ?? outcomeOf(story, run.dryRun);
  const troubles = story.troubles.map(({ message }) => message).join('; ');
  return {
    run: {
      id: run.id,
      job: run.job,
      mode: run.mode,
      dryRun: run.dryRun,
      startedAt: new Date(run.startedAt).toISOString(),
      durationMs: run.clock.now() - run.startedAt,
    },
    outcome,
    exitCode: ENDINGS[outcome].exitCode,
    error: ending ? ending.error : troubles || null,
    approved: run.approve ?? null,
    sources: story.sources.toSorted((a, b) => byText(a.name, b.name)),
    counts: Object.fromEntries(kinds.map((kind) => [kind, countOf(story, kind)])),
    limits: story.limits,
    objections: story.objections,
    planHash: story.plan?.hash ?? null,
    changes: story.outcomes.map(reportedChange),
    notes: story.notes,
    calls: run.calls.counts(),
  };
}

/** How many accounts a kind has. An approval that somebody else was faster with counts as unchanged. */
function countOf<A>({ decisions, outcomes }: Story<A>, kind: Kind): number {
  const found = outcomes.filter(({ result }) => result === 'unchanged').map(({ change }) => change.account);
  const unchanged = new Set(found);
  return decisions.filter((one) => (unchanged.has(one.account) ? 'unchanged' : one.kind) === kind).length;
}
