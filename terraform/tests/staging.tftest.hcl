mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_staging_example_is_an_installation_of_its_own" {
  command = plan

  module {
    source = "./examples/staging"
  }

  variables {
    project_id = "example-staging"
    source_zip = "tests/source.zip"
  }

  assert {
    condition     = output.functions == { growthbook-roles = "stage-growthbook-roles", gitlab-approvals = "stage-gitlab-approvals" }
    error_message = "other names than production's"
  }

  assert {
    condition     = output.modes == { growthbook-roles = "observe", gitlab-approvals = "observe" }
    error_message = "both jobs observe first"
  }
}
