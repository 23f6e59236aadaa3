#!/usr/bin/env bash
# with-limit.sh SECONDS COMMAND…: runs it, and ends it with all its descendants when it takes longer; then exits with 124.
# It also ends it when it is told to end, and when whoever began it is gone.
# timeout(1) reaches a process group only, and `swift test` gives its tests one of their own.
set -euo pipefail
limit=$1
shift

descendants() {
  local child
  for child in $(pgrep -P "$1" || true); do
    descendants "$child"
    echo "$child"
  done
}

command=
interrupted=
interrupt() {
  interrupted=yes
  [ -z "$command" ] || kill $(descendants "$command") "$command" 2>/dev/null || true
}
# Before there is anything to end: who is told to end between the two would leave it behind.
trap interrupt INT TERM
"$@" &
command=$!
for ((passed = 0; passed < limit; passed++)); do
  # Wakes when the command ends, or each second.
  if ! kill -0 "$command" 2>/dev/null; then
    wait "$command"
    exit
  fi
  # Nobody waits for it any more: whoever began this was ended without a word to us. By a signal that is not told from somebody
  # else's process (su, sudo), nor from one that has ended and has nobody who asks how.
  read -r _ _ _ parent _ <"/proc/$$/stat"
  [ "$parent" = "$PPID" ] || interrupted=yes
  # Once more: what was only just being started may not have heard of it.
  [ -z "$interrupted" ] || interrupt
  sleep 1 &
  wait -n "$command" "$!" || true
done
if kill -0 "$command" 2>/dev/null; then
  printf '\n%s has not ended after %s s and is stopped.\n' "$*" "$limit" >&2
  kill -KILL $(descendants "$command") "$command" 2>/dev/null || true
  wait "$command" 2>/dev/null || true
  exit 124
fi
wait "$command"
