# Types, defaults and what is allowed are in modules/muster/variables.tf. Null stands for the module's default.

variable "project_id" {
  description = "The Google Cloud project that everything is made in, by its id."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The region of functions, schedules, buckets and the connector, such as europe-west1."
  type        = string
  nullable    = false
}

variable "name_prefix" {
  description = "What the names of all resources begin with: muster by default."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels for every resource that can have them."
  type        = map(string)
  default     = null
}

variable "source_zip" {
  description = "Path of the zip that `npm run zip` makes."
  type        = string
  default     = "../dist/muster.zip"
  nullable    = false
}

variable "jobs" {
  description = "The jobs to run, by job name: see the variable jobs of modules/muster."
  type        = any
  nullable    = false

  # The module's type drops keys that it does not know, so a misspelt `paused` would be lost without a message.
  validation {
    condition     = alltrue([for job in var.jobs : length(setsubtract(keys(job), local.job_keys)) == 0])
    error_message = "jobs: found ${join(", ", setsubtract(flatten([for job in var.jobs : keys(job)]), local.job_keys))}, allowed are ${join(", ", local.job_keys)}."
  }
}

locals {
  job_keys = [
    "entry_point", "schedule", "interval_minutes", "time_zone", "mode", "paused", "deadline_seconds", "timeout_seconds",
    "attempt_deadline_seconds", "missed_runs", "environment", "secrets", "ldap_ca",
  ]
}

variable "reports" {
  description = "True makes a private bucket in which each run keeps its report for 400 days."
  type        = bool
  default     = null
}

variable "ingress_settings" {
  description = "Who can reach the functions over the network: ALLOW_INTERNAL_ONLY by default."
  type        = string
  default     = null
}

variable "vpc_connector_id" {
  description = "An existing Serverless VPC Access connector. Null makes one."
  type        = string
  default     = null
}

variable "vpc_network" {
  description = "The VPC network from which LDAP can be reached: default by default."
  type        = string
  default     = null
}

variable "vpc_connector_cidr" {
  description = "An unused /28 of the network for the connector: 10.8.0.0/28 by default."
  type        = string
  default     = null
}

variable "alert_emails" {
  description = "Addresses that alerts are sent to."
  type        = set(string)
  default     = null
}

variable "notification_channels" {
  description = "Existing notification channels that alerts are sent to, by full name."
  type        = list(string)
  default     = null
}
