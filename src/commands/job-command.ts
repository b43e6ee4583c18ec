/** Declares the commands of a job, with the options that all of them have. */

import { type Command, Option } from 'commander';
import type { Job } from '../jobs/define-job.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { FORMATS, type Format } from '../reports/render.ts';
import { pathFor } from './arguments.ts';

/** What a declaration of a job's command needs. `setExitCode` is called with the exit code of the process. */
export interface JobCommand {
  readonly job: Job;
  readonly command: Command;
  setExitCode(code: number): void;
}

/** The options that every command of a job has. */
export interface CommonOptions {
  readonly output: Format;
  readonly json?: boolean;
  readonly sandbox?: boolean;
  readonly envFile?: string;
  readonly facts?: string;
}

/** Declares a command that plans from the real systems or from a recording, with the options that all commands have. */
export const declareReading = (parent: Command, name: string, description: string): Command =>
  declareWith(parent, name, description).option(
    '--facts <file>',
    'plans from a recording, offline, as the recorded run would have (see record)',
    pathFor('--facts'),
  );

/** Declares a command that reads the real systems, with the options that all commands have. */
export const declareCommand = (parent: Command, name: string, description: string): Command =>
  declareWith(parent, name, description)
    .addOption(new Option('--facts <file>').hideHelp())
    .hook('preAction', (_, command) => {
      if (command.opts().facts === undefined) return;
      throw new InvalidRequestError(
        `${name}: found --facts, which plan, explain, what-if and compare take (${name} needs the systems as they are now)`,
      );
    });

function declareWith(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(FORMATS).default('text'))
    .addOption(new Option('--format <format>', 'the same').choices(FORMATS).hideHelp())
    .option('--json', 'the same as --output json')
    .option('--sandbox', 'runs against fake servers on localhost instead of the real systems')
    .hook('preAction', (_, command) => {
      const { format, json, envFile } = command.optsWithGlobals();
      if (format !== undefined) command.setOptionValue('output', format);
      if (json === true) {
        const { output } = command.opts();
        if (command.getOptionValueSource('output') !== 'default' && output !== 'json')
          throw new InvalidRequestError(
            `--json: found --output ${output} beside it (allowed: one of the two)`,
          );
        command.setOptionValue('output', 'json');
      }
      if (envFile !== undefined) command.setOptionValue('envFile', envFile);
    });
}
