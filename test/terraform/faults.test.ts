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
    file: 'modules/muster/variables.tf',
    from: 'default     = "ALLOW_INTERNAL_ONLY"',
    to: 'default     = "ALLOW_INTERNALONLY"',
    caughtBy: 'Invalid value for variable',
  },
  {
    fault: 'everybody reaches the functions by default',
    file: 'modules/muster/variables.tf',
    from: 'default     = "ALLOW_INTERNAL_ONLY"',
    to: 'default     = "ALLOW_ALL"',
    caughtBy: 'only_internal_traffic_gets_in_by_default',
  },
  {
    fault: 'two requests at once',
    file: 'modules/muster/jobs.tf',
    from: 'max_instance_request_concurrency = 1',
    to: 'max_instance_request_concurrency = 2',
    caughtBy: 'two_runs_never_share_a_function',
  },
  {
    fault: 'one retry',
    file: 'modules/muster/scheduler.tf',
    from: 'retry_count = 0',
    to: 'retry_count = 1',
    caughtBy: 'the_schedule_posts_json_and_never_retries',
  },
  {
    fault: 'latest in place of a version',
    file: 'modules/muster/jobs.tf',
    from: 'version    = secret_environment_variables.value.version',
    to: 'version    = "latest"',
    caughtBy: 'secrets_are_pinned_by_number',
  },
  {
    fault: 'a broader role',
    file: 'modules/muster/iam.tf',
    from: 'bucket = google_storage_bucket.leases.name\n  role   = "roles/storage.objectUser"',
    to: 'bucket = google_storage_bucket.leases.name\n  role   = "roles/storage.objectAdmin"',
    caughtBy: 'each_account_holds_exactly_what_it_needs',
  },
  {
    fault: 'an attempt deadline under the timeout',
    file: 'modules/muster/jobs.tf',
    from: 'local.timeouts[name] + 15',
    to: 'local.timeouts[name] - 15',
    caughtBy: 'Resource precondition failed',
  },
  {
    fault: 'an attempt deadline under the timeout let through',
    file: 'modules/muster/jobs.tf',
    from: 'local.attempt_deadlines[each.key] - local.timeouts[each.key] >= 10',
    to: 'local.attempt_deadlines[each.key] - local.timeouts[each.key] >= -10',
    caughtBy: 'an_attempt_deadline_under_the_timeout_is_refused',
  },
  {
    fault: 'an audience with a query string',
    file: 'modules/muster/scheduler.tf',
    from: 'audience              = google_cloudfunctions2_function.job[each.key].service_config[0].uri',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is Terraform's interpolation
    to: 'audience              = "${google_cloudfunctions2_function.job[each.key].service_config[0].uri}?run"',
    caughtBy: 'the_token_is_made_out_to_the_function_s_own_address',
  },
  {
    fault: 'enforce by default',
    file: 'modules/muster/variables.tf',
    from: 'optional(string, "observe")',
    to: 'optional(string, "enforce")',
    caughtBy: 'nothing_is_written_unless_somebody_says_enforce',
  },
  {
    fault: "the other job's secret readable",
    file: 'modules/muster/secrets.tf',
    from: 'for secret in toset(concat(values(job.secrets)[*].secret,',
    to: 'for secret in toset(concat(flatten(values(var.jobs)[*].secrets[*].secret),',
    caughtBy: 'each_account_holds_exactly_what_it_needs',
  },
  {
    fault: 'a schedule of six fields let through',
    file: 'modules/muster/variables.tf',
    from: '( [0-9A-Za-z*,/-]+){4}$',
    to: '( [0-9A-Za-z*,/-]+){4,5}$',
    caughtBy: 'a_schedule_of_six_fields_is_refused',
  },
  {
    fault: 'a metric that Monitoring has to know at the first apply',
    file: 'modules/muster/alerts.tf',
    from: 'disable_metric_validation = true',
    to: 'disable_metric_validation = false',
    caughtBy: 'the_first_apply_does_not_need_metrics_that_monitoring_knows',
  },
  {
    fault: 'dry runs count as success',
    file: 'modules/muster/alerts.tf',
    from: 'unchanged|$',
    to: 'unchanged|planned|$',
    caughtBy: 'success_is_what_the_mode_calls_success',
  },
  {
    fault: 'an alert before the first run',
    file: 'modules/muster/alerts.tf',
    from: 'job.interval_minutes * 60 + 600 }',
    to: '600 }',
    caughtBy: 'the_first_run_of_an_installation_has_an_interval_and_ten_minutes_before_an_alert',
  },
  {
    fault: 'a chart left out',
    file: 'modules/muster/dashboard.tf',
    from: 'metrics = ["seats_in_use"]',
    to: 'metrics = ["accounts_pending"]',
    caughtBy: 'the_dashboard_shows_every_metric',
  },
  {
    fault: 'public reports',
    file: 'modules/muster/reports.tf',
    from: 'public_access_prevention    = "enforced"',
    to: 'public_access_prevention    = "inherited"',
    caughtBy: 'reports_are_private_versioned_and_kept_for_400_days',
  },
  {
    fault: 'reports of 40 days',
    file: 'modules/muster/reports.tf',
    from: '= 400',
    to: '= 40',
    caughtBy: 'reports_are_private_versioned_and_kept_for_400_days',
  },
  {
    fault: 'reports without versions',
    file: 'modules/muster/reports.tf',
    from: 'enabled = true',
    to: 'enabled = false',
    caughtBy: 'reports_are_private_versioned_and_kept_for_400_days',
  },
  {
    fault: 'reports deleted with the installation',
    file: 'modules/muster/reports.tf',
    from: 'force_destroy               = false',
    to: 'force_destroy               = true',
    caughtBy: 'reports_are_private_versioned_and_kept_for_400_days',
  },
  {
    fault: "the other job's reports readable",
    file: 'modules/muster/reports.tf',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is Terraform's interpolation
    from: '/objects/${name}/"',
    to: '/objects/"',
    caughtBy: 'a_function_creates_and_reads_reports_of_its_own_job_and_replaces_only_the_latest',
  },
  {
    fault: 'reports although they are switched off',
    file: 'modules/muster/reports.tf',
    from: 'count = var.reports ? 1 : 0',
    to: 'count = 1',
    caughtBy: 'without_the_switch_there_is_no_bucket_for_reports',
  },
  {
    fault: "an existing installation's functions destroyed",
    file: 'moved.tf',
    from: 'to   = module.muster.google_cloudfunctions2_function.job',
    to: 'to   = module.muster.google_cloudfunctions2_function.job["other"]',
    caughtBy: 'keeps_its_resources_when_the_root_takes_it_over',
  },
  {
    fault: 'a variable that does not reach the module',
    file: 'main.tf',
    from: 'vpc_connector_id      = var.vpc_connector_id',
    to: 'vpc_connector_id      = null',
    caughtBy: 'every_variable_reaches_the_module',
  },
  {
    fault: 'a misspelt key of a job let through',
    file: 'variables.tf',
    from: 'length(setsubtract(keys(job), local.job_keys)) == 0',
    to: 'length(setsubtract(keys(job), local.job_keys)) < 9',
    caughtBy: 'a_misspelt_key_of_a_job_is_refused',
  },
  {
    fault: 'an argument misspelt',
    file: 'modules/muster/jobs.tf',
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
  it('pass, and are at least sixty', { timeout: 300_000 }, () => {
    const { status, output } = check(folder);
    expect(status, output).toBe(0);
    expect(output.match(/^ {2}run ".+"\.\.\. pass$/gm)?.length).toBeGreaterThanOrEqual(60);
  });

  it('accept terraform.tfvars.example as it is', { timeout: 300_000 }, () => {
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
