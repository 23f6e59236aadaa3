#!/usr/bin/env bash
# Everything `make test` does, from a bare Debian with a Swift toolchain: install, build, get a Kubernetes API server,
# lint, run every test against real servers on loopback. Arguments go to `swift test`.
#
#   KUBEBUILDER_ASSETS        folder with kube-apiserver, etcd, kubectl (and kube-controller-manager); else built once
#   REGIE_SKIP_KUBE_BUILD=1   do without a real API server when none is cached; its tests then say "not run"
#   KAFKA_BOOTSTRAP_SERVERS   a real broker; else librdkafka's mock
#   REGIE_TEST_POSTGRES       URL of a PostgreSQL to use; else one is started
#   REGIE_TEST_ROOM_SECONDS   how long the tests of one room may take (default 600); then they are stopped, and have failed
#   REGIE_TEST_BUILD_FLAGS    more flags for swift build, by spaces; coverage.sh needs them
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m── %s\033[0m\n' "$*" >&2; }

scripts/install-dependencies.sh test
if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  if [ -n "${REGIE_SKIP_KUBE_BUILD:-}" ]; then
    say "No Kubernetes API server is built (REGIE_SKIP_KUBE_BUILD)"
  else
    say "Kubernetes API server (built once, then cached)"
    scripts/kube/build-apiserver.sh >/dev/null || {
      echo "No real Kubernetes API server could be had: its tests will say \"not run\"." >&2
    }
  fi
fi

say "OIDC issuer for tests (installed once, then cached)"
scripts/issuer.sh || echo "The issuer of the tests could not be had: its tests will say \"not run\"." >&2

say "CEL for the tests of admission policies (installed once, then cached)"
scripts/cel.sh || echo "CEL could not be had: the tests of admission policies will say \"not run\"." >&2

say "Build"
read -ra flags <<<"${REGIE_TEST_BUILD_FLAGS:-}"
swift build --build-tests "${flags[@]}"

say "Test"
# Filters add up: a part that was asked for runs by itself, not once more with each of the parts below.
for argument in "$@"; do
  case $argument in --filter | --filter=*) exec swift test --skip-build --disable-xctest "$@" ;; esac
