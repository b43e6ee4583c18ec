import { readFileSync } from 'node:fs';
import { Argument, type Command, Option } from 'commander';
import { systemClock } from '../platform/clock.ts';
import { InvalidRequestError, messageOf } from '../platform/errors.ts';
import { jsonText } from '../platform/printable.ts';
import { casesJsonSchema, testPolicy } from '../policy/policy-cases.ts';
import { policyJsonSchema } from '../policy/policy-document.ts';
import { trustJsonSchema } from '../policy/trust-document.ts';
import { renderCases } from '../reports/policy-cases.ts';
import { FORMATS, type Format } from '../reports/render.ts';
import { pathFor } from './arguments.ts';

/** Declares `policy test` and `policy schema`, which need neither settings nor a network. */
export function declarePolicy(program: Command, setExitCode: (code: number) => void): void {
  const policy = program.command('policy').description('Tests a policy, and prints its JSON Schema.');
  policy
    .command('test')
    .description(
      'Checks examples against a policy, of roles or of trust. Ends with 1 where one is not as expected.',
    )
    .argument('<file>', 'the policy', pathFor('policy test'))
    .argument('<cases>', 'a file of examples in YAML', pathFor('policy test'))
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(FORMATS).default('text'))
    .option('--json', 'the same as --output json')
    .addHelpText(
      'after',
      `
An example of a file of cases:
  - { uid: ada, ldap: [growthbook-admin], posix: [analytics-privatedata-users], role: admin }
  - { uid: bob, ldap: [growthbook-admin], role: noaccess, rule: 1 }

Example:
  muster policy test policy.yaml cases.yaml`,
    )
    .action((file: string, cases: string, options: { readonly output: Format; readonly json?: boolean }) => {
      const results = resultsOf(file, cases);
      const report = { policy: file, ok: results.every(({ ok }) => ok), cases: results };
      process.stdout.write(renderCases(report, options.json ? 'json' : options.output));
      setExitCode(report.ok ? 0 : WRONG);
    });
  policy
    .command('schema')
    .description('Prints the JSON Schema of a policy, for editors and for CI.')
    .addArgument(new Argument('<kind>', 'of which document').choices(Object.keys(SCHEMAS)))
    .addHelpText(
      'after',
      `
Example, for a policy of roles whose first line is "# yaml-language-server: $schema=roles.schema.json":
  muster policy schema roles > roles.schema.json`,
    )
    .action((kind: SchemaName) => {
      process.stdout.write(jsonText(SCHEMAS[kind]()));
    });
}

/** The exit code of `policy test` where a case is not as expected. */
const WRONG = 1;

const SCHEMAS = { roles: policyJsonSchema, trust: trustJsonSchema, cases: casesJsonSchema };
type SchemaName = keyof typeof SCHEMAS;

function resultsOf(file: string, cases: string) {
  const [policyText, casesText] = [contentOf(file), contentOf(cases)];
  try {
    return testPolicy(policyText, casesText, systemClock.now());
  } catch (error) {
    throw new InvalidRequestError(`policy test: ${messageOf(error)}`);
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidRequestError(`policy test: the file cannot be read (${messageOf(error)})`);
  }
}
