# Where each run keeps its report. Nothing in it is deleted before its time: `terraform destroy` refuses while it is not
# empty, and an object that is overwritten stays as a noncurrent version.
resource "google_storage_bucket" "reports" {
  count = var.reports ? 1 : 0

  project                     = var.project_id
  name                        = local.reports_bucket
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age        = local.reports_days
      with_state = "ANY"
    }
  }

  depends_on = [google_project_service.required]
}

locals {
  reports_bucket = "${var.project_id}-${var.name_prefix}-reports"
  reports_days   = 400

  # A run keeps its report under the job's name, and the job's account reaches that folder only.
  report_folders = { for name in keys(var.jobs) : name => "gs://${local.reports_bucket}/${name}" if var.reports }

  report_objects = { for name in keys(local.report_folders) : name => "projects/_/buckets/${local.reports_bucket}/objects/${name}/" }
}
