/** Where an environment comes from: the file of each variable, if it was read from one, and the faults of that file. */
export interface EnvironmentSource {
  readonly fileOf: ReadonlyMap<string, string>;
  /** By variable. */
  readonly faults: ReadonlyMap<string, string>;
  /** The faults of that file that belong to no variable. */
  readonly broken: readonly string[];
}

/** An environment carries its source under this key, which no variable has. */
export const ENVIRONMENT_SOURCE: unique symbol = Symbol('where an environment comes from');
