#!/usr/bin/env bash
# Checks the OpenAPI document against OpenAPI 3.1's own schema, by openapi-spec-validator: a Python with it is got once, into
# a cache. That the document says what the routes do is seen by Tests/APITests. Exits with 69 where it can not be had.
#   REGIE_OPENAPI_VALIDATOR   the cache's folder for it (default ~/.cache/regie/openapi-spec-validator-0.9.0)
set -euo pipefail
cd "$(dirname "$0")/.."

document=Sources/Governance/COpenAPI/openapi.json
folder=${REGIE_OPENAPI_VALIDATOR:-$HOME/.cache/regie/openapi-spec-validator-0.9.0}
if ! "$folder/bin/python" -c 'import openapi_spec_validator' 2>/dev/null; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if ! { python3 -m venv "$work" &&
    timeout 300 "$work/bin/pip" install --quiet --retries 1 --timeout 15 'openapi-spec-validator==0.9.0'; } >&2; then
    echo "not run: needs openapi-spec-validator (PyPI could not be reached): $document" >&2
    exit 69
  fi
  rm -rf "$folder"
  mv "$work" "$folder"
fi
"$folder/bin/python" -m openapi_spec_validator "$document"
