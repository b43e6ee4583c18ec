import { type CheckLine, runChecks } from '../engine/check.ts';
import type { Kind } from '../engine/model.ts';
import { runStages } from '../engine/run-stages.ts';
import type { RunState } from '../engine/run-state.ts';
import type { Run } from '../engine/run-types.ts';
import type { Stages } from '../engine/stage-types.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { type Environment, readSettings, type SettingsSpec, type Values } from '../platform/settings.ts';
import {
  type CommonSettings,
  type CommonValues,
  commonCrossChecks,
  commonSettings,
} from './common-settings.ts';
import { warnOfNetwork } from './network-warnings.ts';

/** What a job consists of: its settings, the checks between them, and its stages. */
export interface JobDefinition<S extends CommonSettings & SettingsSpec, F, A, R> {
  /** The job's name on the command line, in reports and in logs. */
  readonly name: string;
  /** What the job does, in one sentence. */
  readonly description: string;
  /** The name of its HTTP function. */
  readonly functionName: string;
  /** The kinds of decision that the report counts, zero included. */
  readonly kinds: readonly Kind[];
  readonly settings: S;
  crossChecks(values: Partial<Values<S>>): readonly string[];
  /** A change of access in a few words, for people. */
  describe(from: A, to: A): string;
  /** The setting that has the policy as text, where the job has a policy. */
  readonly policySetting?: keyof S & string;
  /** A warning that people see before a plan with many writes. */
  readonly writeWarning?: string;
  /**
   * `compared` has another policy, if two are compared: the groups that it names are read as well. A job may load its stages here, so that
   * a function reads the code of its own job alone.
   */
  build(values: Values<S>, run: Run, compared?: Values<S>): Stages<F, A, R> | Promise<Stages<F, A, R>>;
}

/** A job as its callers see it. */
export interface Job {
  readonly name: string;
  readonly description: string;
  readonly functionName: string;
  readonly kinds: readonly Kind[];
  readonly settings: SettingsSpec;
  readonly policySetting?: string;
  readonly writeWarning?: string;
  describe(from: unknown, to: unknown): string;
  /**
   * Reads the settings; `known` are the names of all settings of all jobs. With `policy` (its text) the run compares it with the one
   * in effect. Throws `SettingsError`.
   */
  prepare(environment: Environment, known: readonly string[], policy?: string): PreparedJob;
}

/** A job whose settings are read. */
export interface PreparedJob {
  readonly settings: CommonValues;
  run(run: Run): Promise<RunState<unknown>>;
  /** Checks everything that a run needs. */
  check(run: Run): Promise<readonly CheckLine[]>;
}

/** The settings whose systems receive secrets and facts; the common settings are about the platform. */
const addressesOf = (settings: SettingsSpec, values: object): Readonly<Record<string, unknown>> => {
  const common = Object.keys(commonSettings(1));
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => name in settings && !common.includes(name)),
  );
};

/** The environment with another policy. Throws `InvalidRequestError` if the job has none. */
function withPolicy(
  { name, policySetting }: { readonly name: string; readonly policySetting?: string },
  environment: Environment,
  policy: string,
): Environment {
  if (policySetting === undefined) throw new InvalidRequestError(`what-if: ${name} has no policy`);
  return { ...environment, [policySetting]: policy, [`${policySetting}_FILE`]: undefined };
}

/** Makes a job from its definition. */
export function defineJob<S extends CommonSettings & SettingsSpec, F, A, R>(
  definition: JobDefinition<S, F, A, R>,
): Job {
  const { name, description, functionName, kinds, settings, policySetting, writeWarning } = definition;
  return {
    name,
    description,
    functionName,
    kinds,
    settings,
    ...(policySetting ? { policySetting } : {}),
    ...(writeWarning ? { writeWarning } : {}),
    describe: (from, to) => definition.describe(from as A, to as A),
    prepare: (environment, known, policy) => {
      const crossChecks = (found: Partial<Values<S>>) => [
        ...commonCrossChecks(found as Partial<CommonValues>),
        ...definition.crossChecks(found),
      ];
      const read = (from: Environment) => readSettings(settings, from, { crossChecks, known });
      const values = read(environment);
      const compared = policy === undefined ? undefined : read(withPolicy(definition, environment, policy));
      return {
        settings: values as CommonValues,
        run: async (run) => {
          warnOfNetwork(addressesOf(settings, values), environment, run.log);
          const stages = await definition.build(values, run, compared);
          if (!compared) return await runStages(stages, run);
          return await runStages(stages, run, await definition.build(compared, run, values));
        },
        check: async (run) => await runChecks((await definition.build(values, run)).checks()),
      };
    },
  };
}
