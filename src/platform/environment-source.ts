/** Where an environment comes from: the file of each variable, if it was read from one, and the errors of that file. */
export interface EnvironmentSource {
  readonly fileOf: ReadonlyMap<string, string>;
  /** By variable. */
  readonly errors: ReadonlyMap<string, string>;
  /** The errors of that file that belong to no variable. */
  readonly broken: readonly string[];
}

/** An environment carries its source under this key, which no variable has. */
export const ENVIRONMENT_SOURCE: unique symbol = Symbol('where an environment comes from');
