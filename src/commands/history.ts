import { DEFAULT_SINCE, parseSince } from '../app/since.ts';
import { systemClock } from '../platform/clock.ts';
import { lineFor } from './arguments.ts';
import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

interface HistoryOptions extends CommonOptions {
  readonly since: string;
}

/** Declares `history`, which lists past runs and says who got or lost access. */
export function declareHistory({ job, command, setExitCode }: JobCommand): void {
  declareCommand(command, 'history', 'Lists past runs, and who got or lost access in them (see REPORTS).')
    .argument('[who]', 'an address, a user name or an id', lineFor('who'))
    .option('--since <time>', 'as 36h or 7d, or a date', DEFAULT_SINCE)
    .addHelpText('after', `\nExample:\n  muster ${job.name} history ada@example.org --since 30d`)
    .action(async (who: string | undefined, options: HistoryOptions) => {
      const history = { since: parseSince(options.since, systemClock.now()), who };
      setExitCode(
        await withEnvironment(job, options, async (environment) =>
          printResult(await runAtTerminal(job, { dryRun: true, history, environment }), options),
        ),
      );
    });
}

/** Declares `show`, which shows the kept report of a run. */
export function declareShow({ job, command, setExitCode }: JobCommand): void {
  declareCommand(command, 'show', 'Shows the kept report of a run (see REPORTS).')
    .argument(
      '<run>',
      'the id of the run, as history shows it, or its first characters; or latest',
      lineFor('run'),
    )
    .addHelpText('after', `\nExample:\n  muster ${job.name} show 3f0c5a52 -o html > report.html`)
    .action(async (show: string, options: CommonOptions) => {
      setExitCode(
        await withEnvironment(job, options, async (environment) =>
          printResult(await runAtTerminal(job, { dryRun: true, show, environment }), options),
        ),
      );
    });
}
