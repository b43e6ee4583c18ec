mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "a_schedule_of_six_fields_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 */30 * * * *", interval_minutes = 30 } }
  }

  expect_failures = [var.jobs]
}

run "an_interval_that_is_not_the_schedule_s_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 3 } }
  }

  expect_failures = [var.jobs]
}

run "an_interval_beyond_what_absence_can_notice_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 3 * * *", interval_minutes = 1440 } }
  }

  expect_failures = [var.jobs]
}

run "an_unknown_mode_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, mode = "apply" } }
  }

  expect_failures = [var.jobs]
}

run "no_job_at_all_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {}
  }

  expect_failures = [var.jobs]
}

run "a_job_s_name_that_makes_an_account_s_name_too_long_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles1 = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30 } }
  }

  expect_failures = [var.jobs]
}

run "the_longest_names_fit" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    name_prefix = "muster01"
  }

  assert {
    condition     = alltrue([for account in concat(values(google_service_account.runtime), values(google_service_account.invoker)) : length(account.account_id) <= 30])
    error_message = "an account's name has at most 30 characters"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : startswith(metric.name, "muster01/")])
    error_message = "two installations in one project share no metric"
  }
}

run "a_setting_that_terraform_makes_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, environment = { MODE = "enforce" } } }
  }

  expect_failures = [var.jobs]
}

run "alerts_that_reach_nobody_are_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    alert_emails          = []
    notification_channels = []
  }

  expect_failures = [var.notification_channels]
}

run "a_missing_zip_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    source_zip = "tests/missing.zip"
  }

  expect_failures = [var.source_zip]
}

run "a_project_s_number_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    project_id = "123456789012"
  }

  expect_failures = [var.project_id]
}

run "a_zone_in_place_of_a_region_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    region = "europe-west1-b"
  }

  expect_failures = [var.region]
}