done
# Every room in a process of its own, one after the other: Telemetry's tests install the process's log and metrics backends,
# which is done once; others have crowds of clients, stop servers, count on deadlines and leases, or compute for a minute
# on end. Hundreds of other tests beside them would stretch all of that until a stub server's answer of now comes late.
# Each is run whatever became of the one before: who mends tests wants to know of all that fail.
# Of one room no more than a dozen tests at a time: where a hundred begin together, each of two cores has fifty to serve, and
# all of them are late at once.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-12}
rooms=(Tests/*Tests)
# These only compute, for minutes on end: they go beside the others, which mostly wait for servers, deadlines and leases, and
# give way to them at once.
computing=(FuzzTests MigrationTests PlacementTests)
status=0
log=$(mktemp)
beside=$(mktemp)
computation=
finish() {
  if [ -n "$computation" ]; then
    # Itself first, so that it begins no other room; then the room that it is in, and one that was just beginning.
    kill -TERM "$computation" 2>/dev/null || true
    while pkill -TERM -P "$computation"; do sleep 0.2; done
    wait "$computation" || true
  fi
  rm -f "$log" "$beside"
}
trap finish EXIT
# By itself bash goes on with the next room, since the one that was interrupted ends in order.
trap 'exit 130' INT
# A room that hangs must not take with it what the others would have told: it is stopped, and says in which tests it was
# (line by line: what is in a buffer is lost with the process).
run() {
  local room
  room=$(mktemp)
  scripts/with-limit.sh "$limit" "${tests[@]}" "$@" 2>&1 |
    tee "$room" || status=$?
  if grep -q 'has not ended after' "$room"; then
    awk '/^◇ Test .* started\.$/ { sub(/^◇ Test /, ""); sub(/ started\.$/, ""); open[$0] = 1 }
      /^(✔|✘) Test .* (passed|failed) after / {
        sub(/^[^ ]+ Test /, "")
        sub(/( with [0-9]+ test cases?)? (passed|failed) after .*/, "")
        delete open[$0]
      }
      END { for (name in open) if (name !~ /^(run$|case )/) print "✘ Not ended: " name }' "$room" >"$room.open"
    tee -a "$room" <"$room.open"
    rm "$room.open"
  fi
  cat "$room" >>"$log"
  rm "$room"
}
# besides NAME COMMAND…: what is no room. By 69 it says that it can not be run here, and has said why.
besides() {
  local name=$1 began=$SECONDS ended=0
  shift
  "$@" 2>&1 | tee -a "$log" || ended=$?
  [ "$ended" -eq 0 ] || [ "$ended" -eq 69 ] || {
    status=1
    echo "✘ Test of $name failed after $((SECONDS - began)) seconds" | tee -a "$log"
  }
}
limit=${REGIE_TEST_ROOM_SECONDS:-600}
tests=(stdbuf -oL swift test --skip-build --disable-xctest)
products=$(swift build --show-bin-path "${flags[@]}")
compute() {
  # Bash does so once the room that it waits for has ended: whoever waits for this waits for that, too. What is in the
  # background does not hear an interruption by itself, but the room that it runs does, and would only make place for the next.
  trap 'exit 143' TERM INT
  # Who gives way to everybody may take the longer. Of `swift test` there is one at a time; what is looked for below has no colours.
  limit=$((limit * 3))
  tests=(nice -n 19 env NO_COLOR=1 stdbuf -oL "$products/regiePackageTests.xctest" --testing-library swift-testing)
  # Damaged texts for a minute by themselves, whatever the machine makes of them.
  for room in "${computing[@]}"; do REGIE_FUZZ_SECONDS=${REGIE_FUZZ_SECONDS:-60} run --filter "^$room\\." "$@"; done
  exit "$status"
}
say "Lint"
besides "format, scripts and OpenAPI document" scripts/lint.sh
for room in "${rooms[@]##*/}"; do
  case " ${computing[*]} " in *" $room "*) continue ;; esac
  say "Test ${room%Tests}"
  case $room in
    # librdkafka's mock broker ends the process when it can not take its port again, and it can not while a program that
    # is just being started (git) still has a copy of the socket: outages of the bus and git do not go together.
    # Half a dozen real API servers beside everything else leave two cores no time for anything; what only computes begins
    # once they are done.
    AgentTests)
      outages='AgentServiceTests|ChaosTests|TopicReaderTests'
      servers='AgentRightsTests|ModeRightsTests|RealClusterTests'
      run --filter "^$room\\.($outages)" "$@"
      run --filter "^$room\\.($servers)" "$@"
      run --filter "^$room\\." --skip "^$room\\.($outages|$servers)" "$@"
      (status=0; compute "$@") >"$beside" 2>&1 &
      computation=$!
      ;;
    # Hundreds of tests at once, each with a database, a pool and an instance of its own, starve each other.
    APITests | StoreTests)
      run --filter "^$room\\.[A-H]" "$@"
      run --filter "^$room\\.[I-Q]" "$@"
      run --filter "^$room\\.[^A-Q]" "$@"
      ;;
    # Whole systems of two dozen programs, which are to start, play and end in time: not beside a crowd of others. So either
    # part takes half as long, and a machine three times as slow gets through it within the limit of a room.
    CLITests | DocumentationTests)
      systems='DevTests|EvacuationTests|WalkthroughTests'
      run --filter "^$room\\.($systems)" "$@"
      run --filter "^$room\\." --skip "^$room\\.($systems)" "$@"
      ;;
    # A program that dies, is stopped or loses its database at a time: a room of ten minutes, in parts that a machine three
    # times as slow gets through within the limit of one.
    SystemTests)
      run --filter "^$room\\.SystemSuite[./][A-L]" "$@"
      run --filter "^$room\\.SystemSuite[./]M" "$@"
      run --filter "^$room\\." --skip "^$room\\.SystemSuite[./][A-M]" "$@"
      ;;
    *) run --filter "^$room\\." "$@" ;;
  esac
done
say "Test ${computing[*]%Tests}, beside the others"
wait "$computation" || status=1
computation=
cat "$beside"
say "Test the API against its OpenAPI document"
# All cases of these two phases, the same ones as long as the answers are; make fuzz-api makes up others.
besides "the API against its OpenAPI document" \
  env REGIE_FUZZ_SEED="${REGIE_FUZZ_SEED:-1}" REGIE_FUZZ_API_PHASES=examples,coverage scripts/fuzz-api.sh
# Among thousands of lines nobody sees what was skipped.
skipped=$(grep -ohE 'not run: .*' "$log" | sed 's/["”»].*//' | sort | uniq -c || true)
[ -z "$skipped" ] || printf '\nNot run, by reason:\n%s\n' "$skipped"
# Nor what failed: said once more, before the sums.
failed=$(grep -hE '^✘ (Test .* (recorded an issue|failed after)|Not ended)' "$log" | grep -v '^✘ Test run' || true)
[ -z "$failed" ] || printf '\nFailed:\n%s\n\n' "$failed"
grep -hE 'Test run with [0-9]+ tests?' "$log"
exit "$status"
