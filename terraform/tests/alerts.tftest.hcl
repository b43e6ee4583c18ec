mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "each_job_has_its_six_alerts" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = toset(output.alert_policies) == toset(flatten([for job in ["growthbook-roles", "gitlab-approvals"] : [for title in [
      "a run failed",
      "safety refused a plan",
      "a lost write had to be repeated",
      "the scheduler's call failed",
      "no successful run",
      "drift has stood for a day in observe mode",
    ] : "Muster ${job}: ${title}"]]))
    error_message = "six alerts for each job"
  }
}

run "every_alert_reaches_somebody_and_says_what_to_do" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.metric)) :
      policy.notification_channels == tolist(["projects/example-project/notificationChannels/42", "projects/example-project/notificationChannels/1234567890"])
    ])
    error_message = "the given channel and the one made of the address"
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.metric)) :
      strcontains(policy.documentation[0].content, "## What to do") && strcontains(policy.documentation[0].content, "gcloud ") && length(policy.documentation[0].content) < 8192
    ])
    error_message = "each carries steps with commands, within the limit of 8 KiB"
  }

  assert {
    condition     = alltrue([for key, policy in google_monitoring_alert_policy.line : strcontains(policy.documentation[0].content, "muster-${split("/", key)[0]}") && strcontains(policy.documentation[0].content, "--project example-project")])
    error_message = "the commands can be pasted as they stand"
  }
}

run "a_refused_plan_is_critical" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = google_monitoring_alert_policy.line["growthbook-roles/plan_refused"].severity == "CRITICAL" && google_monitoring_alert_policy.line["gitlab-approvals/plan_refused"].severity == "CRITICAL"
    error_message = "CRITICAL"
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.line : contains(["CRITICAL", "ERROR", "WARNING"], policy.severity) && policy.combiner == "OR"])
    error_message = "the severities that Monitoring knows"
  }
}

run "an_alert_on_lines_reads_its_own_job_s_lines_only" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = startswith(google_monitoring_alert_policy.line["growthbook-roles/run_failed"].conditions[0].condition_matched_log[0].filter, "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"muster-growthbook-roles\" AND ")
    error_message = "a run that fails is read from the function's log"
  }

  assert {
    condition     = startswith(google_monitoring_alert_policy.line["gitlab-approvals/scheduler_failed"].conditions[0].condition_matched_log[0].filter, "resource.type=\"cloud_scheduler_job\" AND resource.labels.job_id=\"muster-gitlab-approvals\" AND ")
    error_message = "a call that fails is read from the scheduler's log"
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.line : policy.alert_strategy[0].notification_rate_limit[0].period == "1800s"])
    error_message = "alerts on lines need a limit of their rate"
  }
}

run "missing_success_is_noticed_after_the_missed_runs_and_ten_minutes" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 */12 * * *", interval_minutes = 720, missed_runs = 3 }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, missed_runs = 5 }
      minutely         = { entry_point = "minutely", schedule = "* * * * *", interval_minutes = 1, missed_runs = 1 }
    }
  }

  assert {
    condition = { for name in keys(var.jobs) : name => [
      regex("\\[([0-9]+s)\\]", google_monitoring_alert_policy.metric["${name}/no_success"].conditions[0].condition_prometheus_query_language[0].query)[0],
      google_monitoring_alert_policy.metric["${name}/no_success"].conditions[0].condition_prometheus_query_language[0].duration,
      ] } == {
      growthbook-roles = ["86400s", "43800s"]
      gitlab-approvals = ["720s", "780s"]
      minutely         = ["300s", "660s"]
    }
    error_message = "none in the missed runs but one, and this for one interval and 10 minutes more"
  }

  assert {
    condition     = google_monitoring_alert_policy.metric["gitlab-approvals/no_success"].conditions[0].display_name == "no successful run for 25 minutes" && strcontains(google_monitoring_alert_policy.metric["gitlab-approvals/no_success"].documentation[0].content, "25 minutes")
    error_message = "the alert says the time"
  }
}

run "the_first_run_of_an_installation_has_an_interval_and_ten_minutes_before_an_alert" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = alltrue([for name, job in var.jobs :
      tonumber(trimsuffix(google_monitoring_alert_policy.metric["${name}/no_success"].conditions[0].condition_prometheus_query_language[0].duration, "s")) == job.interval_minutes * 60 + 600
    ])
    error_message = "the condition is true from the start and has to hold that long"
  }
}

