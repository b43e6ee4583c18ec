mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "without_the_switch_there_is_no_bucket_for_reports" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = length(google_storage_bucket.reports) == 0 && length(google_storage_bucket_iam_member.report_creator) == 0 && length(google_storage_bucket_iam_member.report_reader) == 0 && length(google_storage_bucket_iam_member.report_latest) == 0
    error_message = "no bucket and no role"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : !contains(keys(function.service_config[0].environment_variables), "REPORTS")]) && output.reports == {}
    error_message = "the functions keep no report"
  }
}

run "reports_are_private_versioned_and_kept_for_400_days" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    reports = true
  }

  assert {
    condition     = google_storage_bucket.reports[0].name == "example-project-muster-reports"
    error_message = "one bucket for all jobs"
  }

  assert {
    condition     = google_storage_bucket.reports[0].public_access_prevention == "enforced" && google_storage_bucket.reports[0].uniform_bucket_level_access
    error_message = "no report can be made public"
  }

  assert {
    condition     = google_storage_bucket.reports[0].versioning[0].enabled
    error_message = "an object that is replaced stays as a noncurrent version"
  }

  assert {
    condition = [for rule in google_storage_bucket.reports[0].lifecycle_rule : [one(rule.action).type, one(rule.condition).age, one(rule.condition).with_state]] == [
      ["Delete", 400, "ANY"]
    ]
    error_message = "nothing is deleted before 400 days, and every version is then"
  }

  assert {
    condition     = google_storage_bucket.reports[0].force_destroy == false
    error_message = "terraform destroy does not delete reports"
  }
}

run "each_function_has_the_bucket_as_a_setting" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    reports = true
  }

  assert {
    condition = { for name, function in google_cloudfunctions2_function.job : name => function.service_config[0].environment_variables["REPORTS"] } == {
      growthbook-roles = "gs://example-project-muster-reports"
      gitlab-approvals = "gs://example-project-muster-reports"
    }
    error_message = "REPORTS is the bucket: a run adds the job's name"
  }
}

run "a_function_creates_and_reads_reports_of_its_own_job_and_replaces_only_the_latest" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    reports = true
  }

  assert {
    condition = toset([for binding in concat(
      values(google_storage_bucket_iam_member.report_creator),
      values(google_storage_bucket_iam_member.report_reader),
      values(google_storage_bucket_iam_member.report_latest),
      ) : "${binding.member} ${binding.role} ${binding.bucket}: ${binding.condition[0].expression}"]) == toset(flatten([for name, account in { growthbook-roles = "growthbook", gitlab-approvals = "gitlab" } : [for line in [
        "roles/storage.objectCreator example-project-muster-reports: resource.name.startsWith(\"projects/_/buckets/example-project-muster-reports/objects/${name}/\")",
        "roles/storage.objectViewer example-project-muster-reports: resource.name.startsWith(\"projects/_/buckets/example-project-muster-reports/objects/${name}/\") || api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"${name}/\")",
        "roles/storage.objectUser example-project-muster-reports: resource.name.startsWith(\"projects/_/buckets/example-project-muster-reports/objects/${name}/latest\")",
    ] : "serviceAccount:${account}-run@example-project.iam.gserviceaccount.com ${line}"]]))
    error_message = "three conditional roles for each job"
  }
}

run "reports_beside_a_setting_of_that_name_are_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    reports = true
    jobs    = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, environment = { REPORTS = "gs://elsewhere" } } }
  }

  expect_failures = [var.reports]
}
