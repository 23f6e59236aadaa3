#!/usr/bin/env bash
# Gets schemathesis, once, into a cache, and prints its path.
#   REGIE_SCHEMATHESIS    the cache's folder for it (default ~/.cache/regie/schemathesis-4.32.5)
set -euo pipefail

version=4.32.5
folder=${REGIE_SCHEMATHESIS:-$HOME/.cache/regie/schemathesis-$version}
if ! [ -x "$folder/bin/schemathesis" ] || ! "$folder/bin/schemathesis" --version >/dev/null 2>&1; then
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  # Programs of a virtual environment name its folder, so it is made in its place.
  trap 'rm -rf "$folder"' EXIT
  python3 -m venv "$folder" >&2
  timeout 300 "$folder/bin/pip" install --quiet --retries 1 --timeout 15 "schemathesis==$version" >&2
  trap - EXIT
fi
echo "$folder/bin/schemathesis"
