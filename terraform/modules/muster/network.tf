resource "google_vpc_access_connector" "shared" {
  count = var.vpc_connector_id == null ? 1 : 0

  project       = var.project_id
  region        = var.region
  name          = "${var.name_prefix}-connector"
  network       = var.vpc_network
  ip_cidr_range = var.vpc_connector_cidr
  machine_type  = "e2-micro"
  min_instances = 2
  max_instances = 3

  depends_on = [google_project_service.required]
}

locals {
  vpc_connector_id = var.vpc_connector_id == null ? google_vpc_access_connector.shared[0].id : var.vpc_connector_id
}
