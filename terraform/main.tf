# One installation: the module with what terraform.tfvars says. Copy this file for another one (examples/staging).
module "muster" {
  source = "./modules/muster"

  project_id            = var.project_id
  region                = var.region
  name_prefix           = var.name_prefix
  labels                = var.labels
  source_zip            = var.source_zip
  jobs                  = var.jobs
  reports               = var.reports
  ingress_settings      = var.ingress_settings
  vpc_connector_id      = var.vpc_connector_id
  vpc_network           = var.vpc_network
  vpc_connector_cidr    = var.vpc_connector_cidr
  alert_emails          = var.alert_emails
  notification_channels = var.notification_channels
}
