# The secrets and their versions are made outside (bootstrap.sh), so that no value ever enters Terraform's state.
locals {
  secret_readers = {
    for reader in flatten([
      for name, job in var.jobs : [
        for secret in toset(concat(values(job.secrets)[*].secret, job.ldap_ca == null ? [] : [job.ldap_ca.secret])) : { job = name, secret = secret }
      ]
    ]) : "${reader.job}/${reader.secret}" => reader
  }
}

resource "google_secret_manager_secret_iam_member" "runtime" {
  for_each = local.secret_readers

  project   = var.project_id
  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime[each.value.job].member

  depends_on = [google_project_service.required]
}
