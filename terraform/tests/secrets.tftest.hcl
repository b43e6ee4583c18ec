mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "secrets_are_pinned_by_number" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = toset([
      for secret in google_cloudfunctions2_function.job["growthbook-roles"].service_config[0].secret_environment_variables :
      "${secret.key}=${secret.project_id}/${secret.secret}/${secret.version}"
    ]) == toset(["GROWTHBOOK_LDAP_SYNC_API_KEY=example-project/growthbook-key/3", "LDAP_BIND_PASSWORD=example-project/growthbook-ldap/1"])
    error_message = "each secret variable names a secret and the number of its version"
  }

  assert {
    condition     = [for secret in google_cloudfunctions2_function.job["gitlab-approvals"].service_config[0].secret_environment_variables : secret.key] == ["GITLAB_ACCESS_TOKEN"]
    error_message = "a function gets its own job's secrets"
  }

  assert {
    condition     = alltrue(flatten([for function in google_cloudfunctions2_function.job : [for secret in function.service_config[0].secret_environment_variables : can(tonumber(secret.version))]]))
    error_message = "no version is an alias"
  }
}

run "a_private_authority_is_mounted_where_the_function_looks" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = [for volume in google_cloudfunctions2_function.job["growthbook-roles"].service_config[0].secret_volumes : "${volume.mount_path}/${volume.versions[0].path} ${volume.secret} ${volume.versions[0].version}"] == ["/etc/muster-ldap/ca.pem ldap-ca 2"]
    error_message = "the volume and LDAP_CA_CERT_PATH name one file"
  }

  assert {
    condition     = length(google_cloudfunctions2_function.job["gitlab-approvals"].service_config[0].secret_volumes) == 0 && !contains(keys(google_cloudfunctions2_function.job["gitlab-approvals"].service_config[0].environment_variables), "LDAP_CA_CERT_PATH")
    error_message = "without ldap_ca nothing is mounted"
  }
}

run "the_version_latest_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, secrets = { GITLAB_ACCESS_TOKEN = { secret = "gitlab-token", version = "latest" } } } }
  }

  expect_failures = [var.jobs]
}

run "the_version_latest_is_refused_for_the_authority_too" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, ldap_ca = { secret = "ldap-ca", version = "latest" } } }
  }

  expect_failures = [var.jobs]
}

run "a_secret_of_two_jobs_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, secrets = { LDAP_BIND_PASSWORD = { secret = "ldap-password", version = "1" } } }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, secrets = { LDAP_BIND_PASSWORD = { secret = "ldap-password", version = "1" } } }
    }
  }

  expect_failures = [var.jobs]
}

run "two_jobs_may_trust_one_authority" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = {
      growthbook-roles = { entry_point = "growthbookRoles", schedule = "*/30 * * * *", interval_minutes = 30, ldap_ca = { secret = "ldap-ca", version = "1" } }
      gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, ldap_ca = { secret = "ldap-ca", version = "1" } }
    }
  }

  assert {
    condition     = keys(google_secret_manager_secret_iam_member.runtime) == ["gitlab-approvals/ldap-ca", "growthbook-roles/ldap-ca"]
    error_message = "a certificate is no secret: both may read it"
  }
}

run "a_secret_among_the_plain_settings_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, environment = { GITLAB_ACCESS_TOKEN = "glpat-example" } } }
  }

  expect_failures = [var.jobs]
}

run "a_path_in_place_of_a_secret_s_id_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    jobs = { gitlab-approvals = { entry_point = "gitlabApprovals", schedule = "*/3 * * * *", interval_minutes = 3, secrets = { GITLAB_ACCESS_TOKEN = { secret = "projects/p/secrets/gitlab-token", version = "1" } } } }
  }

  expect_failures = [var.jobs]
}
