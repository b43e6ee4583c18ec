locals {
  signals = yamldecode(file("${path.module}/signals.yaml"))

  written_by_functions = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for name in values(local.functions) : "\"${name}\""])})"

  bounds = {
    ms  = [500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 90000, 120000, 180000, 240000, 600000, 1800000]
    "1" = [-100, -50, -20, -10, -5, -2, -1, 0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000]
  }
}

resource "google_logging_metric" "signal" {
  for_each = local.signals.metrics

  project     = var.project_id
  name        = "${var.name_prefix}/${each.key}"
  description = each.value.about
  filter      = "${local.written_by_functions} AND ${each.value.filter}"

  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }
  value_extractor  = can(each.value.value) ? "EXTRACT(jsonPayload.${each.value.value})" : null

  metric_descriptor {
    display_name = each.value.about
    metric_kind  = "DELTA"
    value_type   = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit         = each.value.unit

    dynamic "labels" {
      for_each = toset(each.value.labels)

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.value) ? [local.bounds[each.value.unit]] : []

    content {
      explicit_buckets {
        bounds = bucket_options.value
      }
    }
  }

  depends_on = [google_project_service.required]
}
