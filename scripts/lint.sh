#!/usr/bin/env bash
# Checks the format of the sources, whether bash can read each script, and the OpenAPI document; says all that is wrong.
# Exits with 69 where nothing is, and the document could not be checked.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
swift format lint --strict --recursive --parallel Sources Tests Benchmarks/Sources Benchmarks/Package.swift Package.swift || status=1
# One by one: of several names bash reads the first, and takes the others for what that is told.
for script in scripts/*.sh scripts/*/*.sh .ci/run; do
  bash -n "$script" || status=1
done
document=0
scripts/check-openapi.sh || document=$?
[ "$status" -ne 0 ] || status=$document
exit "$status"
