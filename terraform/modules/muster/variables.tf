variable "project_id" {
  description = "The Google Cloud project that everything is made in, by its id."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id: allowed is a project's id (not its name or number): 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "The region of functions, schedules, buckets and the connector, such as europe-west1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region: allowed is a region such as europe-west1, not a zone."
  }
}

variable "name_prefix" {
  description = "What the names of all resources begin with. Two installations in one project need two prefixes."
  type        = string
  default     = "muster"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,7}$", var.name_prefix))
    error_message = "name_prefix: allowed are 3 to 8 lower-case letters and digits, a letter first."
  }
}

variable "labels" {
  description = "Labels for every resource that can have them."
  type        = map(string)
  default     = { app = "muster" }
  nullable    = false
}

variable "source_zip" {
  description = "Path of the zip that `npm run zip` makes. Its hash names the uploaded object, so that a change redeploys."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.source_zip)
    error_message = "source_zip: allowed is the path of a file that exists. Make it with `npm run zip`."
  }
}

variable "jobs" {
  description = <<-TEXT
    The jobs to run, by job name: one function, its schedules, its accounts and its alerts for each entry.
    A job that is left out is not made at all.

    - entry_point: the name that the function is registered under in src/main.ts.
    - schedule: unix-cron of five fields, in time_zone.
    - interval_minutes: minutes between two runs of that schedule. No run lasts longer.
    - mode: observe never writes to a target, enforce does.
    - paused: true stops the schedule, the kill switch.
    - deadline_seconds: after this a run stops before its next request. Default: 240, or 30 less than the interval.
    - timeout_seconds: after this Cloud Run ends the request. Default: 15 more than deadline_seconds.
    - attempt_deadline_seconds: after this Cloud Scheduler gives up. Default: 15 more than timeout_seconds.
    - missed_runs: after so many intervals without a successful run, and 10 minutes, an alert opens.
    - environment: settings that are no secrets.
    - secrets: settings whose values are in Secret Manager: variable name to the secret's id and a version number.
    - ldap_ca: a secret that holds the PEM bundle for LDAP's private certificate authority.
  TEXT
  type = map(object({
    entry_point              = string
    schedule                 = string
    interval_minutes         = number
    time_zone                = optional(string, "Etc/UTC")
    mode                     = optional(string, "observe")
    paused                   = optional(bool, false)
    deadline_seconds         = optional(number)
    timeout_seconds          = optional(number)
    attempt_deadline_seconds = optional(number)
    missed_runs              = optional(number, 3)
    environment              = optional(map(string), {})
    secrets                  = optional(map(object({ secret = string, version = string })), {})
    ldap_ca                  = optional(object({ secret = string, version = string }))
  }))
  nullable = false

  validation {
    condition     = length(var.jobs) > 0
    error_message = "jobs: found none, allowed is one job or more, such as growthbook-roles or gitlab-approvals."
  }

  validation {
    condition     = alltrue([for name in keys(var.jobs) : can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", name))])
    error_message = "jobs: allowed as a job's name are 3 to 16 lower-case letters, digits and hyphens, a letter first and no hyphen last."
  }

  validation {
    condition     = alltrue([for job in var.jobs : can(regex("^[A-Za-z][A-Za-z0-9]*$", job.entry_point))])
    error_message = "jobs: allowed as entry_point is a name from src/main.ts, such as growthbookRoles."
  }

  validation {
    condition     = alltrue([for job in var.jobs : can(regex("^[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/-]+){4}$", job.schedule))])
    error_message = "jobs: allowed as schedule is unix-cron of exactly five fields with one space between them (minute, hour, day, month, weekday), such as \"*/30 * * * *\". Seconds are not."
  }

  validation {
    condition = alltrue([
      for job in var.jobs : job.interval_minutes >= 1 && job.interval_minutes <= 720 && floor(job.interval_minutes) == job.interval_minutes
    ])
    error_message = "jobs: allowed as interval_minutes is a whole number from 1 to 720: access should be looked at twice a day or more."
  }

  validation {
    condition = alltrue([
      for job in var.jobs : try(tonumber(regex("^\\*/([0-9]+) \\* \\* \\* \\*$", job.schedule)[0]), job.interval_minutes) == job.interval_minutes
    ])
    error_message = "jobs: allowed as interval_minutes beside a schedule of the form \"*/N * * * *\" is that N."
  }

  validation {
    condition     = alltrue([for job in var.jobs : contains(["observe", "enforce"], job.mode)])
    error_message = "jobs: allowed as mode are observe (never writes) and enforce."
  }

  validation {
    condition     = alltrue([for job in var.jobs : job.missed_runs >= 1 && job.missed_runs <= 100 && floor(job.missed_runs) == job.missed_runs])
    error_message = "jobs: allowed as missed_runs is a whole number from 1 to 100."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for variable in concat(keys(job.environment), keys(job.secrets)) : can(regex("^[A-Z][A-Z0-9_]*$", variable))]
    ]))
    error_message = "jobs: allowed as names under environment and secrets are capital letters, digits and underscores, a letter first."
  }

  validation {
    condition = alltrue([
      for job in var.jobs : length(setintersection(
        concat(keys(job.environment), keys(job.secrets)),
        ["MODE", "SYNC_DEADLINE_SECONDS", "LEASE_BUCKET", "LEASE_SECONDS", "GOOGLE_CLOUD_PROJECT", "LDAP_CA_CERT_PATH"],
      )) == 0
    ])
    error_message = "jobs: MODE, SYNC_DEADLINE_SECONDS, LEASE_BUCKET, LEASE_SECONDS, GOOGLE_CLOUD_PROJECT and LDAP_CA_CERT_PATH are set from mode, deadline_seconds, project_id and ldap_ca: allowed under environment and secrets are other names."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for variable in keys(job.environment) : !can(regex("(PASSWORD|SECRET|TOKEN|KEY)$", variable))]
    ]))
    error_message = "jobs: a value under environment is kept in Terraform's state: names that end in PASSWORD, SECRET, TOKEN or KEY are allowed under secrets only."
  }

  validation {
    condition     = alltrue([for job in var.jobs : length(setintersection(keys(job.environment), keys(job.secrets))) == 0])
    error_message = "jobs: allowed is each name under environment or under secrets, not under both."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for secret in concat(values(job.secrets), job.ldap_ca == null ? [] : [job.ldap_ca]) : can(regex("^[1-9][0-9]*$", secret.version))]
    ]))
    error_message = "jobs: allowed as a secret's version is a number such as \"1\". An alias such as latest is not: it would change what runs without a deployment."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for secret in concat(values(job.secrets), job.ldap_ca == null ? [] : [job.ldap_ca]) : can(regex("^[A-Za-z0-9_-]{1,255}$", secret.secret))]
    ]))
    error_message = "jobs: allowed as secret is the id of a secret of this project: letters, digits, underscores and hyphens, without a path."
  }

  validation {
    condition     = length(flatten([for job in var.jobs : distinct(values(job.secrets)[*].secret)])) == length(distinct(flatten([for job in var.jobs : values(job.secrets)[*].secret])))
    error_message = "jobs: allowed is each secret in one job only, so that no job can read another's. Store a value that two jobs need as two secrets."
  }
}

