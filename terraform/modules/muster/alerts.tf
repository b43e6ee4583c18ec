locals {
  alerts = { for alert in setproduct(keys(var.jobs), keys(local.signals.alerts)) : "${alert[0]}/${alert[1]}" => merge(
    { labels = [] },
    local.signals.alerts[alert[1]],
    {
      job     = alert[0]
      name    = alert[1]
      subject = "Muster ${alert[0]}: ${local.signals.alerts[alert[1]].title}"
      steps = templatefile("${path.module}/alerts/${alert[1]}.md", {
        job             = alert[0]
        function        = local.functions[alert[0]]
        project         = var.project_id
        region          = var.region
        mode            = var.jobs[alert[0]].mode
        timeout         = local.timeouts[alert[0]]
        invoker         = "${local.functions[alert[0]]}-call@${var.project_id}.iam.gserviceaccount.com"
        silence_minutes = (local.recent_seconds[alert[0]] + local.grace_seconds[alert[0]]) / 60
      })
    },
  ) }

  written_by = { for name, function in local.functions : name => {
    function  = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${function}\""
    scheduler = "resource.type=\"cloud_scheduler_job\" AND resource.labels.job_id=\"${function}\""
  } }

  # No successful run: none in the recent time, and this for one interval more. Metrics that come from logs are up to
  # 10 minutes late. The same time lets the first run of a new installation end before anybody is alerted.
  recent_seconds = { for name, job in var.jobs : name => max(300, (job.missed_runs - 1) * job.interval_minutes * 60) }
  grace_seconds  = { for name, job in var.jobs : name => job.interval_minutes * 60 + 600 }

  # Nine of ten of a day's runs: a run that failed in between does not hide drift.
  runs_of_a_day = { for name, job in var.jobs : name => floor(0.9 * 1440 / job.interval_minutes) }

  runs = { for name, job in var.jobs : name => join(", ", [
    "\"logging.googleapis.com/user/${google_logging_metric.signal["runs"].name}\"",
    "monitored_resource=\"cloud_run_revision\"",
    "job=\"${name}\"",
    "mode=\"${job.mode}\"",
  ]) }

  # Counts may be fractions, because Monitoring interpolates at the ends of a range: 0.5 separates none from one.
  conditions = merge([for name, job in var.jobs : {
    "${name}/no_success" = {
      title    = "no successful run for ${(local.recent_seconds[name] + local.grace_seconds[name]) / 60} minutes"
      query    = "(sum(increase({${local.runs[name]}, outcome=~\"unchanged|${job.mode == "enforce" ? "applied" : "planned"}\"}[${local.recent_seconds[name]}s])) or vector(0)) < 0.5"
      duration = "${local.grace_seconds[name]}s"
      every    = "60s"
      enabled  = !job.paused
    }
    "${name}/drift" = {
      title    = "more than ${local.runs_of_a_day[name]} runs of a day found something to change"
      query    = "sum(increase({${local.runs[name]}, outcome=\"planned\"}[1d])) > ${local.runs_of_a_day[name] + 0.5}"
      duration = "0s"
      every    = "300s"
      enabled  = job.mode == "observe"
    }
  }]...)

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
  for_each = { for key, alert in local.alerts : key => alert if can(alert.filter) }

  project               = var.project_id
  display_name          = each.value.subject
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
    subject   = each.value.subject
    content   = each.value.steps
  }

  depends_on = [google_project_service.required]
}

# Monitoring knows a new log-based metric only after up to 10 minutes, and refuses a filter on one that it does not know
# ("Cannot find metric(s) that match type"). Only conditions in PromQL can be made before: disable_metric_validation.
# So the first apply needs neither a wait nor a second try. Monitoring takes one condition in PromQL for each policy.
resource "google_monitoring_alert_policy" "metric" {
  for_each = local.conditions

  project               = var.project_id
  display_name          = local.alerts[each.key].subject
  combiner              = "OR"
  severity              = local.alerts[each.key].severity
  enabled               = each.value.enabled
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.duration
      evaluation_interval       = each.value.every
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = local.alerts[each.key].subject
    content   = local.alerts[each.key].steps
  }

  depends_on = [google_project_service.required]
}
