/** The kinds of change, in the order in which they are carried out: access is lost before it is given. */
export const CHANGE_KINDS = ['revoke', 'downgrade', 'upgrade', 'grant', 'approve'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** The kinds of no change. */
export type RestKind = 'unchanged' | 'skipped' | 'pending-sign-in' | 'undecided';
export type Kind = ChangeKind | RestKind;

/** Whether a change takes access away. */
export const isLoss = (kind: Kind): boolean => kind === 'revoke' || kind === 'downgrade';

/** One rule asked of one account, and its answer. */
export interface Tried {
  readonly rule: number;
  readonly answer: 'yes' | 'no' | 'failed' | 'off';
}

/** What was decided for one account, and why. `A` is the target's form of access; `account` is its id there, `label` its name for people. */
export interface Decision<A> {
  readonly account: string;
  readonly label: string;
  readonly kind: Kind;
  readonly from: A | null;
  readonly to: A | null;
  readonly rule: number | null;
  readonly because: string;
  readonly groups: readonly string[];
  readonly tried?: readonly Tried[];
}

/** A decision that changes something. */
export interface Change<A> extends Decision<A> {
  readonly kind: ChangeKind;
  readonly from: A;
  readonly to: A;
}

/** Something a reader should know that is no change. */
export interface Note {
  readonly kind: string;
  readonly account: string | null;
  readonly label: string;
  readonly because: string;
  readonly tried?: readonly Tried[];
}

/** The whole difference between what is held and what is due, before the first write. */
export interface Plan<A> {
  readonly changes: readonly Change<A>[];
  /** `sha256:…` over the target's identity and the changes: the same for the same work, whatever order facts came in. */
  readonly hash: string;
}

/** A number that a plan may not exceed. */
export interface Limit {
  readonly name: string;
  readonly found: number;
  readonly allowed: number;
}

/** A reason not to carry a plan out. An overridable one stands aside for the plan whose hash was approved. */
export interface Objection {
  readonly name: string;
  readonly found: number | string;
  readonly allowed: number | string;
  readonly message: string;
  readonly overridable: boolean;
}

/** Everything that safety has to say of a plan. */
export interface Verdict {
  readonly limits: readonly Limit[];
  readonly objections: readonly Objection[];
}

/** One source as it was read: how many entries, which version, how long it took. */
export interface SourceReading {
  readonly name: string;
  readonly entries: number;
  readonly version: string | null;
  readonly durationMs: number;
}

/** A source read whole. `version` names what was read, where it has a name. */
export interface Reading<T> {
  readonly facts: T;
  readonly entries: number;
  readonly version: string | null;
}

/** Where collect puts down what it learns on the way, so that a run that fails still tells it. */
export interface Recorder {
  source(reading: SourceReading): void;
  note(note: Note): void;
  /** A source whose lack leaves some accounts undecided: the run goes on and ends as `source-failed`. */
  failure(message: string): void;
}

export type Result = 'planned' | 'applied' | 'withheld' | 'failed' | 'unchanged';

/** What became of one change. */
export interface Written {
  readonly result: Result;
  readonly error?: string;
  /** A request that writes was sent, so that something may have changed. */
  readonly sent?: boolean;
  /** The target refused this one change for what its row is: no sign of trouble for the others. */
  readonly rowFault?: boolean;
  /** The account is no longer as the plan read it. */
  readonly stale?: boolean;
  /** `StopError` or `DeadlineError`: nothing more is to be written by this run. */
  readonly halt?: Error;
}

/** A change with what became of it. */
export interface Outcome<A> extends Written {
  readonly change: Change<A>;
}

/** The end of apply: what became of each change, what else went wrong, what else is to be known. */
export interface Settled<A> {
  readonly outcomes: readonly Outcome<A>[];
  readonly failures: readonly string[];
  readonly notes: readonly Note[];
  /** What broke the reading back off. */
  readonly halt?: Error;
}

/** Where access is kept, as apply sees it. */
export interface Target<A> {
  /** Right before the first write: reads again what the plan was made from. What it throws ends the run with no write. */
  begin(): Promise<void>;
  /** Carries one change out, or says why not; throws nothing that is foreseen. */
  write(change: Change<A>): Promise<Written>;
  /** After the last write: reads back, mends what was lost, records what was done. */
  settle(outcomes: readonly Outcome<A>[]): Promise<Settled<A>>;
}

/** What a job brings to the pipeline: one function for each stage. All but `collect` and `target` are pure. */
export interface Stages<F, A> {
  collect(recorder: Recorder): Promise<F>;
  resolve(facts: F): Resolved<A>;
  readonly identity: Identity<A>;
  judge(resolved: Resolved<A>, facts: F): Verdict;
  readonly target: Target<A>;
  /** Figures for dashboards. */
  gauges(resolved: Resolved<A>, facts: F): Readonly<Record<string, number>>;
  /** A move from one access to another in a few words, for a terminal. */
  describe(from: A, to: A): string;
}

/** One decision for each account, and what else is to be known. */
export interface Resolved<A> {
  readonly decisions: readonly Decision<A>[];
  readonly notes: readonly Note[];
}

/** How a job's plan is ordered and hashed. */
export interface Identity<A> {
  /** Names the target: a plan for one is no plan for another. */
  readonly target: Readonly<Record<string, string>>;
  /** Orders changes of one kind. */
  readonly compare: (a: Change<A>, b: Change<A>) => number;
  /** The facts of one change that its approval is for. */
  readonly essence: (change: Change<A>) => Readonly<Record<string, unknown>>;
}
