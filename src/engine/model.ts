/** The values that a run is made of: decisions, changes, plans, objections, results. */

/** The kinds of change, in the order in which they are carried out: losses before gains. */
export const CHANGE_KINDS = ['revoke', 'downgrade', 'upgrade', 'grant', 'approve'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** The kinds of decision that change nothing. */
export type NoChangeKind = 'unchanged' | 'skipped' | 'pending-sign-in' | 'undecided';
export type Kind = ChangeKind | NoChangeKind;

/** Whether a change takes access away. */
export const isLoss = (kind: Kind): boolean => kind === 'revoke' || kind === 'downgrade';

/** Whether a change gives access, or may do so. */
export const canGive = ({ kind, mayGain }: Pick<Decision<unknown>, 'kind' | 'mayGain'>): boolean =>
  mayGain === true || !isLoss(kind);

/** One rule evaluated for one account, and its answer. */
export interface RuleAnswer {
  readonly rule: number;
  readonly answer: 'yes' | 'no' | 'failed' | 'off';
}

/** Why a run cannot carry out what the rules ask for. */
export type NeedReason =
  | 'protected'
  | 'provider-managed'
  | 'ambiguous'
  | 'unwritable'
  | 'team-granted'
  | 'changed-since'
  | 'unknown';

/**
 * What was decided for one account, and why. `A` is the target's form of access, `R` the target's row;
 * `account` is its id there, `label` its name for people. `row` is null where there is no account yet.
 */
export interface Decision<A, R = unknown> {
  readonly account: string;
  readonly label: string;
  readonly kind: Kind;
  readonly from: A | null;
  readonly to: A | null;
  readonly rule: number | null;
  readonly because: string;
  readonly groups: readonly string[];
  readonly tried?: readonly RuleAnswer[];
  readonly row: R | null;
  /** The project of this decision, if the run manages several projects. */
  readonly project?: string;
  /** Why a person has to look at this account, and the change that the rules ask for (null: it is not known). */
  readonly needsPerson?: { readonly reason: NeedReason; readonly due: string | null };
  /** What the rules ask for, where it is not carried out. */
  readonly desired?: unknown;
  /** The environments to which the access before was limited, if it was: no write restores such a limit. */
  readonly environments?: readonly string[];
  /** A loss that may be a gain as well, since the current access is not known. It counts as both, and is withheld where either is. */
  readonly mayGain?: boolean;
  /** The role that a person without an account gets at the first sign-in. */
  readonly atSignIn?: string;
}

/** The key of a decision within one run: the account, and the project where there are several. */
export const decisionKey = ({ account, project }: Pick<Decision<unknown>, 'account' | 'project'>): string =>
  project === undefined ? account : JSON.stringify([account, project]);

/** A decision that changes something. `row` is the account's row as it was read; the write and the hash use it. */
export interface Change<A, R = unknown> extends Decision<A, R> {
  readonly kind: ChangeKind;
  readonly from: A;
  readonly to: A;
  readonly row: R;
}

/** A sentence of one source about a person or an account. `source` is the name of the source. */
export interface Statement {
  readonly source: string;
  readonly says: string;
}

/** A rule's answer about one person. `missing` is what a no needs to become a yes. */
export interface ExplainedRule {
  readonly rule: number;
  readonly description: string | null;
  readonly answer: 'yes' | 'no' | 'off' | 'failed';
  readonly because: string;
  readonly missing: readonly string[];
}

/** What a job knows about one person or account. Access is in the target's form; `effective` is the access that is in force. */
export interface Explained {
  readonly person: Readonly<Record<string, unknown>> | null;
  readonly account: Readonly<Record<string, unknown>> | null;
  readonly statements: readonly Statement[];
  readonly rules: readonly ExplainedRule[];
  readonly current: unknown;
  readonly effective: unknown;
  readonly desired: unknown;
  /** What people can do about it, in words for people who are not administrators. */
  readonly advice: readonly string[];
}

/** A person, an account, or both: what a question can be about. */
export interface Subject<A, R = unknown> {
  /** Every name by which a question can find it: addresses, user names, ids. */
  readonly names: readonly string[];
  readonly decision: Decision<A, R> | null;
  /** What is known about it. */
  explain(): Explained;
}

/** Something that a reader should know and that is not a change. */
export interface Note {
  readonly kind: string;
  readonly account: string | null;
  readonly project?: string;
  readonly label: string;
  readonly because: string;
  readonly tried?: readonly RuleAnswer[];
  /** The change that the rules ask for, if a person has to make it. */
  readonly due?: string | null;
  /** Distinguishes notes of one kind about one account, and is the same in every run. */
  readonly key?: string;
}

/** Access on the target that no rule gives and no run removes, or that ends soon. `id` is the same in every report. */
export interface Drift {
  readonly id: string;
  readonly kind: string;
  readonly account: string | null;
  readonly label: string;
  readonly because: string;
}

/** A note about no account in particular. */
export const noteAbout = (kind: string, label: string, because: string): Note => ({
  kind,
  account: null,
  label,
  because,
});

/** The whole difference between current and desired access, before the first write. */
export interface Plan<A, R = unknown> {
  readonly changes: readonly Change<A, R>[];
  /** `sha256:…` of the target's identity and the changes. It does not depend on the order in which facts were read. */
  readonly hash: string;
}

/** A number that a plan may not exceed. */
export interface Limit {
  readonly name: string;
  readonly found: number;
  readonly allowed: number;
}

/** A reason not to carry a plan out. If the plan's hash was approved, overridable ones are ignored. */
export interface Objection {
  readonly name: string;
  readonly found: number | string;
  readonly allowed: number | string;
  readonly message: string;
  readonly overridable: boolean;
}

/** All limits of a plan, and every objection to carrying it out. */
export interface SafetyReport {
  readonly limits: readonly Limit[];
  readonly objections: readonly Objection[];
}

/** One source as it was read: number of entries, version, age, duration in milliseconds. */
export interface SourceReading {
  readonly name: string;
  readonly entries: number;
  readonly version: string | null;
  /** When the source's data last changed, by the source's own clock (RFC 3339); null if the source does not say it. */
  readonly asOf: string | null;
  readonly durationMs: number;
}

export type Result = 'planned' | 'applied' | 'withheld' | 'failed' | 'unchanged';

/** The result of writing one change. `R` is the target's row. */
export interface WriteResult<R = unknown> {
  readonly result: Result;
  readonly error?: string;
  /** A request that writes was sent, so something may have changed. */
  readonly sent?: boolean;
  /** When the target is known to have carried the change out, in milliseconds since 1970. */
  readonly doneAt?: number;
  /** The target refused this change because of the account's row: other changes are not affected. */
  readonly invalidRow?: boolean;
  /** The account has changed since the plan read it. */
  readonly stale?: boolean;
  /** The account no longer exists. */
  readonly gone?: boolean;
  /** The account's row right before the write. */
  readonly rowBefore?: R;
  /** What somebody else changed since the plan was made. The write keeps it. */
  readonly changedMeanwhile?: string;
  /** `StopError` or `DeadlineError`: this run makes no further write. */
  readonly stopReason?: Error;
}

/** A change with its result. */
export interface ChangeResult<A, R = unknown> extends WriteResult<R> {
  readonly change: Change<A, R>;
}
