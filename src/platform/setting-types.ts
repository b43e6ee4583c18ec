import type { ENVIRONMENT_SOURCE, EnvironmentSource } from './environment-source.ts';

/** One variable of the environment. `parse` throws an error that says what is allowed. */
export interface Setting<T> {
  readonly description: string;
  /** The value's text where the variable is not set; null where there is none. */
  readonly defaultText: string | null;
  readonly required: boolean;
  readonly secret: boolean;
  /** Only line ends are trimmed: spaces may be a part of a password. */
  readonly keepsSpaces?: boolean;
  /** A number, one of a few words or a policy: it says how to decide, and leads to no system. A sandbox takes it from outside. */
  readonly portable?: boolean;
  /** It is a document of many lines, which its own parser checks. */
  readonly isDocument?: boolean;
  readonly parse: (text: string) => T;
}

/** A job's settings by variable name. */
export type SettingsSpec = Readonly<Record<string, Setting<unknown>>>;
export type Values<S extends SettingsSpec> = {
  readonly [N in keyof S]: S[N] extends Setting<infer T> ? T : never;
};
export type Environment = Readonly<Record<string, string | undefined>> & {
  readonly [ENVIRONMENT_SOURCE]?: EnvironmentSource;
};
