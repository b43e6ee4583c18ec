import { applyAtTerminal } from './apply.ts';
import { lineFor } from './arguments.ts';
import { withEnvironment } from './environment.ts';
import { type CommonOptions, declareCommand, type JobCommand } from './job-command.ts';
import { hashApproval } from './plan.ts';

interface UndoOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly approve?: string;
  readonly reason?: string;
}

/** Declares `undo`, which plans the opposite of what a run changed. */
export function declareUndo({ job, command, setExitCode }: JobCommand): void {
  declareCommand(
    command,
    'undo',
    'Carries out the opposite of what a run changed, as apply does (see REPORTS). Approvals in GitLab cannot be undone.',
  )
    .argument(
      '<run>',
      'the id of the run, as history shows it, or its first characters; or latest: the latest that changed something',
      lineFor('run'),
    )
    .option('--yes', 'does not ask')
    .option('--dry-run', 'shows the plan alone')
    .option('--approve <hash>', 'approves exactly the plan with this hash')
    .option('--reason <text>', 'why the plan is approved', lineFor('--reason'))
    .addHelpText(
      'after',
      `
The next run restores what the rules say: change the policy, or the groups that it reads, first.

Example:
  muster ${job.name} undo 3f0c5a52 --dry-run`,
    )
    .action(async (undo: string, options: UndoOptions) => {
      const request = { dryRun: options.dryRun === true, approval: hashApproval(options), undo };
      setExitCode(
        await withEnvironment(job, options, (environment) =>
          applyAtTerminal(job, request, { options, environment }),
        ),
      );
    });
}
