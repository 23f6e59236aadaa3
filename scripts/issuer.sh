#!/usr/bin/env bash
# Gets what the independent OIDC issuer of the tests (Tests/Issuer) needs: a Python with joserfc, once, into a cache.
#   REGIE_ISSUER_PYTHON   the cache's folder for it (default ~/.cache/regie/issuer-joserfc-1.8.0)
set -euo pipefail

folder=${REGIE_ISSUER_PYTHON:-$HOME/.cache/regie/issuer-joserfc-1.8.0}
[ -x "$folder/bin/python" ] && "$folder/bin/python" -c 'import joserfc' 2>/dev/null && exit 0

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work"
"$work/bin/pip" install --quiet 'joserfc==1.8.0'
rm -rf "$folder"
mv "$work" "$folder"
