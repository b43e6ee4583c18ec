import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { approvalOf } from '../app/read-plan-file.ts';
import type { RunRequest, RunResult } from '../app/run-job.ts';
import type { PlanApproval } from '../engine/run-types.ts';
import type { Job } from '../jobs/define-job.ts';
import { systemClock } from '../platform/clock.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import type { Environment } from '../platform/settings.ts';
import { parseStrictJson } from '../platform/strict-json.ts';
import { lineFor, pathFor } from './arguments.ts';
import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';
import { hashApproval } from './plan.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

/** Declares `apply`, and for gitlab-approvals its old name `approve`. */
export function declareApply({ job, command, setExitCode }: JobCommand): void {
  const apply = declareCommand(
    command,
    'apply',
    'Carries the plan out where MODE=enforce is set. At a terminal it shows the plan first, and asks.',
  )
    .argument(
      '[file]',
      'a plan file: its changes count as approved, whatever the limits say',
      pathFor('plan file'),
    )
    .option('--only <who>', 'changes one address, user name or id alone', lineFor('--only'))
    .option('--yes', 'does not ask')
    .option('--dry-run', 'the same as plan')
    .option('--reason <text>', 'why the plan is approved', lineFor('--reason'))
    .option('--approve <hash>', 'approves exactly the plan with this hash')
    .addHelpText(
      'after',
      `
Examples:
  MODE=enforce muster ${job.name} apply                      shows the plan, asks, writes
  MODE=enforce muster ${job.name} apply --yes                for scripts: does not ask
  MODE=enforce muster ${job.name} apply plan.json --reason 'a team moved'
                                       the changes of a plan file, although they exceed a limit`,
    )
    .action(async (file: string | undefined, options: ApplyOptions) => {
      const approval = file === undefined ? hashApproval(options) : fileApproval(job, file, options);
      const request = { dryRun: options.dryRun === true, only: options.only, approval };
      setExitCode(
        await withEnvironment(job, options, (environment) =>
          applyAtTerminal(job, request, { options, environment }),
        ),
      );
    });
  if (job.name === 'gitlab-approvals') apply.alias('approve');
}

/** The options of `apply`: how a plan is carried out at a terminal. */
export type ApplyAnswers = Pick<CommonOptions, 'output'> & { readonly yes?: boolean };

interface ApplyOptions extends CommonOptions {
  readonly only?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly approve?: string;
  readonly reason?: string;
}

const MAX_FILE_BYTES = 64 * 2 ** 20;

function fileApproval(job: Job, file: string, { approve, reason }: ApplyOptions): PlanApproval {
  if (approve !== undefined)
    throw new InvalidRequestError('found a plan file and --approve (allowed: one of them)');
  const given = reason?.trim() || `plan file ${file}, by ${userInfo().username}`;
  return approvalOf(readJson(file), given, { job: job.name, now: systemClock.now() });
}

function readJson(file: string): unknown {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`too large (found ${size} bytes, allowed ${MAX_FILE_BYTES})`);
    return parseStrictJson(`plan file ${file}`, readFileSync(file));
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error;
    throw new InvalidRequestError(`plan file ${file}: the file cannot be read (${messageOf(error)})`);
  }
}

/** Applies at a terminal: shows the plan and asks, unless a script runs it. Returns the exit code. */
export async function applyAtTerminal(
  job: Job,
  request: RunRequest,
  { options, environment }: { readonly options: ApplyAnswers; readonly environment: Environment },
): Promise<number> {
  const asks = process.stdin.isTTY && process.stdout.isTTY && !options.yes && !request.dryRun;
  if (!asks) {
    const result = await runAtTerminal(job, { ...request, environment });
    const code = ended(result, request, options);
    return result.report.outcome === 'skipped' ? skippedExitCode(environment) : code;
  }
  const shown = await runAtTerminal(job, { ...request, dryRun: true, environment });
  const { report } = shown;
  const code = ended(shown, request, options);
  if (report.outcome !== 'planned' || report.run.mode === 'observe') return code;
  if (!(await isConfirmed(report.changes.length, job.writeWarning))) {
    process.stdout.write('Nothing was written: the answer was not yes.\n');
    return 0;
  }
  const expectedPlan = report.planHash ?? undefined;
  return ended(await runAtTerminal(job, { ...request, expectedPlan, environment }), request, options);
}

/** The exit code of a skipped run: 0 or 5, by the setting SKIPPED_EXIT_CODE. */
const skippedExitCode = ({ SKIPPED_EXIT_CODE }: Environment): number => (SKIPPED_EXIT_CODE === '0' ? 0 : 5);

/** Prints the result. An apply that wrote nothing because of the mode says so. */
function ended(result: RunResult, { dryRun }: RunRequest, options: ApplyAnswers): number {
  const code = printResult(result, options);
  const { run, outcome } = result.report;
  if (options.output === 'text' && !dryRun && run.mode === 'observe' && outcome === 'planned') {
    process.stdout.write('Nothing was written: MODE is observe. Set MODE=enforce to carry the plan out.\n');
  }
  return code;
}

/** From this number of changes on, a warning about concurrent edits is shown before the question. */
const MANY = 10;

async function isConfirmed(count: number, warning: string | undefined): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    if (warning && count >= MANY) process.stdout.write(`${warning}\n`);
    const what = count === 1 ? 'this change' : `these ${count} changes`;
    const answer = await terminal.question(`Carry out ${what}? [y/N] `);
    return ['y', 'yes'].includes(answer.trim().toLowerCase());
  } finally {
    terminal.close();
  }
}
