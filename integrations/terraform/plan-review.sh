#!/usr/bin/env bash
# Plan the Terraform configuration in a directory and review the plan with its sources.
#
#     plan-review.sh [DIRECTORY [OPTION of `stepguard review` ...]]
#
# The directory is initialised already. Exits with what terraform or stepguard exits with. The
# plan is deleted afterwards: it holds sensitive values in clear. It lies in the directory until
# then, so that `--root REPOSITORY`, for modules beside the directory, covers it too.
set -euo pipefail
umask 077

directory=$(cd "${1:-.}" && pwd)
shift || true
scratch=$(mktemp -d "$directory/.stepguard.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

terraform -chdir="$directory" plan -input=false -out="$scratch/plan" >&2
terraform -chdir="$directory" show -json "$scratch/plan" >"$scratch/plan.json"
stepguard review "$scratch/plan.json" --source="$directory" "$@"
