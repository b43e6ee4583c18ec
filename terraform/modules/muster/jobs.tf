locals {
  functions = { for name in keys(var.jobs) : name => "${var.name_prefix}-${name}" }

  deadlines         = { for name, job in var.jobs : name => coalesce(job.deadline_seconds, min(240, job.interval_minutes * 60 - 30)) }
  timeouts          = { for name, job in var.jobs : name => coalesce(job.timeout_seconds, local.deadlines[name] + 15) }
  attempt_deadlines = { for name, job in var.jobs : name => coalesce(job.attempt_deadline_seconds, local.timeouts[name] + 15) }

  # Longer than any run can last, so that no other run takes the lease of one that still works.
  lease_seconds = { for name, timeout in local.timeouts : name => timeout + 30 }

  ldap_ca_folder = "/etc/muster-ldap"
  ldap_ca_file   = "ca.pem"
}

resource "google_cloudfunctions2_function" "job" {
  for_each = var.jobs

  project     = var.project_id
  location    = var.region
  name        = local.functions[each.key]
  description = "Muster's job ${each.key}"
  labels      = var.labels

  build_config {
    runtime           = "nodejs24"
    entry_point       = each.value.entry_point
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.runtime[each.key].email
    available_memory                 = "512Mi"
    available_cpu                    = "1"
    timeout_seconds                  = local.timeouts[each.key]
    min_instance_count               = 0
    max_instance_count               = 1
    max_instance_request_concurrency = 1
    all_traffic_on_latest_revision   = true
    ingress_settings                 = var.ingress_settings
    vpc_connector                    = local.vpc_connector_id
    vpc_connector_egress_settings    = "PRIVATE_RANGES_ONLY"

    environment_variables = merge(
      each.value.environment,
      {
        MODE                  = each.value.mode
        SYNC_DEADLINE_SECONDS = tostring(local.deadlines[each.key])
        LEASE_BUCKET          = google_storage_bucket.leases.name
        LEASE_SECONDS         = tostring(local.lease_seconds[each.key])
        GOOGLE_CLOUD_PROJECT  = var.project_id
      },
      var.reports ? { REPORTS = "gs://${local.reports_bucket}" } : {},
      each.value.ldap_ca == null ? {} : { LDAP_CA_CERT_PATH = "${local.ldap_ca_folder}/${local.ldap_ca_file}" },
    )

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets

      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = secret_environment_variables.value.secret
        version    = secret_environment_variables.value.version
      }
    }

    dynamic "secret_volumes" {
      for_each = each.value.ldap_ca == null ? [] : [each.value.ldap_ca]

      content {
        mount_path = local.ldap_ca_folder
        project_id = var.project_id
        secret     = secret_volumes.value.secret

        versions {
          version = secret_volumes.value.version
          path    = local.ldap_ca_file
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.deadlines[each.key] >= 1 && local.deadlines[each.key] <= 1700
      error_message = "${each.key}: found deadline_seconds ${local.deadlines[each.key]}, allowed is 1 to 1700."
    }

    precondition {
      condition     = local.timeouts[each.key] - local.deadlines[each.key] >= 10
      error_message = "${each.key}: found timeout_seconds ${local.timeouts[each.key]}, allowed is 10 more than deadline_seconds (${local.deadlines[each.key]}) or above: a run has to stop by itself before Cloud Run ends it."
    }

    precondition {
      condition     = local.attempt_deadlines[each.key] - local.timeouts[each.key] >= 10
      error_message = "${each.key}: found attempt_deadline_seconds ${local.attempt_deadlines[each.key]}, allowed is 10 more than timeout_seconds (${local.timeouts[each.key]}) or above: otherwise Cloud Scheduler reports a failure while the run goes on."
    }

    precondition {
      condition     = local.attempt_deadlines[each.key] <= min(1800, each.value.interval_minutes * 60)
      error_message = "${each.key}: found attempt_deadline_seconds ${local.attempt_deadlines[each.key]}, allowed is at most the interval (${each.value.interval_minutes * 60}) and at most 1800: two runs must not overlap."
    }
  }

  depends_on = [
    google_project_service.required,
    google_artifact_registry_repository_iam_member.build,
    google_project_iam_member.build_log,
    google_project_iam_member.build_source,
    google_secret_manager_secret_iam_member.runtime,
    google_storage_bucket_iam_member.build,
    google_storage_bucket_iam_member.lease,
    google_storage_bucket_iam_member.report_creator,
    google_storage_bucket_iam_member.report_latest,
    google_storage_bucket_iam_member.report_reader,
  ]
}
