#!/usr/bin/env bash
# Counts the processor's instructions of the paths that every decision and every record go through, under callgrind:
# unlike times, they come out the same on a busy machine, to some thousandths. Prints bench NAME VALUE instructions.
#
#   instructions.sh [OPERATION…]      decide, plan, explain, sign, verify, reconcile; all of them when none is named
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || {
  echo "valgrind is missing: apt-get install valgrind" >&2
  exit 1
}
swift build --package-path Benchmarks -c release --product Instructions >&2
# Without its debugging information, of a form that valgrind gives up on.
program=$(mktemp)
trap 'rm -f "$program"' EXIT
strip --strip-debug -o "$program" Benchmarks/.build/release/Instructions
# Dictionaries are otherwise seeded at random, and every run takes another way through them.
export SWIFT_DETERMINISTIC_HASHING=1

# count OPERATION TIMES: the instructions of a whole run.
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

[ $# -gt 0 ] || set -- decide plan explain sign verify reconcile
for operation in "$@"; do
  # The first rounds fill caches and load what is loaded lazily; the difference leaves them out, and the start as well.
  few=$(count "$operation" 40)
  many=$(count "$operation" 120)
  [ -n "$few" ] && [ -n "$many" ] || { echo "callgrind counted nothing for $operation" >&2; exit 1; }
  echo "bench instructions.$operation $(((many - few) / 80)) instructions"
done
