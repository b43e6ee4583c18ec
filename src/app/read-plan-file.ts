import { z } from 'zod';
import { CHANGE_KINDS } from '../engine/model.ts';
import { PLAN_HASH } from '../engine/plan.ts';
import type { PlanApproval } from '../engine/run-types.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { foundAndAllowed, listErrors, readable, wrongly } from '../platform/schema-faults.ts';
import { REPORT_FORMAT } from '../reports/report.ts';

/**
 * The approval that a plan file gives: the JSON report of a plan, as `--out` writes it.
 * Throws `InvalidRequestError` for anything else, for another job's plan and for one older than seven days.
 */
export function approvalOf(
  file: unknown,
  reason: string,
  { job, now }: { readonly job: string; readonly now: number },
): PlanApproval {
  const parsed = PlanFile.safeParse(file, { error: foundAndAllowed });
  if (!parsed.success) {
    const faults = listErrors(parsed.error, 5, 'the file');
    throw new InvalidRequestError(`plan file: not the JSON report of a plan: ${faults.join('; ')}`);
  }
  const { run, target, planHash, changes } = parsed.data;
  if (run.job !== job)
    throw new InvalidRequestError(`plan file: another job's plan (found ${run.job}, allowed ${job})`);
  const age = now - Date.parse(run.startedAt);
  if (age > MAX_AGE_DAYS * DAY_MS) {
    const days = (age / DAY_MS).toFixed(1);
    throw new InvalidRequestError(`plan file: too old (found ${days} days, allowed ${MAX_AGE_DAYS} days)`);
  }
  if (age < -MAX_AHEAD_MS)
    throw new InvalidRequestError(
      `plan file: made in the future (found ${run.startedAt}, allowed: up to five minutes from now)`,
    );
  return { hash: planHash, reason, target, changes };
}

const DAY_MS = 86_400_000;
const MAX_AGE_DAYS = 7;
/** How far the time of a plan file may be ahead of this machine's clock. */
const MAX_AHEAD_MS = 300_000;

/** A name without invisible characters. */
const Line = z
  .string()
  .min(1)
  .max(500)
  .refine(...readable('text'));

/** Access as the targets write it: a word, or words by name. */
const Access = z.union([Line, z.record(Line, z.union([Line, z.null(), z.array(Line)]))], {
  ...wrongly('not access', 'a word, or an object of words, as the report of a plan has it'),
});

const HASH = 'sha256: and 64 hexadecimal digits';

const PlanFile = z.lazy(() =>
  z.object({
    format: z.literal(REPORT_FORMAT, wrongly('another format of report', `${REPORT_FORMAT}`)),
    run: z.object({ job: Line, startedAt: z.iso.datetime() }),
    target: z.record(Line, Line, wrongly('a plan names its target', 'an object of words')),
    planHash: z
      .string(wrongly('a report without a plan approves nothing', HASH))
      .regex(PLAN_HASH, wrongly('not the hash of a plan', HASH)),
    changes: z.array(
      z.object({
        account: Line,
        project: Line.optional(),
        kind: z.enum(CHANGE_KINDS),
        from: Access,
        to: Access,
      }),
    ),
  }),
);
