import { pathFor } from './arguments.ts';
import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';
import { outputFile } from './output-file.ts';
import { policyIn } from './policy-option.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

interface RecordOptions extends CommonOptions {
  readonly policy?: string;
}

/** Declares `record`, which keeps what a run reads, so that its plan can be made again offline. */
export function declareRecord({ job, command, setExitCode }: JobCommand): void {
  declareCommand(command, 'record', 'Keeps what a run reads in a file, without secrets. Writes nothing else.')
    .argument('<file>', 'where the recording is written', pathFor('record'))
    .option(
      '--policy <file>',
      'also reads what another policy names, to compare the two later',
      pathFor('--policy'),
    )
    .addHelpText(
      'after',
      `
Examples:
  muster ${job.name} record facts.json
  muster ${job.name} plan --facts facts.json                          the same plan, offline
  muster ${job.name} what-if --policy new.yaml --facts facts.json     who would gain or lose`,
    )
    .action(async (file: string, options: RecordOptions) => {
      // A recording has names and addresses: it is for its owner alone.
      const write = outputFile('record', file, { mode: 0o600 });
      setExitCode(
        await withEnvironment(job, options, async (environment) => {
          const whatIf =
            options.policy === undefined ? undefined : { changes: [], policy: policyIn(options.policy) };
          const {
            recording,
            whatIf: _,
            ...result
          } = await runAtTerminal(job, { dryRun: true, record: true, whatIf, environment });
          if (recording) write(`${JSON.stringify(recording)}\n`);
          const code = printResult(result, options);
          return recording && result.report.exitCode === 2 ? 0 : code;
        }),
      );
    });
}
