import { pathFor } from './arguments.ts';
import { withFacts } from './environment.ts';
import { type CommonOptions, declareReading, type JobCommand } from './job-command.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

/** Declares `compare`, which lists the accounts that another tool decides differently. */
export function declareCompare({ job, command, setExitCode }: JobCommand): void {
  declareReading(
    command,
    'compare',
    'Lists the accounts that another tool decides differently. Ends with 0 where nothing differs, else with 7.',
  )
    .argument(
      '<file>',
      'the other tool’s decisions: CSV with a header, or JSON lines, with account, and role or decision',
      pathFor('compare'),
    )
    .addHelpText('after', `\nExample:\n  muster ${job.name} compare decisions.csv`)
    .action(async (compare: string, options: CommonOptions) => {
      setExitCode(
        await withFacts(job, options, async (input) =>
          printResult(await runAtTerminal(job, { dryRun: true, compare, ...input }), options),
        ),
      );
    });
}
