import type { Kind, Stages } from './pipeline/model.ts';
import { reconcile } from './pipeline/reconcile.ts';
import type { Story } from './pipeline/report.ts';
import type { Run } from './runtime/run.ts';
import {
  type Environment,
  oneOf,
  optional,
  readSettings,
  type SettingsSpec,
  text,
  type Values,
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
});
type CommonSettings = ReturnType<typeof commonSettings>;

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

/** A run's story, and its moves in a few words. */
export interface Told {
  readonly story: Story<unknown>;
  describe(from: unknown, to: unknown): string;
}

/** Makes a job of its parts. */
export function defineJob<S extends CommonSettings & SettingsSpec, F, A>(parts: JobParts<S, F, A>): Job {
  return {
    name: parts.name,
    kinds: parts.kinds,
    settings: parts.settings,
    prepare: (environment, known) => {
      const values = readSettings(parts.settings, environment, { between: parts.between, known });
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
