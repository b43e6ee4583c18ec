resource "google_storage_bucket" "leases" {
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name_prefix}-leases"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  # A lease has no value once it is over: kept copies would only cost.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  depends_on = [google_project_service.required]
}
