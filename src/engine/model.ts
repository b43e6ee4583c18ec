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

/** Why a run cannot do what the rules ask for. */
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
  /** Where one run keeps access in several projects: the one that this is about. */
  readonly project?: string;
  /** Why a person has to look at this account, and the change that the rules ask for (null: it is not known). */
  readonly needsPerson?: { readonly reason: NeedReason; readonly due: string | null };
  /** The environments that the access before was limited to, where it was: no write gives such a limit back. */
  readonly environments?: readonly string[];
  /** A loss that may be a gain as well, since the current access is not known. It counts as both, and is withheld where either is. */
  readonly mayGain?: boolean;
  /** What somebody without an account gets at the first sign-in, in a word. */
  readonly atSignIn?: string;
}

/** The key of a decision within one run: the account, and the project where there are several. */
export const decisionKey = ({ account, project }: Pick<Decision<unknown>, 'account' | 'project'>): string =>
  project === undefined ? account : JSON.stringify([account, project]);

/** A decision that changes something. `row` is the account's row as it was read: the write and the hash are made from it. */
export interface Change<A, R = unknown> extends Decision<A, R> {
  readonly kind: ChangeKind;
  readonly from: A;
  readonly to: A;
  readonly row: R;
}

/** What one source says about a person or an account, in a sentence. `source` is the name of its reading. */
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

/** What a job knows about one person or account. Access is in the target's form; `effective` is what the account can really do. */
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
  /** Every name that it can be asked for by: addresses, user names, ids. */
  readonly names: readonly string[];
  readonly decision: Decision<A, R> | null;
  /** What is known of it. */
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
  /** The change that the rules ask for, where a person has to make it. */
  readonly due?: string | null;
  /** Distinguishes notes of one kind about one account, and is the same in every run. */
  readonly key?: string;
}

/** Access on the target that no rule gives and no run takes away, or that soon ends. `id` is the same in every report. */
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
  /** `sha256:…` over the target's identity and the changes: the same for the same work, whatever order facts came in. */
  readonly hash: string;
}

/** A number that a plan may not exceed. */
export interface Limit {
  readonly name: string;
  readonly found: number;
  readonly allowed: number;
}

/** A reason not to carry a plan out. An overridable one is dropped for the plan whose hash was approved. */
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
  /** When what was read was last changed, by the source's own clock (RFC 3339), where the source says so. */
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
  /** The target refused this one change because of its row: the other changes are not affected. */
  readonly invalidRow?: boolean;
  /** The account is no longer as the plan read it. */
  readonly stale?: boolean;
  /** The account is no longer there. */
  readonly gone?: boolean;
  /** The account's row right before the write. */
  readonly rowBefore?: R;
  /** What somebody else changed since the plan was made, which the write left as it is. */
  readonly changedMeanwhile?: string;
  /** `StopError` or `DeadlineError`: this run makes no further write. */
  readonly stopReason?: Error;
}

/** A change with its result. */
export interface ChangeResult<A, R = unknown> extends WriteResult<R> {
  readonly change: Change<A, R>;
}
