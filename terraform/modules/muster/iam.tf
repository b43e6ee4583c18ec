resource "google_service_account" "runtime" {
  for_each = var.jobs

  project      = var.project_id
  account_id   = "${local.functions[each.key]}-run"
  display_name = "Muster ${each.key}: runs the function"

  depends_on = [google_project_service.required]
}

resource "google_service_account" "invoker" {
  for_each = var.jobs

  project      = var.project_id
  account_id   = "${local.functions[each.key]}-call"
  display_name = "Muster ${each.key}: calls the function from its schedules"

  depends_on = [google_project_service.required]
}

resource "google_service_account" "build" {
  project      = var.project_id
  account_id   = "${var.name_prefix}-build"
  display_name = "Muster: builds the functions' images"

  depends_on = [google_project_service.required]
}

resource "google_storage_bucket_iam_member" "lease" {
  for_each = var.jobs

  bucket = google_storage_bucket.leases.name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime[each.key].member
}

# A function creates and reads reports of its own job. It can neither delete nor replace one, but for `latest`, which
# each run replaces; Cloud Storage asks for the permission to delete where an object is replaced.
resource "google_storage_bucket_iam_member" "report_creator" {
  for_each = local.report_objects

  bucket = google_storage_bucket.reports[0].name
  role   = "roles/storage.objectCreator"
  member = google_service_account.runtime[each.key].member

  condition {
    title      = "reports of ${each.key} only"
    expression = "resource.name.startsWith(\"${each.value}\")"
  }
}

resource "google_storage_bucket_iam_member" "report_reader" {
  for_each = local.report_objects

  bucket = google_storage_bucket.reports[0].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.runtime[each.key].member

  condition {
    title       = "reports of ${each.key} only"
    description = "Objects of the job's folder, and lists of that folder"
    expression  = "resource.name.startsWith(\"${each.value}\") || api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"${each.key}/\")"
  }
}

resource "google_storage_bucket_iam_member" "report_latest" {
  for_each = local.report_objects

  bucket = google_storage_bucket.reports[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime[each.key].member

  condition {
    title      = "latest report of ${each.key} only"
    expression = "resource.name.startsWith(\"${each.value}latest\")"
  }
}

# Cloud Run checks this role, not roles/cloudfunctions.invoker.
resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.jobs

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.job[each.key].name
  role     = "roles/run.invoker"
  member   = google_service_account.invoker[each.key].member
}

resource "google_project_iam_member" "build_log" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

# Cloud Functions copies the zip to a bucket of its own, from which Cloud Build fetches it. Cloud Functions makes that
# bucket with the project's first function, so a binding on the bucket itself would come too late.
resource "google_project_iam_member" "build_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title       = "sources of Cloud Functions only"
    description = "Objects of the buckets in which Cloud Functions keeps sources"
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
  }
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}
