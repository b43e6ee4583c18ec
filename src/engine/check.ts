/** The checks of what a run needs: each finds that it is right, or says what to do. */

import { messageOf } from '../platform/errors.ts';

/** One thing that must be right. `look` returns what it found, or throws an error; `cure` says what to do then. */
export interface Check {
  readonly name: string;
  readonly cure: string;
  look(): Promise<string>;
}

/** The result of one check. */
export interface CheckLine {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do; null where nothing is wrong. */
  readonly cure: string | null;
}

/** Runs all checks at the same time. Nothing is written, and no check stops another. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly CheckLine[]> =>
  await Promise.all(
    checks.map(async ({ name, cure, look }): Promise<CheckLine> => {
      try {
        return { name, ok: true, found: await look(), cure: null };
      } catch (error) {
        return { name, ok: false, found: messageOf(error), cure };
      }
    }),
  );
