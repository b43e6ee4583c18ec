output "functions" {
  description = "The functions' names, by job."
  value       = { for name, function in google_cloudfunctions2_function.job : name => function.name }
}

output "uris" {
  description = "The address of each function on run.app, by job: what the schedules call, and the audience of their tokens."
  value       = { for name, function in google_cloudfunctions2_function.job : name => function.service_config[0].uri }
}

output "modes" {
  description = "observe or enforce, by job."
  value       = { for name, job in var.jobs : name => job.mode }
}

output "runtime_accounts" {
  description = "The account that each function runs as, by job."
  value       = { for name, account in google_service_account.runtime : name => account.email }
}

output "invoker_accounts" {
  description = "The account that each function is called by, by job."
  value       = { for name, account in google_service_account.invoker : name => account.email }
}

output "dry_run_commands" {
  description = "The command that asks for a plan, by job. The plan is in the function's log."
  value       = { for name, job in google_cloud_scheduler_job.dry_run : name => "gcloud scheduler jobs run ${job.name} --location ${var.region} --project ${var.project_id}" }
}

output "lease_bucket" {
  description = "The bucket of the leases: one object for each job, while an enforcing run works."
  value       = google_storage_bucket.leases.name
}

output "source_object" {
  description = "The uploaded source. Its name contains the zip's SHA-256, which `npm run zip` prints."
  value       = "gs://${google_storage_bucket.source.name}/${google_storage_bucket_object.source.name}"
}

output "vpc_connector_id" {
  description = "The connector that the functions reach private addresses through."
  value       = local.vpc_connector_id
}

output "reports" {
  description = "Where each job keeps its reports, by job. Empty where they are switched off."
  value       = local.report_folders
}

output "alert_policies" {
  description = "The alert policies' display names."
  value = sort(concat(
    values(google_monitoring_alert_policy.line)[*].display_name,
    values(google_monitoring_alert_policy.metric)[*].display_name,
  ))
}

output "dashboard" {
  description = "The dashboard's id: projects/NUMBER/dashboards/ID."
  value       = google_monitoring_dashboard.muster.id
}
