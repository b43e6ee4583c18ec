import { type MembershipChange, parseMembership } from '../engine/membership-change.ts';
import { InvalidRequestError } from '../platform/errors.ts';
import { pathFor } from './arguments.ts';
import { withFacts } from './environment.ts';
import { type CommonOptions, declareReading, type JobCommand } from './job-command.ts';
import { policyIn } from './policy-option.ts';
import { printResult, runAtTerminal } from './run-and-print.ts';

interface WhatIfOptions extends CommonOptions {
  readonly add: readonly MembershipChange[];
  readonly remove: readonly MembershipChange[];
  readonly policy?: string;
}

/** Declares `what-if`, which says who would gain or lose access with other memberships or another policy. */
export function declareWhatIf({ job, command, setExitCode }: JobCommand): void {
  const membership =
    (kind: MembershipChange['kind']) => (text: string, before: readonly MembershipChange[]) => [
      ...before,
      parseMembership(kind, text),
    ];
  declareReading(
    command,
    'what-if',
    'Says who would gain or lose access with other memberships, or by another policy. Writes nothing.',
  )
    .option(
      '--add <uid:group>',
      'somebody more in an LDAP group, or uid:posix:group; may be repeated',
      membership('add'),
      [],
    )
    .option('--remove <uid:group>', 'somebody less; may be repeated', membership('remove'), [])
    .option('--policy <file>', 'another policy instead of the one in effect', pathFor('--policy'))
    .addHelpText(
      'after',
      `
Examples:
  muster ${job.name} what-if --add ada:GROUP
  muster ${job.name} what-if --policy new-policy.yaml --facts facts.json`,
    )
    .action(async ({ add, remove, policy, ...options }: WhatIfOptions) => {
      const changes = [...add, ...remove];
      if (changes.length === 0 && policy === undefined)
        throw new InvalidRequestError(
          'what-if: found nothing to assume (allowed: --add, --remove, --policy)',
        );
      const whatIf = { changes, policy: policy === undefined ? undefined : policyIn(policy) };
      setExitCode(
        await withFacts(job, options, async (input) =>
          printResult(await runAtTerminal(job, { dryRun: true, whatIf, ...input }), options),
        ),
      );
    });
}
