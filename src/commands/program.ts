/** The whole command line: all commands, their help, and the exit code. */

import '../platform/interpreted-schemas.ts';
import { Command, CommanderError } from 'commander';
import { jobs } from '../jobs/registry.ts';
import { InvalidRequestError, SettingsError } from '../platform/errors.ts';
import { failAtTheEnd } from '../platform/log.ts';
import { printable } from '../platform/printable.ts';
import { VERSION } from '../platform/version.ts';
import { declareApply } from './apply.ts';
import { pathFor, refuseRepeated } from './arguments.ts';
import { declareCheck } from './check.ts';
import { declareCompare } from './compare.ts';
import { declareCompletion } from './completion.ts';
import { declareExplain } from './explain.ts';
import { declareHistory, declareShow } from './history.ts';
import type { JobCommand } from './job-command.ts';
import { declarePlan } from './plan.ts';
import { declarePolicy } from './policy.ts';
import { declareRecord } from './record.ts';
import { declareSettings } from './settings.ts';
import { declareUndo } from './undo.ts';
import { declareWhatIf } from './what-if.ts';

/** Every command of a job, in the order in which the help shows them. */
const JOB_COMMANDS: readonly ((job: JobCommand) => void)[] = [
  declarePlan,
  declareApply,
  declareExplain,
  declareWhatIf,
  declareRecord,
  declareCompare,
  declareCheck,
  declareSettings,
  declareHistory,
  declareShow,
  declareUndo,
];

const EXAMPLES = `
Examples:
  muster growthbook-roles plan --sandbox      a plan against fake servers on localhost
  muster growthbook-roles plan                what a run would change; nothing is written
  muster growthbook-roles apply               carries it out, where MODE=enforce is set
  muster gitlab-approvals plan -o json        the same as JSON, for scripts

Exit codes: 0 done or nothing to do, 1 failed, 2 refused by safety, 3 a source failed,
4 settings or arguments are wrong, 5 another run is at work, 6 the deadline passed, 7 see --exit-code.`;

/** The exit code of arguments that cannot be understood. */
const INVALID = 4;

/** Runs one command line, and returns the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  ignoreClosedPipes();
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withDefaultCommand(args), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : INVALID;
    if (!(error instanceof InvalidRequestError || error instanceof SettingsError)) throw error;
    process.stderr.write(linesOf(`muster: ${error.message}\n`));
    return INVALID;
  }
}

/** A message without characters that control a terminal, with its lines shortened: others write the arguments. */
const linesOf = (text: string): string => text.split('\n').map(printable).map(shortened).join('\n');

const shortened = (line: string): string =>
  line.length > 2000 ? `${line.slice(0, 500)} … ${line.slice(-500)}` : line;

/** A reader that closes the pipe, as `head` does, changes neither the run nor its exit code. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') failAtTheEnd();
    });
  }
}

/** The whole command line. `setExitCode` receives the exit code of the command that ran. */
export function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('muster')
    .description('Makes access on a target agree with directories, or refuses and says why.')
    .version(VERSION)
    .option(
      '--env-file <file>',
      'reads settings from a file; those of the environment come first',
      pathFor('--env-file'),
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(linesOf(text.replace(/^error: /, 'muster: '))) })
    .addHelpText('after', EXAMPLES);
  for (const job of jobs) {
    const command = program.command(job.name).description(job.description).usage('COMMAND [options]');
    for (const declare of JOB_COMMANDS) declare({ job, command, setExitCode });
  }
  declarePolicy(program, setExitCode);
  declareCompletion(program);
  refuseRepeated(program);
  return program;
}

/** `muster JOB` alone is `muster JOB plan`. */
function withDefaultCommand(args: readonly string[]): string[] {
  const at = args[0] === '--env-file' ? 2 : args[0]?.startsWith('--env-file=') ? 1 : 0;
  const next = args[at + 1];
  const isBare =
    jobs.some(({ name }) => name === args[at]) && (next === undefined || /^-(?!h$|-help$)/.test(next));
  return isBare ? args.toSpliced(at + 1, 0, 'plan') : [...args];
}
