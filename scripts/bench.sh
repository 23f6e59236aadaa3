#!/usr/bin/env bash
# Builds the programs and the benchmarks optimised, and measures. Progress goes to standard error; standard output holds
# one line per figure, as soon as it is found: bench NAME VALUE UNIT. Each part is a process of its own, and one that
# fails takes no figures away: the others go on. At the end standard error has all lines together, and what has failed.
#
#   bench.sh [PART…] [--rate PER_SECOND] [--placements COUNT] [--samples FILE] [--national]
#
#   PART is engine, impact, batch, migrate, query, store, centre, e2e, agent or evacuate; all of them when none is
#   named. soak is a part, too, and takes half an hour, or --minutes: it is measured only when it is named.
#
#   KUBEBUILDER_ASSETS        as for the tests; e2e, agent and soak fail without a real API server
#   KAFKA_BOOTSTRAP_SERVERS   a real broker; else librdkafka's mock
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/kube/common.sh

usual=(engine impact batch migrate query store centre e2e agent evacuate)
parts=()
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --rate | --placements | --minutes | --samples)
      [ $# -gt 1 ] || fail "$1 wants a value"
      options+=("$1" "$2")
      shift
      ;;
    -*) options+=("$1") ;;
    *)
      case " ${usual[*]} soak " in
        *" $1 "*) parts+=("$1") ;;
        *) fail "there is no part $1; there are: ${usual[*]} soak" ;;
      esac
      ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=("${usual[@]}")

# Before minutes of building, rather than after.
case " ${parts[*]} " in
  *" e2e "* | *" agent "* | *" soak "*)
    for name in etcd kube-apiserver kube-controller-manager; do
      [ -x "$(assets)/$name" ] || fail "this needs a real API server: no $name in $(assets); make kube, or KUBEBUILDER_ASSETS"
    done
    ;;
esac

scripts/install-dependencies.sh test
# What is measured is what was tested: the same versions of the dependencies.
if [ -f Package.resolved ]; then cp -u Package.resolved Benchmarks/Package.resolved; fi
for product in governance region-agent regie QueryServer Bench; do
  swift build --package-path Benchmarks -c release --product "$product" >&2
done

figures=$(mktemp)
failed=()
finish() {
  status=$?
  # Indented: who reads both together does not count them twice.
  sed 's/^/  /' "$figures" >&2
  rm -f "$figures"
  if [ ${#failed[@]} -gt 0 ]; then
    echo "bench.sh: failed: ${failed[*]}" >&2
    [ "$status" -ne 0 ] || status=1
  fi
  exit "$status"
}
trap finish EXIT
for part in "${parts[@]}"; do
  # What the one before has left running ends with it: a moment for that.
  [ "$part" = "${parts[0]}" ] || sleep 3
  status=0
  Benchmarks/.build/release/Bench "$part" "${options[@]}" | tee -a "$figures" || status=$?
  case $status in
    0) ;;
    # Options that no part would take, or somebody who has had enough.
    64 | 130 | 143) exit "$status" ;;
    *) failed+=("$part") ;;
  esac
done
