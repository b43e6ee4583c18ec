resource "google_cloud_scheduler_job" "run" {
  for_each = var.jobs

  project          = var.project_id
  region           = var.region
  name             = local.functions[each.key]
  description      = "Runs Muster's job ${each.key}"
  schedule         = each.value.schedule
  time_zone        = each.value.time_zone
  paused           = each.value.paused
  attempt_deadline = "${local.attempt_deadlines[each.key]}s"

  # The next run does what this one did not.
  retry_config {
    retry_count = 0
  }

  # The run.app address counts as internal traffic, the cloudfunctions.net address does not.
  http_target {
    uri         = google_cloudfunctions2_function.job[each.key].service_config[0].uri
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({}))

    oidc_token {
      service_account_email = google_service_account.invoker[each.key].email
      audience              = google_cloudfunctions2_function.job[each.key].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}

# Never runs by itself: `gcloud scheduler jobs run` asks for a plan where ingress is internal only.
resource "google_cloud_scheduler_job" "dry_run" {
  for_each = var.jobs

  project          = var.project_id
  region           = var.region
  name             = "${local.functions[each.key]}-dry-run"
  description      = "Asks Muster's job ${each.key} for its plan, when started by hand"
  schedule         = "0 0 1 1 *"
  time_zone        = each.value.time_zone
  paused           = true
  attempt_deadline = "${local.attempt_deadlines[each.key]}s"

  retry_config {
    retry_count = 0
  }

  http_target {
    uri         = google_cloudfunctions2_function.job[each.key].service_config[0].uri
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ dryRun = true }))

    oidc_token {
      service_account_email = google_service_account.invoker[each.key].email
      audience              = google_cloudfunctions2_function.job[each.key].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}
