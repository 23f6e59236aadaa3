#!/usr/bin/env bash
# fuzz-api.sh [SECONDS]: asks a running demo whatever the OpenAPI document allows, and what it forbids, and looks whether
# each answer is one that the document has: no fault of the service, no other status, header or body. For so many seconds,
# of which each operation has its share, and what does not go into it is left out; without them, all that the phases have.
# Exits with 69 where schemathesis can not be had.
#
#   REGIE_FUZZ_SEED           repeats a run that failed; otherwise a new seed is drawn and printed
#   REGIE_SCHEMATHESIS        where schemathesis is, or is put; see schemathesis.sh
#   REGIE_FUZZ_API_PHASES     what it does: examples, coverage, fuzzing, by commas; all of them otherwise
#   REGIE_FUZZ_API_ARGS       more options of `schemathesis run`, by spaces
#   REGIE_TEST_BUILD_FLAGS    as for test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
if [ $# -gt 0 ]; then
  limit=()
  share=(--max-time "$1")
else
  # For what hangs: examples and coverage are some 46 000 cases, of which 200 are answered in a second, on a slow and busy
  # machine less than a quarter of that.
  limit=("$root/scripts/with-limit.sh" 3600)
  share=()
fi

if ! program=$(scripts/schemathesis.sh); then
  echo "not run: needs schemathesis (PyPI could not be reached): the API against its OpenAPI document" >&2
  exit 69
fi
# What is judged is what the sources say.
read -ra flags <<<"${REGIE_TEST_BUILD_FLAGS:-}"
swift build "${flags[@]}"
products=$(swift build --show-bin-path "${flags[@]}")

work=$(mktemp -d)
demo=
finish() {
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

# It is there before it is first looked into, which may be before the demo has begun.
: >"$work/demo.log"
"$products/regie" dev --data-dir "$work/data" >>"$work/demo.log" 2>&1 &
demo=$!
# The scenario is over when it says how it is stopped: by then there is something to ask about.
for ((passed = 0; ; passed++)); do
  grep -q 'Ctrl-C' "$work/demo.log" && break
  if ! kill -0 "$demo" 2>/dev/null || [ "$passed" -ge 400 ]; then
    cat "$work/demo.log" >&2
    echo "The demo has ended, or is not ready after 400 s." >&2
    exit 1
  fi
  sleep 1
done
server=$(sed -n 's/.*"server":"\([^"]*\)".*/\1/p' "$work/data/login.json" | sed 's,\\/,/,g')

# In a file: other users see the arguments of a program.
cat >"$work/schemathesis.toml" <<TOML
headers = { Authorization = "Bearer $(cat "$work/data/token")" }
TOML
seed=${REGIE_FUZZ_SEED:-$RANDOM$RANDOM}
echo "seed $seed"
read -ra more <<<"${REGIE_FUZZ_API_ARGS:-}"
status=0
# It leaves a folder of its own where it runs. One worker: CPython 3.11 counts the depth of its parser for all threads
# together (gh-106905), and two workers that ask Hypothesis for a description at once end in a SystemError.
cd "$work"
"${limit[@]}" "$program" --config-file "$work/schemathesis.toml" run "$server/api/v1/openapi.json" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
  --phases "${REGIE_FUZZ_API_PHASES:-examples,coverage,fuzzing}" "${share[@]}" --seed "$seed" --workers 1 --no-shrink --warnings off \
  --request-timeout 30 --continue-on-failure "${more[@]}" >"$work/report" 2>&1 || status=$?
cat "$work/report"
case $status in
  0) ;;
  1) printf '\nThe API has answered otherwise than its document says; REGIE_FUZZ_SEED=%s repeats it.\n' "$seed" >&2 ;;
  *) printf '\nschemathesis did not come to its end: %s. REGIE_FUZZ_SEED=%s repeats it.\n' "$status" "$seed" >&2 ;;
esac
exit "$status"
