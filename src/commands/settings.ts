import { OUTCOMES } from '../engine/outcome.ts';
import type { Job } from '../jobs/define-job.ts';
import { knownSettings } from '../jobs/registry.ts';
import { describeSettings } from '../platform/effective-settings.ts';
import { SettingsError } from '../platform/errors.ts';
import type { Environment } from '../platform/settings.ts';
import { renderSettings } from '../reports/settings.ts';
import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';

/** Declares `settings`, which shows the settings in effect without secrets, and where each comes from. */
export function declareSettings({ job, command, setExitCode }: JobCommand): void {
  declareCommand(
    command,
    'settings',
    'Shows the settings in effect, without secrets, and where each comes from.',
  )
    .addHelpText(
      'after',
      `
Examples:
  muster ${job.name} settings                        exit code 0 where they can be used, else 4
  muster ${job.name} settings --env-file prod.env    with those of a file`,
    )
    .action(async (options: CommonOptions) => {
      setExitCode(
        await withEnvironment(job, options, async (environment) => {
          const faults = faultsOf(job, environment);
          const shown = { job: job.name, settings: describeSettings(job, environment), faults };
          const { isTTY, columns } = process.stdout;
          process.stdout.write(renderSettings(shown, options.output, isTTY ? columns : undefined));
          return faults.length === 0 ? 0 : OUTCOMES['invalid-settings'].exitCode;
        }),
      );
    });
}

function faultsOf(job: Job, environment: Environment): readonly string[] {
  try {
    job.prepare(environment, knownSettings);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
}
