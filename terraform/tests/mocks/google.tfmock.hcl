mock_resource "google_cloudfunctions2_function" {
  defaults = {
    service_config = {
      uri = "https://muster-job-abcdefghij-ew.a.run.app"
    }
  }
}

mock_resource "google_service_account" {
  defaults = {
    id     = "projects/example-project/serviceAccounts/account@example-project.iam.gserviceaccount.com"
    name   = "projects/example-project/serviceAccounts/account@example-project.iam.gserviceaccount.com"
    email  = "account@example-project.iam.gserviceaccount.com"
    member = "serviceAccount:account@example-project.iam.gserviceaccount.com"
  }
}

mock_resource "google_artifact_registry_repository" {
  defaults = {
    id = "projects/example-project/locations/europe-west1/repositories/muster-images"
  }
}

mock_resource "google_vpc_access_connector" {
  defaults = {
    id = "projects/example-project/locations/europe-west1/connectors/muster-connector"
  }
}

mock_resource "google_monitoring_notification_channel" {
  defaults = {
    name = "projects/example-project/notificationChannels/1234567890"
  }
}
