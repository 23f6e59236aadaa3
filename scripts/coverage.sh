#!/usr/bin/env bash
# Runs every test with coverage and prints covered lines by room.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh test
swift build --build-tests --enable-code-coverage
# Without Telemetry's tests, which need a process of their own (see test.sh).
swift test --skip-build --disable-xctest --enable-code-coverage --skip '^TelemetryTests\.' "$@" >&2
bin=$(swift build --show-bin-path)
llvm-cov export -format=text -summary-only "$bin/regiePackageTests.xctest" \
  -instr-profile "$bin/codecov/default.profdata" -ignore-filename-regex='\.build|Tests/' |
  python3 -c '
import json, os, sys
rooms = {}
for file in json.load(sys.stdin)["data"][0]["files"]:
    path = os.path.relpath(file["filename"])
    if not path.startswith("Sources/"):
        continue
    room = "/".join(path.split("/")[1:3])
    lines = file["summary"]["lines"]
    covered, count = rooms.get(room, (0, 0))
    rooms[room] = (covered + lines["covered"], count + lines["count"])
print("%-28s %8s %8s %8s" % ("ROOM", "LINES", "COVERED", "%"))
for room, (covered, count) in sorted(rooms.items()):
    print("%-28s %8d %8d %7.1f" % (room, count, covered, 100 * covered / max(count, 1)))
covered, count = (sum(column) for column in zip(*rooms.values()))
print("%-28s %8d %8d %7.1f" % ("all", count, covered, 100 * covered / max(count, 1)))
'
