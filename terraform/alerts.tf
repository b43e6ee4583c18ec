locals {
  alerts = { for alert in setproduct(keys(var.jobs), keys(local.signals.alerts)) : "${alert[0]}/${alert[1]}" => merge(
    { labels = [] },
    local.signals.alerts[alert[1]],
    { job = alert[0], name = alert[1] },
  ) }

  alerts_on_lines = { for key, alert in local.alerts : key => alert if can(alert.filter) }

  written_by = { for name, function in local.functions : name => {
    function  = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${function}\""
    scheduler = "resource.type=\"cloud_scheduler_job\" AND resource.labels.job_id=\"${function}\""
  } }

  # Monitoring notices absence for 23.5 hours at most; 10 minutes allow for the delay of metrics that come from logs.
  silence_seconds = { for name, job in var.jobs : name => min(84600, max(600, job.missed_runs * job.interval_minutes * 60)) }

  # Nine of ten of a day's runs: a run that failed in between does not hide drift.
  runs_of_a_day = { for name, job in var.jobs : name => floor(0.9 * 1440 / job.interval_minutes) }

  runs_filter = { for name in keys(var.jobs) : name => join(" AND ", [
    "metric.type=\"logging.googleapis.com/user/${google_logging_metric.signal["runs"].name}\"",
    "resource.type=\"cloud_run_revision\"",
    "metric.labels.job=\"${name}\"",
  ]) }
  success_filter = { for name, filter in local.runs_filter : name => join(" AND ", [
    filter,
    "metric.labels.mode=\"${var.jobs[name].mode}\"",
    "metric.labels.outcome=one_of(\"unchanged\",\"${var.jobs[name].mode == "enforce" ? "applied" : "planned"}\")",
  ]) }
  drift_filter = { for name, filter in local.runs_filter : name => "${filter} AND metric.labels.mode=\"observe\" AND metric.labels.outcome=\"planned\"" }

  alert_steps = { for key, alert in local.alerts : key => templatefile("${path.module}/alerts/${alert.name}.md", {
    job             = alert.job
    function        = local.functions[alert.job]
    project         = var.project_id
    region          = var.region
    mode            = var.jobs[alert.job].mode
    timeout         = local.timeouts[alert.job]
    invoker         = "${local.functions[alert.job]}-call@${var.project_id}.iam.gserviceaccount.com"
    silence_minutes = local.silence_seconds[alert.job] / 60
  }) }

  channels = concat(var.notification_channels, [for address in sort(var.alert_emails) : google_monitoring_notification_channel.email[address].name])
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project_id
  display_name = "Muster: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.required]
}

resource "google_monitoring_alert_policy" "line" {
  for_each = local.alerts_on_lines

  project               = var.project_id
  display_name          = "Muster ${each.value.job}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter           = "${local.written_by[each.value.job][each.value.from]} AND ${each.value.filter}"
      label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }
    }
  }

  alert_strategy {
    auto_close = "3600s"

    notification_rate_limit {
      period = "1800s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Muster ${each.value.job}: ${each.value.title}"
    content   = local.alert_steps[each.key]
  }

  depends_on = [google_project_service.required]
}

# A metric is known to Monitoring only some minutes after it is made. These policies wait for the functions, whose
# build takes as long.
resource "google_monitoring_alert_policy" "no_success" {
  for_each = var.jobs

  project               = var.project_id
  display_name          = "Muster ${each.key}: ${local.signals.alerts.no_success.title}"
  combiner              = "OR"
  severity              = local.signals.alerts.no_success.severity
  enabled               = !each.value.paused
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "no word of success for ${local.silence_seconds[each.key] / 60} minutes"

    condition_absent {
      filter   = local.success_filter[each.key]
      duration = "${local.silence_seconds[each.key]}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  # A counter can also go on with zeros where nothing is counted, which is no absence.
  conditions {
    display_name = "zero successful runs in ${local.silence_seconds[each.key] / 60} minutes"

    condition_threshold {
      filter          = local.success_filter[each.key]
      comparison      = "COMPARISON_LT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period     = "${local.silence_seconds[each.key]}s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Muster ${each.key}: ${local.signals.alerts.no_success.title}"
    content   = local.alert_steps["${each.key}/no_success"]
  }

  depends_on = [google_cloudfunctions2_function.job]
}

resource "google_monitoring_alert_policy" "drift" {
  for_each = var.jobs

  project               = var.project_id
  display_name          = "Muster ${each.key}: ${local.signals.alerts.drift.title}"
  combiner              = "OR"
  severity              = local.signals.alerts.drift.severity
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "more than ${local.runs_of_a_day[each.key]} runs of a day found something to change"

    condition_threshold {
      filter          = local.drift_filter[each.key]
      comparison      = "COMPARISON_GT"
      threshold_value = local.runs_of_a_day[each.key]
      duration        = "0s"

      aggregations {
        alignment_period     = "86400s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Muster ${each.key}: ${local.signals.alerts.drift.title}"
    content   = local.alert_steps["${each.key}/drift"]
  }

  depends_on = [google_cloudfunctions2_function.job]
}
