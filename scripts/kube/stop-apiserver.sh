#!/usr/bin/env bash
# Ends what start-apiserver.sh started in DIR, and only that: a process id that now belongs to another is left alone.
#
#   stop-apiserver.sh DIR
set -u
dir=$(cd "$1" 2>/dev/null && pwd) || exit 0
for name in kube-controller-manager kube-apiserver etcd; do
  pid=$(cat "$dir/$name.pid" 2>/dev/null) || continue
  if grep -qaF -- "$dir/" "/proc/$pid/cmdline" 2>/dev/null; then
    # etcd and the API server take long over an orderly end, and nothing of theirs is kept.
    kill -KILL "$pid"
  fi
  rm -f "$dir/$name.pid"
done
