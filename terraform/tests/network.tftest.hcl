mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "only_internal_traffic_gets_in_by_default" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"])
    error_message = "ingress is internal only"
  }
}

run "ingress_can_be_opened" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    ingress_settings = "ALLOW_ALL"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].ingress_settings == "ALLOW_ALL"])
    error_message = "the variable decides"
  }
}

run "an_unknown_ingress_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    ingress_settings = "ALLOW_INTERNALONLY"
  }

  expect_failures = [var.ingress_settings]
}

run "the_jobs_share_one_connector_for_private_addresses" {
  command = plan

  module {
    source = "./modules/muster"
  }

  assert {
    condition     = length(google_vpc_access_connector.shared) == 1
    error_message = "one connector is made"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].vpc_connector == google_vpc_access_connector.shared[0].id && function.service_config[0].vpc_connector_egress_settings == "PRIVATE_RANGES_ONLY"])
    error_message = "each function reaches private addresses through it, and public ones without it"
  }

  assert {
    condition     = length(google_vpc_access_connector.shared[0].name) <= 25 && google_vpc_access_connector.shared[0].min_instances == 2 && google_vpc_access_connector.shared[0].max_instances == 3
    error_message = "the connector is as small as can be, and its name is not too long"
  }
}

run "an_existing_connector_is_used_instead" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    vpc_connector_id = "projects/example-project/locations/europe-west1/connectors/theirs"
  }

  assert {
    condition     = length(google_vpc_access_connector.shared) == 0
    error_message = "no connector is made"
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.job : function.service_config[0].vpc_connector == "projects/example-project/locations/europe-west1/connectors/theirs"])
    error_message = "the functions use the one that is there"
  }
}

run "a_connector_by_short_name_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    vpc_connector_id = "theirs"
  }

  expect_failures = [var.vpc_connector_id]
}

run "a_range_that_is_no_slash_28_is_refused" {
  command = plan

  module {
    source = "./modules/muster"
  }

  variables {
    vpc_connector_cidr = "10.8.0.0/24"
  }

  expect_failures = [var.vpc_connector_cidr]
}
