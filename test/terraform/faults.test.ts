import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** One deliberate fault: text of one file replaced, and what must catch it: a test run, or the check of the schema. */
interface Fault {
  readonly fault: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly caughtBy: string;
}

const FAULTS: readonly Fault[] = [
  {
    fault: 'ingress misspelt',
    file: 'variables.tf',
    from: 'default     = "ALLOW_INTERNAL_ONLY"',
    to: 'default     = "ALLOW_INTERNALONLY"',
    caughtBy: 'only_internal_traffic_gets_in_by_default',
  },
  {
    fault: 'two requests at once',
    file: 'jobs.tf',
    from: 'max_instance_request_concurrency = 1',
    to: 'max_instance_request_concurrency = 2',
    caughtBy: 'two_runs_never_share_a_function',
  },
  {
    fault: 'one retry',
    file: 'scheduler.tf',
    from: 'retry_count = 0',
    to: 'retry_count = 1',
    caughtBy: 'the_schedule_posts_json_and_never_retries',
  },
  {
    fault: 'latest in place of a version',
    file: 'jobs.tf',
    from: 'version    = secret_environment_variables.value.version',
    to: 'version    = "latest"',
    caughtBy: 'secrets_are_pinned_by_number',
  },
  {
    fault: 'a broader role',
    file: 'iam.tf',
    from: 'roles/storage.objectUser',
    to: 'roles/storage.objectAdmin',
    caughtBy: 'each_account_holds_exactly_what_it_needs',
  },
  {
    fault: 'an attempt deadline under the timeout',
    file: 'jobs.tf',
    from: 'local.timeouts[name] + 15',
    to: 'local.timeouts[name] - 15',
    caughtBy: 'Resource precondition failed',
  },
  {
    fault: 'an attempt deadline under the timeout let through',
    file: 'jobs.tf',
    from: 'local.attempt_deadlines[each.key] - local.timeouts[each.key] >= 10',
    to: 'local.attempt_deadlines[each.key] - local.timeouts[each.key] >= -10',
    caughtBy: 'an_attempt_deadline_under_the_timeout_is_refused',
  },
  {
    fault: 'an audience with a query string',
    file: 'scheduler.tf',
    from: 'audience              = google_cloudfunctions2_function.job[each.key].service_config[0].uri',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is Terraform's interpolation
    to: 'audience              = "${google_cloudfunctions2_function.job[each.key].service_config[0].uri}?run"',
    caughtBy: 'the_token_is_made_out_to_the_function_s_own_address',
  },
  {
    fault: 'enforce by default',
    file: 'variables.tf',
    from: 'optional(string, "observe")',
    to: 'optional(string, "enforce")',
    caughtBy: 'nothing_is_written_unless_somebody_says_enforce',
  },
  {
    fault: "the other job's secret readable",
    file: 'secrets.tf',
    from: 'for secret in toset(concat(values(job.secrets)[*].secret,',
    to: 'for secret in toset(concat(flatten(values(var.jobs)[*].secrets[*].secret),',
    caughtBy: 'each_account_holds_exactly_what_it_needs',
  },
  {
    fault: 'a schedule of six fields let through',
    file: 'variables.tf',
    from: '( [0-9A-Za-z*,/-]+){4}$',
    to: '( [0-9A-Za-z*,/-]+){4,5}$',
    caughtBy: 'a_schedule_of_six_fields_is_refused',
  },
  {
    fault: 'an argument misspelt',
    file: 'jobs.tf',
    from: 'ingress_settings                 =',
    to: 'ingres_settings                  =',
    caughtBy: 'Unsupported argument',
  },
];

const EXAMPLE = `mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_example_is_accepted" {
  command = plan

  variables {
    source_zip = "tests/source.zip"
  }

  assert {
    condition     = output.modes == { growthbook-roles = "observe", gitlab-approvals = "observe" }
    error_message = "both jobs, observing"
  }
}
`;

const folder = join(import.meta.dirname, '../../terraform');
const checker = process.env.MUSTER_TERRAFORM_CHECK;
const missing = !checker
  ? 'MUSTER_TERRAFORM_CHECK does not name a command that checks a Terraform folder'
  : spawnSync('terraform', ['version']).status !== 0
    ? 'terraform is not installed'
    : undefined;

const work = mkdtempSync(join(tmpdir(), 'muster-terraform-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function check(at: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(checker ?? '', [at], { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

describe.skipIf(missing)(`terraform's own tests${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('pass, and are at least twenty', { timeout: 300_000 }, () => {
    const { status, output } = check(folder);
    expect(status, output).toBe(0);
    expect(output.match(/^ {2}run ".+"\.\.\. pass$/gm)?.length).toBeGreaterThanOrEqual(20);
  });

  it('accept terraform.tfvars.example as it stands', { timeout: 300_000 }, () => {
    const copy = mkdtempSync(join(work, 'example-'));
    cpSync(folder, copy, { recursive: true });
    const tests = join(copy, 'tests');
    for (const name of readdirSync(tests).filter((file) => /\.(tftest\.hcl|tfvars)$/.test(file)))
      rmSync(join(tests, name));
    cpSync(join(folder, 'terraform.tfvars.example'), join(copy, 'terraform.tfvars'));
    writeFileSync(join(tests, 'example.tftest.hcl'), EXAMPLE);
    const { status, output } = check(copy);
    expect(status, output).toBe(0);
    expect(output).toContain('1 passed, 0 failed');
  });

  it.each(FAULTS)(
    'catch a deliberate fault: $fault',
    { timeout: 300_000 },
    ({ file, from, to, caughtBy }) => {
      const copy = mkdtempSync(join(work, 'copy-'));
      cpSync(folder, copy, { recursive: true });
      const text = readFileSync(join(copy, file), 'utf8');
      expect(text).toContain(from);
      writeFileSync(join(copy, file), text.replaceAll(from, to));
      const { status, output } = check(copy);
      expect(status).not.toBe(0);
      const catches = [`run "${caughtBy}"... fail`, `Error: ${caughtBy}`];
      expect(
        catches.some((sign) => output.includes(sign)),
        output,
      ).toBe(true);
    },
  );
});
