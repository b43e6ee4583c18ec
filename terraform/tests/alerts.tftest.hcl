mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "each_job_has_its_six_alerts" {
  command = plan

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

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.no_success), values(google_monitoring_alert_policy.drift)) :
      policy.notification_channels == tolist(["projects/example-project/notificationChannels/42", "projects/example-project/notificationChannels/1234567890"])
    ])
    error_message = "the given channel and the one made of the address"
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.no_success), values(google_monitoring_alert_policy.drift)) :
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

run "silence_is_noticed_within_what_monitoring_can_measure" {
  command = plan

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "0 */12 * * *", interval_minutes = 720, missed_runs = 3 }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, missed_runs = 5 }
      minutely         = { entry_point = "minutely", schedule = "* * * * *", interval_minutes = 1, missed_runs = 1 }
    }
  }

  assert {
    condition     = { for name, policy in google_monitoring_alert_policy.no_success : name => policy.conditions[0].condition_absent[0].duration } == { growthbook-roles = "84600s", gitlab-approvals = "900s", minutely = "600s" }
    error_message = "missed runs times interval, at least 10 minutes, at most 23.5 hours"
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.no_success : policy.conditions[1].condition_threshold[0].aggregations[0].alignment_period == policy.conditions[0].condition_absent[0].duration])
    error_message = "zeros count as silence over the same time"
  }
}

run "success_is_what_the_mode_calls_success" {
  command = plan

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, mode = "enforce" }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3 }
    }
  }

  assert {
    condition     = google_monitoring_alert_policy.no_success["growthbook-roles"].conditions[0].condition_absent[0].filter == "metric.type=\"logging.googleapis.com/user/muster/runs\" AND resource.type=\"cloud_run_revision\" AND metric.labels.job=\"growthbook-roles\" AND metric.labels.mode=\"enforce\" AND metric.labels.outcome=one_of(\"unchanged\",\"applied\")"
    error_message = "an enforcing job succeeds when it changed what was due, and a dry run by hand is no success"
  }

  assert {
    condition     = endswith(google_monitoring_alert_policy.no_success["gitlab-approvals"].conditions[0].condition_absent[0].filter, "metric.labels.mode=\"observe\" AND metric.labels.outcome=one_of(\"unchanged\",\"planned\")")
    error_message = "an observing job succeeds when it planned"
  }
}

run "drift_is_nine_tenths_of_a_day_s_runs" {
  command = plan

  assert {
    condition     = { for name, policy in google_monitoring_alert_policy.drift : name => policy.conditions[0].condition_threshold[0].threshold_value } == { growthbook-roles = 43, gitlab-approvals = 432 }
    error_message = "43 of 48 and 432 of 480"
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.drift : policy.conditions[0].condition_threshold[0].aggregations[0].alignment_period == "86400s" && policy.conditions[0].condition_threshold[0].comparison == "COMPARISON_GT"])
    error_message = "counted over one day"
  }

  assert {
    condition     = endswith(google_monitoring_alert_policy.drift["growthbook-roles"].conditions[0].condition_threshold[0].filter, "metric.labels.mode=\"observe\" AND metric.labels.outcome=\"planned\"")
    error_message = "only what an observing run planned is drift"
  }
}

run "every_metric_reads_the_functions_lines_and_knows_its_job" {
  command = plan

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : startswith(metric.filter, "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"muster-gitlab-approvals\" OR \"muster-growthbook-roles\") AND ")])
    error_message = "lines of both functions and of nothing else"
  }

  assert {
    condition     = alltrue([for metric in google_logging_metric.signal : metric.label_extractors["job"] == "EXTRACT(jsonPayload.job)"])
    error_message = "each is told apart by job"
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

  assert {
    condition = toset(flatten([
      for tile in jsondecode(output.dashboard).mosaicLayout.tiles : [for data in tile.widget.xyChart.dataSets : regex("user/muster/([a-z_]+)", data.timeSeriesQuery.timeSeriesFilter.filter)[0]]
    ])) == toset(keys(google_logging_metric.signal))
    error_message = "no figure is left out, none is made up"
  }

  assert {
    condition     = length(jsondecode(output.dashboard).mosaicLayout.tiles) == 8
    error_message = "one tile for each chart"
  }
}
