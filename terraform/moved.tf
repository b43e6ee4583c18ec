# Where the resources of an installation that is older than the module are now, so that an apply moves them in the
# state and leaves them as they are. Alert policies on metrics of other jobs than these two are made anew.

moved {
  from = google_monitoring_notification_channel.email
  to   = module.muster.google_monitoring_notification_channel.email
}

moved {
  from = google_monitoring_alert_policy.line
  to   = module.muster.google_monitoring_alert_policy.line
}

moved {
  from = google_monitoring_alert_policy.no_success["growthbook-roles"]
  to   = module.muster.google_monitoring_alert_policy.metric["growthbook-roles/no_success"]
}

moved {
  from = google_monitoring_alert_policy.no_success["gitlab-approvals"]
  to   = module.muster.google_monitoring_alert_policy.metric["gitlab-approvals/no_success"]
}

moved {
  from = google_monitoring_alert_policy.drift["growthbook-roles"]
  to   = module.muster.google_monitoring_alert_policy.metric["growthbook-roles/drift"]
}

moved {
  from = google_monitoring_alert_policy.drift["gitlab-approvals"]
  to   = module.muster.google_monitoring_alert_policy.metric["gitlab-approvals/drift"]
}

moved {
  from = google_service_account.runtime
  to   = module.muster.google_service_account.runtime
}

moved {
  from = google_service_account.invoker
  to   = module.muster.google_service_account.invoker
}

moved {
  from = google_service_account.build
  to   = module.muster.google_service_account.build
}

moved {
  from = google_storage_bucket_iam_member.lease
  to   = module.muster.google_storage_bucket_iam_member.lease
}

moved {
  from = google_cloud_run_v2_service_iam_member.invoker
  to   = module.muster.google_cloud_run_v2_service_iam_member.invoker
}

moved {
  from = google_project_iam_member.build_log
  to   = module.muster.google_project_iam_member.build_log
}

moved {
  from = google_project_iam_member.build_source
  to   = module.muster.google_project_iam_member.build_source
}

moved {
  from = google_storage_bucket_iam_member.build
  to   = module.muster.google_storage_bucket_iam_member.build
}

moved {
  from = google_artifact_registry_repository_iam_member.build
  to   = module.muster.google_artifact_registry_repository_iam_member.build
}

moved {
  from = google_cloudfunctions2_function.job
  to   = module.muster.google_cloudfunctions2_function.job
}

moved {
  from = google_storage_bucket.leases
  to   = module.muster.google_storage_bucket.leases
}

moved {
  from = google_logging_metric.signal
  to   = module.muster.google_logging_metric.signal
}

moved {
  from = google_vpc_access_connector.shared
  to   = module.muster.google_vpc_access_connector.shared
}

moved {
  from = google_cloud_scheduler_job.run
  to   = module.muster.google_cloud_scheduler_job.run
}

moved {
  from = google_cloud_scheduler_job.dry_run
  to   = module.muster.google_cloud_scheduler_job.dry_run
}

moved {
  from = google_secret_manager_secret_iam_member.runtime
  to   = module.muster.google_secret_manager_secret_iam_member.runtime
}

moved {
  from = google_project_service.required
  to   = module.muster.google_project_service.required
}

moved {
  from = google_storage_bucket.source
  to   = module.muster.google_storage_bucket.source
}

moved {
  from = google_storage_bucket_object.source
  to   = module.muster.google_storage_bucket_object.source
}

moved {
  from = google_artifact_registry_repository.images
  to   = module.muster.google_artifact_registry_repository.images
}
