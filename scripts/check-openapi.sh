#!/usr/bin/env bash
# Checks the OpenAPI document against OpenAPI 3.1's own schema, where openapi-spec-validator is installed (pip has it).
# That it says what the routes do is seen by Tests/APITests.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v openapi-spec-validator > /dev/null; then
  echo "not run: needs openapi-spec-validator: Sources/Governance/COpenAPI/openapi.json"
  exit 0
fi
openapi-spec-validator Sources/Governance/COpenAPI/openapi.json