run "the_first_apply_does_not_need_metrics_that_monitoring_knows" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = length(google_monitoring_alert_policy.metric) == 4 && alltrue([for policy in google_monitoring_alert_policy.metric : length(policy.conditions) == 1 && policy.conditions[0].condition_prometheus_query_language[0].disable_metric_validation])
    error_message = "one condition in PromQL, without validation of the metric"
  }

  assert {
    condition = alltrue([for policy in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.metric)) :
      length(policy.conditions[0].condition_threshold) == 0 && length(policy.conditions[0].condition_absent) == 0
    ])
    error_message = "no condition is a filter on a metric, which Monitoring refuses while it does not know the metric"
  }
}

run "success_is_what_the_mode_calls_success" {
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
    condition     = google_monitoring_alert_policy.metric["growthbook-roles/no_success"].conditions[0].condition_prometheus_query_language[0].query == "(sum(increase({\"logging.googleapis.com/user/muster/runs\", monitored_resource=\"cloud_run_revision\", job=\"growthbook-roles\", mode=\"enforce\", outcome=~\"unchanged|applied\"}[3600s])) or vector(0)) < 0.5"
    error_message = "an enforcing job succeeds when it applied its plan or found nothing to change; a dry run by hand is no success"
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.metric["gitlab-approvals/no_success"].conditions[0].condition_prometheus_query_language[0].query, "mode=\"observe\", outcome=~\"unchanged|planned\"")
    error_message = "an observing job succeeds when it planned"
  }
}

run "drift_is_nine_tenths_of_a_day_s_runs" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = { for name in keys(var.jobs) : name => google_monitoring_alert_policy.metric["${name}/drift"].conditions[0].condition_prometheus_query_language[0].query } == { for name, runs in { growthbook-roles = 43, gitlab-approvals = 432 } : name =>
      "sum(increase({\"logging.googleapis.com/user/muster/runs\", monitored_resource=\"cloud_run_revision\", job=\"${name}\", mode=\"observe\", outcome=\"planned\"}[1d])) > ${runs}.5"
    }
    error_message = "more than 43 of 48 and 432 of 480 of a day's observing runs found something to change"
  }

  assert {
    condition     = google_monitoring_alert_policy.metric["growthbook-roles/drift"].enabled
    error_message = "drift is looked for in observe mode"
  }
}

run "an_enforcing_job_has_no_drift" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, mode = "enforce" } }
  }

  assert {
    condition     = google_monitoring_alert_policy.metric["growthbook-roles/drift"].enabled == false
    error_message = "its plans are carried out"
  }
}

run "every_metric_reads_the_functions_lines_and_knows_its_job" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : startswith(metric.filter, "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"muster-gitlab-approvals\" OR \"muster-growthbook-roles\") AND ")])
    error_message = "lines of both functions and of nothing else"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : metric.label_extractors["job"] == "EXTRACT(jsonPayload.job)"])
    error_message = "each has the job as a label"
  }

  assert {
    condition     = google_logging_metric.signal["runs"].label_extractors == tomap({ job = "EXTRACT(jsonPayload.job)", outcome = "EXTRACT(jsonPayload.outcome)", mode = "EXTRACT(jsonPayload.mode)" })
    error_message = "runs are counted by job, outcome and mode"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : toset(keys(metric.label_extractors)) == toset([for label in metric.metric_descriptor[0].labels : label.key])])
    error_message = "each label that is extracted is declared"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : (length(metric.bucket_options) == 1) == (metric.metric_descriptor[0].value_type == "DISTRIBUTION") && metric.metric_descriptor[0].metric_kind == "DELTA"])
    error_message = "a figure is a distribution with buckets, a count is not"
  }

  assert {
    condition     = google_logging_metric.signal["seats_in_use"].value_extractor == "EXTRACT(jsonPayload.gauges.seatsInUse)" && google_logging_metric.signal["head_room_approvals"].value_extractor == "EXTRACT(jsonPayload.headRoom.approvals)"
    error_message = "figures are read from the line"
  }
}

run "the_dashboard_shows_every_metric" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = toset(flatten([
      for tile in jsondecode(google_monitoring_dashboard.muster.dashboard_json).mosaicLayout.tiles : [for data in tile.widget.xyChart.dataSets : regex("user/muster/([a-z_]+)", data.timeSeriesQuery.timeSeriesFilter.filter)[0]]
    ])) == toset(keys(google_logging_metric.signal))
    error_message = "every metric, and no other"
  }

  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.muster.dashboard_json).mosaicLayout.tiles) == 8
    error_message = "one tile for each chart"
  }
}
