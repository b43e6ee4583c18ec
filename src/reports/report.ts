/** The report of a run: its shape for machines, and how it is made. */

import {
  type ChangeKind,
  type ChangeResult,
  type Drift,
  decisionKey,
  type Kind,
  type Limit,
  type Note,
  type Objection,
  type Result,
  type RuleAnswer,
  type SourceReading,
} from '../engine/model.ts';
import { OUTCOMES, type RunOutcome } from '../engine/outcome.ts';
import { outcomeOf, type RunState } from '../engine/run-state.ts';
import type { Mode, PlanApproval, Run } from '../engine/run-types.ts';
import { compareText } from '../platform/compare-text.ts';
import type { RequestCounts } from '../platform/request-counts.ts';
import { VERSION } from '../platform/version.ts';
import { type NeedsPerson, needsPersonIn } from './needs-person.ts';
import { type Summary, summaryOf } from './summary.ts';

/** The number of the report's format. It changes only if a key is removed or changes its meaning. */
export const REPORT_FORMAT = 1;

/** The report of one run for machines. Its keys are a contract: every key is always present. `startedAt` is RFC 3339. */
export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly run: {
    readonly id: string;
    readonly job: string;
    readonly mode: Mode;
    readonly dryRun: boolean;
    readonly startedAt: string;
    readonly durationMs: number;
    /** Muster's version. */
    readonly version: string;
    /** The name that the run was restricted to. */
    readonly only: string | null;
    /** The id of the run that was to be undone. */
    readonly undo: string | null;
    /** The id of the run whose recorded facts the plan was made from. */
    readonly facts: string | null;
  };
  /** Where access is kept; null before the settings are read. */
  readonly target: Readonly<Record<string, string>> | null;
  readonly outcome: RunOutcome;
  readonly exitCode: number;
  readonly error: string | null;
  readonly approved: ReportedApproval | null;
  readonly sources: readonly SourceReading[];
  readonly counts: Readonly<Record<string, number>>;
  readonly limits: readonly Limit[];
  readonly objections: readonly Objection[];
  readonly planHash: string | null;
  readonly changes: readonly ReportedChange[];
  readonly notes: readonly Note[];
  readonly calls: RequestCounts;
  readonly summary: Summary;
  readonly needsPerson: readonly NeedsPerson[];
  readonly drift: readonly Drift[];
}

/** The approval that the run was given. `changes` is the number of changes that a plan file approved. */
export interface ReportedApproval extends Pick<PlanApproval, 'hash' | 'reason'> {
  readonly changes?: number;
}

/** One change of the plan with its result. `from` and `to` are the target's form of access. */
export interface ReportedChange {
  readonly account: string;
  /** The project of the change, if the run manages several. */
  readonly project?: string;
  readonly label: string;
  readonly kind: ChangeKind;
  readonly from: unknown;
  readonly to: unknown;
  /** The change of access in a few words. */
  readonly move: string;
  readonly rule: number | null;
  readonly because: string;
  readonly groups: readonly string[];
  /** The environments to which the access before was limited, if it was. */
  readonly environments?: readonly string[];
  readonly tried?: readonly RuleAnswer[];
  readonly result: Result;
  readonly error?: string;
}

/** One change in the report: without the target's row. */
export function reportedChange(
  { change, result, error }: ChangeResult<unknown>,
  describe: Describe,
): ReportedChange {
  const { account, project, label, kind, from, to, rule, because, groups, environments, tried } = change;
  return {
    account,
    ...(project === undefined ? {} : { project }),
    label,
    kind,
    from,
    to,
    move: describe(from, to),
    rule,
    because,
    groups,
    ...(environments ? { environments } : {}),
    ...(tried ? { tried } : {}),
    result,
    ...(error === undefined ? {} : { error }),
  };
}

/** An account that has its desired access. It is not in the JSON, only on the page. */
export interface UnchangedAccount
  extends Pick<ReportedChange, 'account' | 'project' | 'label' | 'rule' | 'because'> {}

/** The accounts that a run leaves as they are. */
export const unchangedIn = ({ decisions }: RunState<unknown>): readonly UnchangedAccount[] =>
  decisions
    .filter(({ kind }) => kind === 'unchanged')
    .map(({ account, project, label, rule, because }) => ({
      account,
      ...(project === undefined ? {} : { project }),
      label,
      rule,
      because,
    }));

/** A change of access in a few words, for people. */
export type Describe = (from: unknown, to: unknown) => string;

/** What a report needs from the job: the kinds of decision that it counts, also with zero, and how to describe a change. */
export interface ReportedJob {
  readonly kinds: readonly Kind[];
  readonly describe: Describe;
}

/** The report of a run. */
export function makeReport(state: RunState<unknown>, run: Run, { kinds, describe }: ReportedJob): Report {
  const outcome = outcomeOf(state, run.dryRun);
  const error = state.errors.map(({ message }) => message).join('; ') || null;
  const needsPerson = needsPersonIn(state);
  return {
    format: REPORT_FORMAT,
    run: {
      id: run.id,
      job: run.job,
      mode: run.mode,
      dryRun: run.dryRun,
      startedAt: new Date(run.startedAt).toISOString(),
      durationMs: Math.round(run.clock.monotonic() - run.startedMonotonic),
      version: VERSION,
      only: run.only ?? null,
      undo: run.undo?.id ?? null,
      facts: run.recorded?.run.id ?? null,
    },
    target: state.target ?? null,
    outcome,
    exitCode: OUTCOMES[outcome].exitCode,
    error,
    approved: reportedApproval(run.approval),
    sources: state.sources.toSorted((a, b) => compareText(a.name, b.name)),
    counts: countsByKind(state, kinds),
    limits: state.limits,
    objections: state.objections,
    planHash: state.plan?.hash ?? null,
    changes: state.results.map((result) => reportedChange(result, describe)),
    notes: state.notes,
    calls: run.requestCounter.counts(),
    summary: summaryOf(state, { outcome, mode: run.mode, needsPerson: needsPerson.length }),
    needsPerson,
    drift: state.drift,
  };
}

function reportedApproval(approval: PlanApproval | undefined): ReportedApproval | null {
  if (!approval) return null;
  const { hash, reason, changes } = approval;
  return { hash, reason, ...(changes ? { changes: changes.length } : {}) };
}

/** Accounts by kind. An approval that somebody else made since the plan counts as unchanged. */
function countsByKind(
  { decisions, results }: RunState<unknown>,
  kinds: readonly Kind[],
): Readonly<Record<string, number>> {
  const unchanged = new Set(
    results.filter(({ result }) => result === 'unchanged').map(({ change }) => decisionKey(change)),
  );
  const counts = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  for (const decision of decisions) {
    const counted = unchanged.has(decisionKey(decision)) ? 'unchanged' : decision.kind;
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
  }
  return Object.fromEntries(kinds.map((kind) => [kind, counts.get(kind) ?? 0]));
}
