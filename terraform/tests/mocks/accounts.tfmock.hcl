# Each account by its own name, so that a test can tell who was given what.
override_resource {
  target = google_service_account.runtime["growthbook-roles"]
  values = {
    email  = "growthbook-run@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:growthbook-run@example-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.runtime["gitlab-approvals"]
  values = {
    email  = "gitlab-run@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:gitlab-run@example-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["growthbook-roles"]
  values = {
    email  = "growthbook-call@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:growthbook-call@example-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["gitlab-approvals"]
  values = {
    email  = "gitlab-call@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:gitlab-call@example-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.build
  values = {
    id     = "projects/example-project/serviceAccounts/build@example-project.iam.gserviceaccount.com"
    email  = "build@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:build@example-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_cloudfunctions2_function.job["growthbook-roles"]
  values = { service_config = { uri = "https://growthbook.example.run.app" } }
}

override_resource {
  target = google_cloudfunctions2_function.job["gitlab-approvals"]
  values = { service_config = { uri = "https://gitlab.example.run.app" } }
}
