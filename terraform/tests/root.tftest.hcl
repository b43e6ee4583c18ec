# The root: one installation of the module. No mocks with fixed values here: what is made anew gets new random values.
mock_provider "google" {}

run "an_installation_before_the_module" {
  command   = apply
  state_key = "moved"

  module {
    source = "./modules/muster"
  }
}

run "keeps_its_resources_when_the_root_takes_it_over" {
  command   = apply
  state_key = "moved"

  assert {
    condition     = output.uris == run.an_installation_before_the_module.uris && output.vpc_connector_id == run.an_installation_before_the_module.vpc_connector_id
    error_message = "functions and connector are the same ones, moved in the state"
  }

  assert {
    condition     = output.runtime_accounts == run.an_installation_before_the_module.runtime_accounts && output.invoker_accounts == run.an_installation_before_the_module.invoker_accounts
    error_message = "accounts are the same ones, moved in the state"
  }
}

run "every_variable_reaches_the_module" {
  command = plan

  variables {
    project_id            = "other-project"
    region                = "us-east1"
    name_prefix           = "roots"
    source_zip            = "tests/source.zip"
    reports               = true
    vpc_connector_id      = "projects/other-project/locations/us-east1/connectors/theirs"
    alert_emails          = ["other@example.org"]
    notification_channels = []
  }

  assert {
    condition     = output.functions == { growthbook-roles = "roots-growthbook-roles", gitlab-approvals = "roots-gitlab-approvals" } && output.lease_bucket == "other-project-roots-leases"
    error_message = "project and prefix"
  }

  assert {
    condition     = output.dry_run_commands["growthbook-roles"] == "gcloud scheduler jobs run roots-growthbook-roles-dry-run --location us-east1 --project other-project"
    error_message = "region"
  }

  assert {
    condition     = output.vpc_connector_id == "projects/other-project/locations/us-east1/connectors/theirs" && output.reports["growthbook-roles"] == "gs://other-project-roots-reports/growthbook-roles"
    error_message = "connector and reports"
  }

  assert {
    condition     = endswith(output.source_object, "/muster-${filesha256("tests/source.zip")}.zip") && length(output.alert_policies) == 12
    error_message = "source and alerts"
  }
}

run "a_misspelt_key_of_a_job_is_refused" {
  command = plan

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, pausd = true } }
  }

  expect_failures = [var.jobs]
}

run "every_key_of_a_job_is_known" {
  command = plan

  variables {
    jobs = { growthbook-roles = {
      entry_point              = "growthbookRoles"
      schedule                 = "*/30 * * * *"
      interval_minutes         = 30
      time_zone                = "Etc/UTC"
      mode                     = "enforce"
      paused                   = true
      deadline_seconds         = 200
      timeout_seconds          = 220
      attempt_deadline_seconds = 240
      missed_runs              = 2
      environment              = { GROWTHBOOK_PROJECT = "prj_1" }
      secrets                  = { GROWTHBOOK_LDAP_SYNC_API_KEY = { secret = "growthbook-key", version = "3" } }
      ldap_ca                  = { secret = "ldap-ca", version = "2" }
    } }
  }

  assert {
    condition     = output.modes == { growthbook-roles = "enforce" }
    error_message = "a job that says everything is accepted"
  }
}
