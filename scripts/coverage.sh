#!/usr/bin/env bash
# Runs every test with coverage, in all the processes that test.sh runs them in, and prints covered lines by room. The
# programs that tests start count as well, when they end in order: a process that is killed leaves no counts.
#
#   coverage.sh [--uncovered ROOM]… [swift test option…]      ROOM: Shared/Model, …; prints its lines that nothing ran
#   coverage.sh --last [--uncovered ROOM]…                    of the last run, without running anything
#
# It has a build folder of its own, so that ordinary builds need not be made again afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/.build/coverage
profiles=$folder/profiles
report=() tests=() runs=yes
while [ $# -gt 0 ]; do
  case $1 in
    --last) runs= ;;
    --uncovered)
      [ $# -ge 2 ] || { echo "coverage.sh: --uncovered wants a room, such as Shared/Model" >&2; exit 2; }
      report+=("$1" "$2")
      shift
      ;;
    *) tests+=("$1") ;;
  esac
  shift
done
command -v python3 >/dev/null || { echo "coverage.sh: python3 is missing: apt-get install python3" >&2; exit 1; }

# Beside the compiler: its version reads its own files.
tool() {
  local beside
  beside=$(dirname "$(readlink -f "$(command -v swiftc)")")/$1
  if [ -x "$beside" ]; then echo "$beside"; else command -v "$1"; fi
}

status=0
if [ -n "$runs" ]; then
  rm -rf "$profiles"
  mkdir -p "$profiles"
  # One file per process and program; swift test's own way would keep those of its last process only.
  LLVM_PROFILE_FILE=$profiles/%p-%m.profraw SWIFTPM_BUILD_DIR=$folder REGIE_TEST_BUILD_FLAGS=--enable-code-coverage \
    scripts/test.sh "${tests[@]}" >&2 || status=$?
  find "$profiles" -name '*.profraw' >"$profiles/list"
  # Not all: one that its process did not come to finish is left out.
  "$(tool llvm-profdata)" merge -sparse -failure-mode=all -f "$profiles/list" -o "$folder/merged.profdata"
fi
[ -f "$folder/merged.profdata" ] || { echo "coverage.sh: there was no run yet; leave out --last" >&2; exit 1; }
"$(tool llvm-cov)" export -format=lcov "$folder/debug/regiePackageTests.xctest" \
  -instr-profile "$folder/merged.profdata" -ignore-filename-regex='\.build|/Tests/' |
  python3 scripts/coverage.py "${report[@]}"
exit "$status"
