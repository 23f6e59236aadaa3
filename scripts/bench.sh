#!/usr/bin/env bash
# Builds the programs and the benchmarks optimised, and measures. Progress goes to standard error; standard output holds
# one line per figure: bench NAME VALUE UNIT.
#
#   bench.sh [PART…] [--rate PER_SECOND] [--placements COUNT]
#
#   PART is engine, impact, batch, migrate, query, store, centre, e2e, agent or evacuate; all of them when none is named. soak is a part, too, and takes
#   half an hour, or --minutes: it is measured only when it is named.
#
#   KUBEBUILDER_ASSETS        as for the tests; e2e, agent and soak fail without a real API server
#   KAFKA_BOOTSTRAP_SERVERS   a real broker; else librdkafka's mock
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/kube/common.sh

# Before minutes of building, rather than after.
wants_kube=yes
for argument in "$@"; do
  case $argument in engine | batch | migrate | query | store | centre | evacuate | impact) wants_kube= ;; esac
done
for argument in "$@"; do
  case $argument in e2e | agent | soak) wants_kube=yes ;; esac
done
if [ -n "$wants_kube" ]; then
  for name in etcd kube-apiserver kube-controller-manager; do
    [ -x "$(assets)/$name" ] || fail "this needs a real API server: no $name in $(assets); make kube, or KUBEBUILDER_ASSETS"
  done
fi

scripts/install-dependencies.sh test
# What is measured is what was tested: the same versions of the dependencies.
if [ -f Package.resolved ]; then cp -u Package.resolved Benchmarks/Package.resolved; fi
for product in governance region-agent regie QueryServer Bench; do
  swift build --package-path Benchmarks -c release --product "$product" >&2
done
exec Benchmarks/.build/release/Bench "$@"
