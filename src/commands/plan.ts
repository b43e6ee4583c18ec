import { PLAN_HASH } from '../engine/plan.ts';
import type { PlanApproval } from '../engine/run-types.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { lineFor, pathFor } from './arguments.ts';
import { withEnvironment, withFacts } from './environment.ts';
import { type CommonOptions, declareCommand, declareReading, type JobCommand } from './job-command.ts';
import { outputFile } from './output-file.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

/** Declares `plan`, and for gitlab-approvals `dry-run`, which also logs each question and answer. */
export function declarePlan({ job, command, setExitCode }: JobCommand): void {
  declareReading(command, 'plan', 'Shows what apply would do. Writes nothing.')
    .option('--out <file>', 'also writes the plan to a file that apply takes', pathFor('--out'))
    .option('--only <who>', 'plans for one address, user name or id alone', lineFor('--only'))
    .option('--exit-code', `ends with ${SOMETHING_TO_DO} where there is something to do`)
    .option('--approve <hash>', 'shows the plan as apply would take it with this approval')
    .option('--reason <text>', 'why the plan is approved', lineFor('--reason'))
    .addHelpText(
      'after',
      `
Examples:
  muster ${job.name} plan --out plan.json     keeps the plan for a later apply
  muster ${job.name} plan --exit-code         for scripts: 0 nothing to do, 7 something`,
    )
    .action(async (options: PlanOptions) => {
      const approval = hashApproval(options);
      const write = options.out === undefined ? undefined : outputFile('--out', options.out);
      setExitCode(
        await withFacts(job, options, async (input) => {
          const request = { dryRun: true, only: options.only, approval, ...input };
          const result = await runAtTerminal(job, request);
          write?.(`${JSON.stringify(result.report, null, 2)}\n`);
          const code = printResult(result, options);
          return options.exitCode && result.report.outcome === 'planned' ? SOMETHING_TO_DO : code;
        }),
      );
    });
  if (job.name !== 'gitlab-approvals') return;
  declareCommand(command, 'dry-run', 'Shows the plan, and logs each question and its answer.').action(
    async (options: CommonOptions) => {
      setExitCode(
        await withEnvironment(job, options, async (environment) =>
          printResult(await runAtTerminal(job, { dryRun: true, verbose: true, environment }), options),
        ),
      );
    },
  );
}

/** The exit code of `plan --exit-code` where the plan has changes. */
const SOMETHING_TO_DO = 7;

interface PlanOptions extends CommonOptions {
  readonly out?: string;
  readonly only?: string;
  readonly exitCode?: boolean;
  readonly approve?: string;
  readonly reason?: string;
}

/** The approval from `--approve` and `--reason`. Throws `InvalidRequestError` if only one of them is given. */
export function hashApproval(options: {
  readonly approve?: string;
  readonly reason?: string;
}): PlanApproval | undefined {
  const { approve, reason } = options;
  if (approve === undefined && reason === undefined) return undefined;
  if (!approve || !reason?.trim()) throw new InvalidRequestError('--approve and --reason belong together');
  if (!PLAN_HASH.test(approve))
    throw new InvalidRequestError(
      `--approve: no plan hash (found ${approve.slice(0, 80)}, allowed: sha256: and 64 hexadecimal digits)`,
    );
  return { hash: approve, reason: reason.trim() };
}
