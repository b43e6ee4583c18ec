import type { Kind, Stages } from './pipeline/model.ts';
import { reconcile } from './pipeline/reconcile.ts';
import { type Ending, emptyStory, type RunOutcome, type Story } from './pipeline/report.ts';
import type { Run } from './runtime/run.ts';
import {
  type Environment,
  oneOf,
  optional,
  plainAddress,
  readSettings,
  type SettingsSpec,
  text,
  type Values,
  webAddress,
  wholeNumber,
} from './runtime/settings.ts';

/** The settings that every job has. `seconds` is the deadline where none is set. */
export const commonSettings = (seconds: number) => ({
  MODE: oneOf('observe', 'enforce')('`observe` never writes; `enforce` lets a `POST` write', 'observe'),
  SYNC_DEADLINE_SECONDS: wholeNumber(1, 1700)(
    'seconds after which a run stops before its next request',
    `${seconds}`,
  ),
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error')('the least severe log line that is written', 'info'),
  GOOGLE_CLOUD_PROJECT: optional(text, 'the project that log lines name as the home of their trace'),
  USER_AGENT: text(
    'what requests say of who sends them; Wikimedia asks for a way to reach you in it',
    'muster',
  ),
  LEASE_BUCKET: optional(
    text,
    'a Cloud Storage bucket whose object `JOB.json` lets one enforcing run work at a time',
  ),
  LEASE_SECONDS: optional(
    wholeNumber(20, 7200),
    'how long a lease lasts; 90 more than the deadline without it',
  ),
  STORAGE_EMULATOR_HOST: webAddress(plainAddress)('where Cloud Storage is', 'https://storage.googleapis.com'),
  GCE_METADATA_HOST: text('where the metadata server is', 'metadata.google.internal'),
  PUSHGATEWAY_URL: optional(
    webAddress(plainAddress),
    'a Prometheus Pushgateway that takes the figures of each run',
  ),
});
type CommonSettings = ReturnType<typeof commonSettings>;

/** Faults between the settings that every job has. */
function commonFaults({
  LEASE_SECONDS,
  SYNC_DEADLINE_SECONDS,
}: Partial<Values<CommonSettings>>): readonly string[] {
  if (LEASE_SECONDS === undefined || SYNC_DEADLINE_SECONDS === undefined) return [];
  const least = SYNC_DEADLINE_SECONDS + 20;
  if (LEASE_SECONDS >= least) return [];
  return [
    `LEASE_SECONDS: found "${LEASE_SECONDS}", allowed: at least ${least}, 20 more than SYNC_DEADLINE_SECONDS`,
  ];
}

/** What makes a job: its settings, the faults between them, and its stages. */
export interface JobParts<S extends CommonSettings & SettingsSpec, F, A> {
  readonly name: string;
  /** The kinds of decision that the report counts, zero included. */
  readonly kinds: readonly Kind[];
  readonly settings: S;
  readonly between: (values: Partial<Values<S>>) => readonly string[];
  readonly build: (values: Values<S>, run: Run) => Stages<F, A>;
}

/** A job as its callers see it. */
export interface Job {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly settings: SettingsSpec;
  /** Reads the settings; `known` are all names of ours. Throws `SettingsError`. */
  prepare(environment: Environment, known: readonly string[]): PreparedJob;
}

/** A job whose settings are read. */
export interface PreparedJob {
  readonly settings: Values<CommonSettings>;
  reconcile(run: Run): Promise<Told>;
}

/** A run's story, its moves in a few words, and how it ended where no stage says so. */
export interface Told {
  readonly story: Story<unknown>;
  readonly ending?: Ending;
  describe(from: unknown, to: unknown): string;
}

/** Makes a job of its parts. */
export function defineJob<S extends CommonSettings & SettingsSpec, F, A>(parts: JobParts<S, F, A>): Job {
  return {
    name: parts.name,
    kinds: parts.kinds,
    settings: parts.settings,
    prepare: (environment, known) => {
      const between = (found: Partial<Values<S>>) => [
        ...commonFaults(found as Partial<Values<CommonSettings>>),
        ...parts.between(found),
      ];
      const values = readSettings(parts.settings, environment, { between, known });
      return {
        settings: values as Values<CommonSettings>,
        reconcile: async (run) => {
          const stages = parts.build(values, run);
          const story = await reconcile(stages, run);
          return { story, describe: (from, to) => stages.describe(from as A, to as A) };
        },
      };
    },
  };
}

/** What is told of a run that never began. */
export const untold = (outcome: RunOutcome, error: string | null, because?: string): Told => {
  const notes = because === undefined ? [] : [{ kind: outcome, account: null, label: '', because }];
  return { story: { ...emptyStory(), notes }, describe: () => '', ending: { outcome, error } };
};
