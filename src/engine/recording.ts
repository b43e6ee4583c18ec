/** A recording: what a run read, so that its plan can be made again offline. */

import type { Note, SourceReading } from './model.ts';

/** The number of the recording's format. It changes when a key goes or changes its meaning. */
export const RECORDING_FORMAT = 1;

/** What a run read, so that its plan can be made again without asking anybody. No secret is in it. */
export interface Recording {
  readonly format: typeof RECORDING_FORMAT;
  readonly kind: 'muster-recording';
  /** The run that read it. `startedAt` is RFC 3339: policies and dates are evaluated at that time. */
  readonly run: {
    readonly id: string;
    readonly job: string;
    readonly startedAt: string;
    readonly version: string;
  };
  readonly target: Readonly<Record<string, string>>;
  /** The settings that were set, as text. Null is a secret, which is not recorded. */
  readonly settings: Readonly<Record<string, string | null>>;
  readonly sources: readonly SourceReading[];
  /** The notes made while reading. */
  readonly notes: readonly Note[];
  /** The sources that failed, so that some accounts are undecided. */
  readonly failures: readonly string[];
  /** The job's facts as JSON. */
  readonly facts: unknown;
  /** `sha256:…` over all the rest. A recording without one is not checked. */
  readonly checksum?: string;
}

/** The part of a recording that the stages make. */
export type RecordedFacts = Pick<Recording, 'target' | 'sources' | 'notes' | 'failures' | 'facts'>;

/** How a job's facts are written as JSON, and read again. */
export interface FactsFormat<F> {
  toJson(facts: F): unknown;
  /** Throws `InvalidRequestError` that names each field which is not as it should be. */
  fromJson(value: unknown): F;
}
