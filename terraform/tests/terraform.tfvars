# What every test starts from: both jobs, and every other variable at its default. Each variable is here, so that the
# terraform.tfvars of an installation changes nothing in the tests.
project_id            = "example-project"
region                = "europe-west1"
name_prefix           = null
labels                = null
source_zip            = "tests/source.zip"
reports               = null
ingress_settings      = null
vpc_connector_id      = null
vpc_network           = null
vpc_connector_cidr    = null
alert_emails          = ["oncall@example.org"]
notification_channels = ["projects/example-project/notificationChannels/42"]

jobs = {
  growthbook-roles = {
    entry_point      = "growthbookRoles"
    schedule         = "*/30 * * * *"
    interval_minutes = 30
    environment      = { GROWTHBOOK_PROJECT = "prj_1" }
    secrets = {
      GROWTHBOOK_LDAP_SYNC_API_KEY = { secret = "growthbook-key", version = "3" }
      LDAP_BIND_PASSWORD           = { secret = "growthbook-ldap", version = "1" }
    }
    ldap_ca = { secret = "ldap-ca", version = "2" }
  }
  gitlab-approvals = {
    entry_point      = "gitlabApprovals"
    schedule         = "*/3 * * * *"
    interval_minutes = 3
    missed_runs      = 5
    secrets = {
      GITLAB_ACCESS_TOKEN = { secret = "gitlab-token", version = "7" }
    }
  }
}
