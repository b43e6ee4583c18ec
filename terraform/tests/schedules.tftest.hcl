mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_schedule_posts_json_and_never_retries" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = { for name, job in google_cloud_scheduler_job.run : name => job.schedule } == { growthbook-roles = "*/30 * * * *", gitlab-approvals = "*/3 * * * *" }
    error_message = "the schedules of the map"
  }

  assert {
    condition = alltrue([
      for job in concat(values(google_cloud_scheduler_job.run), values(google_cloud_scheduler_job.dry_run)) :
      job.http_target[0].http_method == "POST" && job.http_target[0].headers == tomap({ Content-Type = "application/json" })
    ])
    error_message = "a POST that says it is JSON"
  }

  assert {
    condition     = alltrue([for job in concat(values(google_cloud_scheduler_job.run), values(google_cloud_scheduler_job.dry_run)) : job.retry_config[0].retry_count == 0])
    error_message = "no call is tried again"
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.run : jsondecode(base64decode(job.http_target[0].body)) == {}])
    error_message = "the scheduled call asks for nothing special"
  }
}

run "the_token_is_made_out_to_the_function_s_own_address" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = { for name, job in google_cloud_scheduler_job.run : name => [job.http_target[0].uri, job.http_target[0].oidc_token[0].audience, job.http_target[0].oidc_token[0].service_account_email] } == {
      growthbook-roles = ["https://growthbook.example.run.app", "https://growthbook.example.run.app", "growthbook-call@example-project.iam.gserviceaccount.com"]
      gitlab-approvals = ["https://gitlab.example.run.app", "https://gitlab.example.run.app", "gitlab-call@example-project.iam.gserviceaccount.com"]
    }
    error_message = "address, audience and caller belong to the same job, and the audience has no query string"
  }

  assert {
    condition = alltrue([
      for name, job in google_cloud_scheduler_job.dry_run :
      job.http_target[0].uri == google_cloud_scheduler_job.run[name].http_target[0].uri &&
      job.http_target[0].oidc_token[0].audience == google_cloud_scheduler_job.run[name].http_target[0].oidc_token[0].audience &&
      job.http_target[0].oidc_token[0].service_account_email == google_cloud_scheduler_job.run[name].http_target[0].oidc_token[0].service_account_email
    ])
    error_message = "the dry run calls the same function in the same way"
  }
}

run "a_dry_run_is_always_paused_and_says_that_it_is_one" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.dry_run : job.paused])
    error_message = "a dry run starts by hand only"
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.dry_run : jsondecode(base64decode(job.http_target[0].body)) == { dryRun = true }])
    error_message = "the body asks for a dry run"
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.run : job.paused == false])
    error_message = "the schedule itself runs"
  }

  assert {
    condition     = output.dry_run_commands["growthbook-roles"] == "gcloud scheduler jobs run muster-growthbook-roles-dry-run --location europe-west1 --project example-project"
    error_message = "the output shows the command"
  }
}

run "the_kill_switch_stops_one_job" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, paused = true }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3 }
    }
  }

  assert {
    condition     = { for name, job in google_cloud_scheduler_job.run : name => job.paused } == { growthbook-roles = true, gitlab-approvals = false }
    error_message = "paused stops this job's schedule and no other"
  }

  assert {
    condition     = { for name in keys(var.jobs) : name => google_monitoring_alert_policy.metric["${name}/no_success"].enabled } == { growthbook-roles = false, gitlab-approvals = true }
    error_message = "a paused job needs no success"
  }
}
