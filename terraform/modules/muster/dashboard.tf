locals {
  charts = [
    { title = "Runs by job and outcome", metrics = ["runs"], by = ["job", "outcome"], count = true },
    { title = "Changes by kind and result", metrics = ["changes"], by = ["job", "kind", "result"], count = true },
    { title = "Duration of runs (ms)", metrics = ["run_duration"], by = ["job"], count = false },
    { title = "Writes that were lost and repeated", metrics = ["lost_writes"], by = ["job"], count = true },
    { title = "Left until the limit: losses", metrics = ["head_room_revokes", "head_room_downgrades"], by = ["job"], count = false },
    { title = "Left until the limit: gains", metrics = ["head_room_gains", "head_room_highest", "head_room_approvals"], by = ["job"], count = false },
    { title = "Accounts that wait for approval", metrics = ["accounts_pending"], by = ["job"], count = false },
    { title = "Full seats in use", metrics = ["seats_in_use"], by = ["job"], count = false },
  ]

  dashboard = {
    displayName = "Muster (${var.name_prefix})"
    mosaicLayout = {
      columns = 48
      tiles = [for position, chart in local.charts : {
        xPos   = position % 2 * 24
        yPos   = floor(position / 2) * 16
        width  = 24
        height = 16
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [for metric in chart.metrics : {
              plotType           = chart.count ? "STACKED_BAR" : "LINE"
              legendTemplate     = "${metric} ${join(" ", [for label in chart.by : "$${metric.labels.${label}}"])}"
              minAlignmentPeriod = "300s"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.signal[metric].name}\" AND resource.type=\"cloud_run_revision\""
                  aggregation = {
                    alignmentPeriod    = "300s"
                    perSeriesAligner   = chart.count ? "ALIGN_SUM" : "ALIGN_DELTA"
                    crossSeriesReducer = chart.count ? "REDUCE_SUM" : "REDUCE_MEAN"
                    groupByFields      = [for label in chart.by : "metric.label.${label}"]
                  }
                }
              }
            }]
          }
        }
      }]
    }
  }
}

resource "google_monitoring_dashboard" "muster" {
  project        = var.project_id
  dashboard_json = jsonencode(local.dashboard)

  depends_on = [google_project_service.required]
}
