/** Where an environment comes from: the file of each variable that was read from one, and what is wrong in that file. */
export interface EnvironmentSource {
  readonly fileOf: ReadonlyMap<string, string>;
  /** By variable. */
  readonly faults: ReadonlyMap<string, string>;
  /** What is wrong in that file and belongs to no variable. */
  readonly broken: readonly string[];
}

/** An environment carries its source under this key, which no variable has. */
export const ENVIRONMENT_SOURCE: unique symbol = Symbol('where an environment comes from');
