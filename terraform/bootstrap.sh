#!/usr/bin/env bash
# Prepares a Google Cloud project for the first `terraform apply`: enables the APIs, makes the bucket of Terraform's state,
# and asks for each secret that terraform.tfvars names and that has no value yet. Input is hidden, and no value is kept
# in a file or on a command line. Run it again at any time: it leaves what is there as it is.
#
#   terraform/bootstrap.sh                     every job of terraform.tfvars
#   terraform/bootstrap.sh growthbook-roles    only this job's secrets
#
# TFVARS names another file than terraform.tfvars, STATE_BUCKET another bucket than PROJECT-terraform.
set +x -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tfvars=${TFVARS:-$folder/terraform.tfvars}

fail() {
  echo "bootstrap: $*" >&2
  exit 1
}

for program in gcloud terraform; do
  command -v "$program" > /dev/null || fail "found no $program, it is needed: see README.md, Before you begin."
done
[ -f "$tfvars" ] || fail "found no $tfvars. Make it first: cp $folder/terraform.tfvars.example $tfvars"

# Terraform itself reads terraform.tfvars, in an empty folder, so no form of the file is read wrongly.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$tfvars" "$work/terraform.tfvars"
cat > "$work/main.tf" << 'END'
variable "project_id" { type = string }
variable "region" { type = string }
variable "jobs" { type = any }
END

# The value of an expression over terraform.tfvars, as text.
value_of() {
  local answer
  answer=$(cd "$work" && CHECKPOINT_DISABLE=1 terraform console <<< "base64encode($1)" 2> "$work/errors") || fail "$(cat "$work/errors")"
  sed -n 's/^"\(.*\)"$/\1/p' <<< "$answer" | base64 -d
}

# One line each: `job kind setting secret version`. Certificates of LDAP are files, everything else is typed.
SECRETS='join("\n", flatten([for name, job in var.jobs : concat(
  [for setting, s in try(job.secrets, {}) : "${name} value ${setting} ${s.secret} ${s.version}"],
  try(["${name} file LDAP_CA_CERT_PATH ${job.ldap_ca.secret} ${job.ldap_ca.version}"], []))]))'
project=$(value_of 'var.project_id')
region=$(value_of 'var.region')
jobs=$(value_of 'join("\n", keys(var.jobs))')
secrets=$(value_of "$(tr '\n' ' ' <<< "$SECRETS")")
[ -n "$project" ] && [ -n "$region" ] && [ -n "$jobs" ] || fail "found no project_id, region or jobs in $tfvars, all three are needed."
for job in "$@"; do
  grep -qxF -- "$job" <<< "$jobs" || fail "found the job $job, allowed are those of $tfvars: $(paste -sd' ' <<< "$jobs")."
done
wanted=$(printf '%s\n' "${@:-$jobs}")

echo "Project $project, region $region."
echo 'Enabling the APIs …'
gcloud services enable --project "$project" \
  artifactregistry.googleapis.com cloudbuild.googleapis.com cloudfunctions.googleapis.com \
  cloudresourcemanager.googleapis.com cloudscheduler.googleapis.com compute.googleapis.com iam.googleapis.com \
  logging.googleapis.com monitoring.googleapis.com run.googleapis.com secretmanager.googleapis.com \
  serviceusage.googleapis.com storage.googleapis.com vpcaccess.googleapis.com

# Looked for among the project's own buckets: a bucket of that name elsewhere belongs to somebody else.
bucket=${STATE_BUCKET:-$project-terraform}
buckets=$(gcloud storage buckets list --project "$project" --format='value(name)')
if grep -qxF -- "$bucket" <<< "$buckets"; then
  echo "State bucket: $bucket is there."
else
  gcloud storage buckets create "gs://$bucket" --project "$project" --location "$region" \
    --uniform-bucket-level-access --public-access-prevention
  gcloud storage buckets update "gs://$bucket" --project "$project" --versioning
  echo "State bucket: $bucket is made."
fi
if [ ! -e "$folder/backend.tf" ]; then
  printf 'terraform {\n  backend "gcs" {\n    bucket = "%s"\n    prefix = "muster"\n  }\n}\n' "$bucket" > "$folder/backend.tf"
  echo "State bucket: $folder/backend.tf names it."
fi

existing=$(gcloud secrets list --project "$project" --format='value(name.basename())')
seen=
changes=
while read -r job kind setting secret version <&3; do
  [ -n "$job" ] || continue
  grep -qxF -- "$job" <<< "$wanted" || continue
  # A certificate authority may be shared by several jobs. It is asked for once.
  if grep -qxF -- "$secret" <<< "$seen"; then continue; fi
  seen+="$secret"$'\n'
  if grep -qxF -- "$secret" <<< "$existing"; then
    versions=$(gcloud secrets versions list "$secret" --project "$project" --filter='state=ENABLED' --format='value(name.basename())')
    if grep -qxF -- "$version" <<< "$versions"; then
      echo "$job: $secret has version $version."
      continue
    fi
  fi
  if [ "$kind" = file ]; then
    read -r -p "$job: path of the PEM file with LDAP's certificate authorities, for the secret $secret: " file || fail "found no answer for $secret."
    grep -qF -- '-----BEGIN CERTIFICATE-----' "$file" || fail "$file: found no certificate, allowed is a PEM file."
    input() { cat -- "$file"; }
  else
    IFS= read -rs -p "$job: $setting, for the secret $secret (input is hidden): " value || fail "found no answer for $secret."
    echo
    [ -n "$value" ] || fail "$setting: found an empty value, a secret is not empty."
    input() { printf %s "$value"; }
  fi
  if ! grep -qxF -- "$secret" <<< "$existing"; then
    gcloud secrets create "$secret" --project "$project" --replication-policy=automatic
  fi
  made=$(input | gcloud secrets versions add "$secret" --project "$project" --data-file=- --format='value(name.basename())')
  value=
  echo "$job: $secret has version $made."
  if [ "$made" != "$version" ]; then changes+="$secret: found version $version in $tfvars, the value that you gave is version $made."$'\n'; fi
done 3<<< "$secrets"

if [ -n "$changes" ]; then fail "change these numbers in $tfvars:"$'\n'"${changes%$'\n'}"; fi
echo 'Done. Next: npm run zip, then terraform init and terraform apply.'
