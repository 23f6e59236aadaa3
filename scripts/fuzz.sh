#!/usr/bin/env bash
# Damages policies and projects for a number of seconds, and looks whether each text is read or refused as it must be.
#
#   REGIE_FUZZ_SEED           repeats a run that failed; otherwise a new seed is drawn and printed
#   REGIE_FUZZ_ITERATIONS     so many texts, where no seconds are given
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${1:-}" ]; then export REGIE_FUZZ_SECONDS=$1; fi
swift build --build-tests
swift test --skip-build --disable-xctest --filter '^FuzzTests\.'
