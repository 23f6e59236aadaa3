#!/usr/bin/env bash
# Gets what judges the admission policies of deploy/ in the tests (Tests/AdmissionPolicies): a Python with cel-python, once, into a cache.
#   REGIE_CEL_PYTHON   the cache's folder for it (default ~/.cache/regie/cel-python-0.5.0)
set -euo pipefail

folder=${REGIE_CEL_PYTHON:-$HOME/.cache/regie/cel-python-0.5.0}
[ -x "$folder/bin/python" ] && "$folder/bin/python" -c 'import celpy' 2>/dev/null && exit 0

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work"
"$work/bin/pip" install --quiet 'cel-python==0.5.0'
rm -rf "$folder"
mv "$work" "$folder"
