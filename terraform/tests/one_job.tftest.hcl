mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "growthbook_alone" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = {
        entry_point      = "growthbookRoles"
        schedule         = "*/30 * * * *"
        interval_minutes = 30
        secrets          = { GROWTHBOOK_LDAP_SYNC_API_KEY = { secret = "growthbook-key", version = "3" } }
      }
    }
  }

  assert {
    condition = alltrue([for made in [
      keys(google_cloudfunctions2_function.job),
      keys(google_cloud_scheduler_job.run),
      keys(google_cloud_scheduler_job.dry_run),
      keys(google_service_account.runtime),
      keys(google_service_account.invoker),
      keys(google_cloud_run_v2_service_iam_member.invoker),
      keys(google_storage_bucket_iam_member.lease),
      [for name in distinct([for key in keys(google_monitoring_alert_policy.metric) : split("/", key)[0]]) : name],
      ] : made == ["growthbook-roles"]
    ])
    error_message = "nothing is made of a job that is left out"
  }

  assert {
    condition     = keys(google_secret_manager_secret_iam_member.runtime) == ["growthbook-roles/growthbook-key"]
    error_message = "no secret of the other job is touched"
  }

  assert {
    condition     = alltrue([for name in output.alert_policies : startswith(name, "Muster growthbook-roles: ")])
    error_message = "no alert watches a job that is left out"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : strcontains(metric.filter, "resource.labels.service_name=(\"muster-growthbook-roles\")")])
    error_message = "the metrics read this function's lines only"
  }
}

run "gitlab_alone" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      gitlab-approvals = {
        entry_point      = "gitlabApprovals"
        schedule         = "*/3 * * * *"
        interval_minutes = 3
        secrets          = { GITLAB_ACCESS_TOKEN = { secret = "gitlab-token", version = "7" } }
      }
    }
  }

  assert {
    condition     = keys(google_cloudfunctions2_function.job) == ["gitlab-approvals"] && keys(google_cloud_scheduler_job.run) == ["gitlab-approvals"]
    error_message = "one function and its schedule"
  }

  assert {
    condition     = length(google_monitoring_alert_policy.line) == 4 && keys(google_monitoring_alert_policy.metric) == ["gitlab-approvals/drift", "gitlab-approvals/no_success"]
    error_message = "one set of alerts"
  }
}

run "a_third_job_is_one_entry" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30 }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3 }
      wiki-editors     = { entry_point = "wikiEditors", schedule = "5 */2 * * *", interval_minutes = 120 }
    }
  }

  assert {
    condition     = google_cloudfunctions2_function.job["wiki-editors"].name == "muster-wiki-editors" && google_service_account.runtime["wiki-editors"].account_id == "muster-wiki-editors-run" && length(google_monitoring_alert_policy.line) == 12
    error_message = "function, account and alerts follow from the entry"
  }
}
