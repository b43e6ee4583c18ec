resource "google_storage_bucket" "source" {
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name_prefix}-source"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  depends_on = [google_project_service.required]
}

# Cloud Functions redeploys when the object's name changes and not when its content does.
resource "google_storage_bucket_object" "source" {
  bucket = google_storage_bucket.source.name
  name   = "muster-${filesha256(var.source_zip)}.zip"
  source = var.source_zip
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = "${var.name_prefix}-images"
  description   = "Images that Cloud Build makes of Muster's functions"
  format        = "DOCKER"
  labels        = var.labels

  depends_on = [google_project_service.required]
}
