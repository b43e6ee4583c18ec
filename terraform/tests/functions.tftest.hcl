mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "both_jobs_are_made" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = { for name, function in google_cloudfunctions2_function.job : function.name => function.build_config[0].entry_point } == { muster-growthbook-roles = "growthbookRoles", muster-gitlab-approvals = "gitlabApprovals" }
    error_message = "each job is one function with its own entry point"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.build_config[0].runtime == "nodejs24"])
    error_message = "the functions run on nodejs24"
  }
}

run "nothing_is_written_unless_somebody_says_enforce" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].environment_variables["MODE"] == "observe"])
    error_message = "without a mode in the map of jobs every function observes"
  }

  assert {
    condition     = output.modes == { growthbook-roles = "observe", gitlab-approvals = "observe" }
    error_message = "the output shows the modes"
  }
}

run "one_job_is_set_to_enforce_and_the_other_is_not" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, mode = "enforce" }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3 }
    }
  }

  assert {
    condition     = { for name, function in google_cloudfunctions2_function.job : name => function.service_config[0].environment_variables["MODE"] } == { growthbook-roles = "enforce", gitlab-approvals = "observe" }
    error_message = "a job's mode is its own"
  }
}

run "two_runs_never_share_a_function" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].max_instance_count == 1])
    error_message = "there is at most one instance"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].max_instance_request_concurrency == 1])
    error_message = "an instance takes one request at a time"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].environment_variables["LEASE_BUCKET"] == "example-project-muster-leases"])
    error_message = "every function knows where its lease is kept"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : tonumber(function.service_config[0].environment_variables["LEASE_SECONDS"]) > function.service_config[0].timeout_seconds])
    error_message = "a lease outlasts the function's timeout"
  }
}

run "a_function_has_half_a_gibibyte_and_one_cpu" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].available_memory == "512Mi" && function.service_config[0].available_cpu == "1"])
    error_message = "512Mi and one CPU"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].min_instance_count == 0])
    error_message = "no instance is kept warm"
  }
}

run "deadlines_end_one_after_the_other" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.job :
      function.service_config[0].timeout_seconds - tonumber(function.service_config[0].environment_variables["SYNC_DEADLINE_SECONDS"]) >= 10
    ])
    error_message = "a run stops by itself at least 10 s before Cloud Run ends it"
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.job :
      tonumber(trimsuffix(google_cloud_scheduler_job.run[name].attempt_deadline, "s")) - function.service_config[0].timeout_seconds >= 10
    ])
    error_message = "Cloud Run ends a run at least 10 s before Cloud Scheduler gives up"
  }

  assert {
    condition     = { for name, function in google_cloudfunctions2_function.job : name => function.service_config[0].environment_variables["SYNC_DEADLINE_SECONDS"] } == { growthbook-roles = "240", gitlab-approvals = "150" }
    error_message = "the deadlines are 240 s, or 30 s less than the interval"
  }

  assert {
    condition     = alltrue([for name, job in var.jobs : tonumber(trimsuffix(google_cloud_scheduler_job.run[name].attempt_deadline, "s")) <= job.interval_minutes * 60])
    error_message = "a call is given up before the next one is due"
  }
}

run "a_timeout_too_close_to_the_deadline_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, deadline_seconds = 240, timeout_seconds = 249 } }
  }

  expect_failures = [google_cloudfunctions2_function.job]
}

run "an_attempt_deadline_under_the_timeout_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, timeout_seconds = 300, attempt_deadline_seconds = 299 } }
  }

  expect_failures = [google_cloudfunctions2_function.job]
}

run "a_run_that_may_outlast_its_interval_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, deadline_seconds = 160 } }
  }

  expect_failures = [google_cloudfunctions2_function.job]
}

run "a_deadline_above_the_code_s_maximum_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 * * * *", interval_minutes = 60, deadline_seconds = 1701 } }
  }

  expect_failures = [google_cloudfunctions2_function.job]
}

run "the_longest_deadline_fits_under_cloud_scheduler_s_half_hour" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 * * * *", interval_minutes = 60, deadline_seconds = 1700 } }
  }

  assert {
    condition     = google_cloudfunctions2_function.job["growthbook-roles"].service_config[0].timeout_seconds == 1715 && google_cloud_scheduler_job.run["growthbook-roles"].attempt_deadline == "1730s"
    error_message = "1700, 1715 and 1730 s"
  }
}

run "operators_settings_reach_the_function" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = google_cloudfunctions2_function.job["growthbook-roles"].service_config[0].environment_variables == tomap({
      GROWTHBOOK_PROJECT    = "prj_1"
      MODE                  = "observe"
      SYNC_DEADLINE_SECONDS = "240"
      LEASE_BUCKET          = "example-project-muster-leases"
      LEASE_SECONDS         = "285"
      GOOGLE_CLOUD_PROJECT  = "example-project"
      LDAP_CA_CERT_PATH     = "/etc/muster-ldap/ca.pem"
    })
    error_message = "the settings of the map, and those that Terraform knows"
  }
}

run "a_change_of_the_source_changes_the_object_s_name" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = google_storage_bucket_object.source.name == "muster-${filesha256("tests/source.zip")}.zip"
    error_message = "the object is named by the zip's hash"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.build_config[0].source[0].storage_source[0].object == google_storage_bucket_object.source.name])
    error_message = "each function is built from that object"
  }

  assert {
    condition     = alltrue([for bucket in [google_storage_bucket.source, google_storage_bucket.leases] : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "no bucket can be made public"
  }
}

run "every_needed_api_is_enabled_and_stays_so_after_removal" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = toset(keys(google_project_service.required)) == toset([for name in [
      "artifactregistry", "cloudbuild", "cloudfunctions", "cloudscheduler", "compute", "iam", "logging", "monitoring", "run", "secretmanager", "storage", "vpcaccess",
    ] : "${name}.googleapis.com"])
    error_message = "exactly the APIs that the resources need"
  }

  assert {
    condition     = alltrue([for service in google_project_service.required : service.disable_on_destroy == false])
    error_message = "removing Muster takes no API away from others"
  }
}
