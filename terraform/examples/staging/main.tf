# A staging installation: the same module in a project of its own, against a GrowthBook and a GitLab of their own.
# It runs less often, has tighter limits, and mails its alerts to one address.
# Two installations must never write to the same target: only those that share a bucket of leases take turns.
#
#   cd terraform/examples/staging && terraform init && terraform apply

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8"
    }
  }

  # backend "gcs" {
  #   bucket = "example-staging-terraform"
  #   prefix = "muster-staging"
  # }
}

provider "google" {
  project = var.project_id
  region  = var.region
}

variable "project_id" {
  description = "The project of the staging installation, by its id."
  type        = string
  default     = "example-staging"
}

variable "region" {
  description = "The region of the staging installation."
  type        = string
  default     = "europe-west1"
}

variable "source_zip" {
  description = "Path of the zip that `npm run zip` makes, seen from this folder."
  type        = string
  default     = "../../../dist/muster.zip"
}

module "muster" {
  source = "../../modules/muster"

  project_id   = var.project_id
  region       = var.region
  name_prefix  = "stage"
  labels       = { app = "muster", stage = "staging" }
  source_zip   = var.source_zip
  reports      = true
  alert_emails = ["muster-staging@example.org"]

  jobs = {
    growthbook-roles = {
      entry_point      = "growthbookRoles"
      schedule         = "17 * * * *"
      interval_minutes = 60
      # "enforce" once the plans have been read: here first, then in production.
      mode = "observe"

      environment = {
        LDAP_SERVERS                 = "ldaps://ldap-ro.example.org"
        LDAP_BIND_DN                 = "cn=muster-staging,ou=profile,dc=wikimedia,dc=org"
        GROWTHBOOK_API_URL           = "https://growthbook-api.staging.example.org"
        GROWTHBOOK_PROJECT           = "prj_staging"
        GROWTHBOOK_PROTECTED_MEMBERS = "break-glass@example.org"
        # Tight limits: staging is where they are tried.
        SAFETY_MAX_COUNT   = "2"
        SAFETY_MAX_PERCENT = "5"
      }

      secrets = {
        GROWTHBOOK_LDAP_SYNC_API_KEY = { secret = "stage-growthbook-api-key", version = "1" }
        LDAP_BIND_PASSWORD           = { secret = "stage-growthbook-ldap-password", version = "1" }
      }
    }

    gitlab-approvals = {
      entry_point      = "gitlabApprovals"
      schedule         = "*/15 * * * *"
      interval_minutes = 15

      environment = {
        LDAP_SERVERS = "ldaps://ldap-ro.example.org"
        LDAP_BIND_DN = "cn=muster-staging,ou=profile,dc=wikimedia,dc=org"
        GITLAB_URL   = "https://gitlab.staging.example.org"
      }

      secrets = {
        GITLAB_ACCESS_TOKEN = { secret = "stage-gitlab-access-token", version = "1" }
        LDAP_BIND_PASSWORD  = { secret = "stage-gitlab-ldap-password", version = "1" }
      }
    }
  }
}

output "dry_run_commands" {
  description = "The command that asks for a plan, by job."
  value       = module.muster.dry_run_commands
}

output "functions" {
  description = "The functions' names, by job."
  value       = module.muster.functions
}

output "modes" {
  description = "observe or enforce, by job."
  value       = module.muster.modes
}
