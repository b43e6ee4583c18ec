output "functions" {
  description = "The functions' names, by job."
  value       = module.muster.functions
}

output "uris" {
  description = "The address of each function on run.app, by job: what the schedules call, and the audience of their tokens."
  value       = module.muster.uris
}

output "modes" {
  description = "observe or enforce, by job."
  value       = module.muster.modes
}

output "runtime_accounts" {
  description = "The account that each function runs as, by job."
  value       = module.muster.runtime_accounts
}

output "invoker_accounts" {
  description = "The account that each function is called by, by job."
  value       = module.muster.invoker_accounts
}

output "dry_run_commands" {
  description = "The command that asks for a plan, by job. The plan is in the function's log."
  value       = module.muster.dry_run_commands
}

output "lease_bucket" {
  description = "The bucket of the leases: one object for each job, while an enforcing run works."
  value       = module.muster.lease_bucket
}

output "source_object" {
  description = "The uploaded source. Its name contains the zip's SHA-256, which `npm run zip` prints."
  value       = module.muster.source_object
}

output "vpc_connector_id" {
  description = "The connector that the functions reach private addresses through."
  value       = module.muster.vpc_connector_id
}

output "reports" {
  description = "Where each job keeps its reports, by job. Empty where they are switched off."
  value       = module.muster.reports
}

output "alert_policies" {
  description = "The alert policies' display names."
  value       = module.muster.alert_policies
}

output "dashboard" {
  description = "The dashboard's id: projects/NUMBER/dashboards/ID."
  value       = module.muster.dashboard
}
