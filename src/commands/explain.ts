import { lineFor } from './arguments.ts';
import { withFacts } from './environment.ts';
import { type CommonOptions, declareReading, type JobCommand } from './job-command.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

/** Declares `explain`, which answers why somebody has the access that they have. */
export function declareExplain({ job, command, setExitCode }: JobCommand): void {
  declareReading(
    command,
    'explain',
    'Says why somebody has the access that they have, and what the next run will do.',
  )
    .argument('<who>', 'an address, a user name, a name in LDAP or an id, in any spelling', lineFor('who'))
    .addHelpText('after', `\nExample:\n  muster ${job.name} explain ada@example.org`)
    .action(async (who: string, options: CommonOptions) => {
      setExitCode(
        await withFacts(job, options, async (input) =>
          printResult(await runAtTerminal(job, { dryRun: true, explain: who, ...input }), options),
        ),
      );
    });
}
