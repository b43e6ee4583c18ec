mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "each_account_holds_exactly_what_it_needs" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = toset(concat(
      [for binding in google_secret_manager_secret_iam_member.runtime : "${binding.member} ${binding.role} secret/${binding.secret_id}"],
      [for binding in google_storage_bucket_iam_member.lease : "${binding.member} ${binding.role} bucket/${binding.bucket}"],
      [for binding in google_cloud_run_v2_service_iam_member.invoker : "${binding.member} ${binding.role} service/${binding.name}"],
      [for binding in [google_project_iam_member.build_log, google_project_iam_member.build_source] : "${binding.member} ${binding.role} project/${binding.project}"],
      [for binding in [google_storage_bucket_iam_member.build] : "${binding.member} ${binding.role} bucket/${binding.bucket}"],
      [for binding in [google_artifact_registry_repository_iam_member.build] : "${binding.member} ${binding.role} repository/${binding.repository}"],
      )) == toset([for line in [
        "growthbook-run roles/secretmanager.secretAccessor secret/growthbook-key",
        "growthbook-run roles/secretmanager.secretAccessor secret/growthbook-ldap",
        "growthbook-run roles/secretmanager.secretAccessor secret/ldap-ca",
        "growthbook-run roles/storage.objectUser bucket/example-project-muster-leases",
        "growthbook-call roles/run.invoker service/muster-growthbook-roles",
        "gitlab-run roles/secretmanager.secretAccessor secret/gitlab-token",
        "gitlab-run roles/storage.objectUser bucket/example-project-muster-leases",
        "gitlab-call roles/run.invoker service/muster-gitlab-approvals",
        "build roles/logging.logWriter project/example-project",
        "build roles/storage.objectViewer project/example-project",
        "build roles/storage.objectViewer bucket/example-project-muster-source",
        "build roles/artifactregistry.writer repository/muster-images",
      ] : "serviceAccount:${replace(line, "/^([a-z-]+) /", "$1@example-project.iam.gserviceaccount.com ")}"
    ])
    error_message = "the bindings are these and no others"
  }

  assert {
    condition     = length(google_secret_manager_secret_iam_member.runtime) == 4 && length(google_storage_bucket_iam_member.lease) == 2 && length(google_cloud_run_v2_service_iam_member.invoker) == 2
    error_message = "no binding stands twice"
  }
}

run "the_build_reads_the_sources_of_functions_and_nothing_else_of_the_project" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = google_project_iam_member.build_source.condition[0].expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
    error_message = "a condition narrows the role to the buckets of Cloud Functions"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : endswith(function.build_config[0].service_account, "/build@example-project.iam.gserviceaccount.com") && endswith(function.build_config[0].docker_repository, "/repositories/muster-images")])
    error_message = "functions are built by the build account, into the repository of their own"
  }
}

run "each_function_runs_as_its_own_account" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition = { for name, function in google_cloudfunctions2_function.job : name => function.service_config[0].service_account_email } == {
      growthbook-roles = "growthbook-run@example-project.iam.gserviceaccount.com"
      gitlab-approvals = "gitlab-run@example-project.iam.gserviceaccount.com"
    }
    error_message = "no function runs as another's account"
  }

  assert {
    condition     = length(distinct(concat(values(google_service_account.runtime)[*].account_id, values(google_service_account.invoker)[*].account_id, [google_service_account.build.account_id]))) == 5
    error_message = "five accounts for two jobs"
  }
}
