#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Quiet and instant when nothing is missing.
#   scripts/install-dependencies.sh build|test
set -euo pipefail

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

swift_version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' || true)
if [ -z "$swift_version" ]; then
  echo "Swift is missing: install the toolchain, 6.2 or later, and put it in PATH" >&2
  exit 1
fi
if [ "$(printf '%s\n6.2\n' "$swift_version" | sort -V | head -n 1)" != 6.2 ]; then
  echo "Swift $swift_version is too old: 6.2 or later is needed" >&2
  exit 1
fi

missing=()
need_header() { [ -e "/usr/include/$2" ] || compgen -G "/usr/include/*/$2" >/dev/null || missing+=("$1"); }
need_header libpq-dev postgresql/libpq-fe.h
need_header librdkafka-dev librdkafka/rdkafka.h
command -v pkg-config >/dev/null || missing+=(pkg-config)
if [ "${1:-build}" = test ]; then
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  command -v setpriv >/dev/null || missing+=(util-linux)
  command -v pgrep >/dev/null || missing+=(procps)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v curl >/dev/null || missing+=(curl)
  command -v git >/dev/null || missing+=(git)
  command -v jq >/dev/null || missing+=(jq)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

say "Installing: ${missing[*]}"
run=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "these packages are missing, and only root can install them: apt-get install ${missing[*]}" >&2; exit 1; }
  run=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq
"${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
