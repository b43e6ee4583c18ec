import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

/** Declares `check`, which checks everything that a run needs, and writes nothing. */
export function declareCheck({ job, command, setExitCode }: JobCommand): void {
  declareCommand(
    command,
    'check',
    'Checks everything that a run needs: one line each, with what to do. Writes nothing.',
  )
    .addHelpText(
      'after',
      `\nExample:\n  muster ${job.name} check      exit code 0 where everything is right, else 4`,
    )
    .action(async (options: CommonOptions) => {
      setExitCode(
        await withEnvironment(job, options, async (environment) =>
          printResult(await runAtTerminal(job, { dryRun: true, check: true, environment }), options),
        ),
      );
    });
}