variable "reports" {
  description = "True makes a private bucket in which each run keeps its report for 400 days, and sets REPORTS."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.reports || alltrue([for job in var.jobs : !contains(concat(keys(job.environment), keys(job.secrets)), "REPORTS")])
    error_message = "reports: found true and REPORTS among a job's settings, allowed is one of the two."
  }
}

variable "ingress_settings" {
  description = "Who can reach the functions over the network. Calls need IAM's permission too, whatever this says."
  type        = string
  default     = "ALLOW_INTERNAL_ONLY"
  nullable    = false

  validation {
    condition     = contains(["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"], var.ingress_settings)
    error_message = "ingress_settings: allowed are ALLOW_INTERNAL_ONLY, ALLOW_INTERNAL_AND_GCLB and ALLOW_ALL."
  }
}

variable "vpc_connector_id" {
  description = "An existing Serverless VPC Access connector (projects/P/locations/R/connectors/C). Null makes one."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_connector_id == null || can(regex("^projects/[^/]+/locations/[^/]+/connectors/[^/]+$", var.vpc_connector_id))
    error_message = "vpc_connector_id: allowed is null or projects/PROJECT/locations/REGION/connectors/NAME."
  }
}

variable "vpc_network" {
  description = "The VPC network from which LDAP can be reached. Used where the connector is made here."
  type        = string
  default     = "default"
  nullable    = false
}

variable "vpc_connector_cidr" {
  description = "An unused /28 of the network for the connector. Used where the connector is made here."
  type        = string
  default     = "10.8.0.0/28"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.vpc_connector_cidr, 15)) && endswith(var.vpc_connector_cidr, "/28")
    error_message = "vpc_connector_cidr: allowed is a range of size /28, such as 10.8.0.0/28."
  }
}

variable "alert_emails" {
  description = "Addresses that alerts are sent to."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "alert_emails: allowed are e-mail addresses."
  }
}

variable "notification_channels" {
  description = "Existing notification channels that alerts are sent to, by full name. Alerts need one of these or an address in alert_emails."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notification_channels: allowed are full names: projects/PROJECT/notificationChannels/NUMBER."
  }

  validation {
    condition     = length(var.notification_channels) + length(var.alert_emails) > 0
    error_message = "notification_channels: found no channel and no address in alert_emails, allowed is one or more: an alert has to reach a person."
  }
}
